import { WebSocket } from "ws";

/** What came of one message: how long its acknowledgement took, in milliseconds, and what it said. */
export type Answered = { readonly milliseconds: number; readonly isTaken: boolean };

/** Sends signed messages on one WebSocket and takes the time of each acknowledgement. */
export class Sender {
	readonly #socket: WebSocket;
	readonly #open = new Map<number, { readonly since: number; readonly resolve: (answered: Answered) => void }>();
	#nextId = 1;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data: Buffer) => {
			// The answer is long, and what is measured must not wait for what reads it.
			const text = data.toString("latin1");
			const id = Number(/"id":(\d+)/.exec(text)?.[1]);
			const asked = this.#open.get(id);
			this.#open.delete(id);
			asked?.resolve({ milliseconds: performance.now() - asked.since, isTaken: text.includes('"receipt"') });
		});
	}

	static async open(url: string): Promise<Sender> {
		const socket = new WebSocket(url);
		await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
		return new Sender(socket);
	}

	/** `since`: when it was due; a generator that is late itself must not make its messages look fast. */
	send(payload: string, since = performance.now()): Promise<Answered> {
		const id = this.#nextId++;
		return new Promise((resolve) => {
			this.#open.set(id, { since, resolve });
			this.#socket.send(`{"jsonrpc":"2.0","id":${id},"method":"public/submit","params":{"payload":"${payload}"}}`);
		});
	}

	close(): void {
		this.#socket.close();
	}
}
