// Many followers in a process of their own: node followers.ts <url> <clients> <channels as JSON>. Each follows every channel and watches for gaps; one more
// subscribes and never reads. On "report" it writes one JSON line and ends.
import { WebSocket } from "ws";

const [, , url, count, list] = process.argv as [string, string, string, string, string];
const channels = JSON.parse(list) as string[];
let [messages, gaps, closed] = [0, 0, 0];

function follow(isIdle: boolean): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url);
		const last = new Map<string, number>();
		socket.once("error", reject);
		socket.once("open", () => {
			socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "public/subscribe", params: { channels } }));
			if (!isIdle) return;
			// The system's buffers fill, and then the server's: the socket below is never read again.
			(socket as unknown as { _socket: { pause(): void } })._socket.pause();
			resolve();
		});
		if (isIdle) return;
		socket.on("close", () => (closed += 1));
		socket.on("message", (data) => {
			const message = JSON.parse(String(data)) as {
				id?: number;
				params?: { channel: string; data: { change_id: number; prev_change_id: number | null } };
			};
			if (message.id === 1) resolve();
			if (!message.params) return;
			messages += 1;
			const { channel, data: told } = message.params;
			if (told.prev_change_id !== null && last.has(channel) && told.prev_change_id !== last.get(channel)) gaps += 1;
			last.set(channel, told.change_id);
		});
	});
}

await Promise.all(Array.from({ length: Number(count) }, () => follow(false)));
await follow(true);
process.stdout.write("following\n");
process.stdin.once("data", () => {
	process.stdout.write(`${JSON.stringify({ messages, gaps, closed })}\n`);
	process.exit(0);
});
