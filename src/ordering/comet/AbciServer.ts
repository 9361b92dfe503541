// The socket on which CometBFT asks its application: four connections, each a stream of uvarint length | Request, answered in order with uvarint length | Response.

import { rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { Request } from "cosmjs-types/tendermint/abci/types";

/** Answers with an encoded Response. */
export type Handler = (request: Request) => Promise<Uint8Array>;

/** LIMIT: the engine's largest message is a block with its commit, far below this. */
const MAX_FRAME_BYTES = 8_388_608;

/** Serves the application to one engine until it is closed. */
export class AbciServer {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #path: string;

	private constructor(path: string, handler: Handler, failed: (error: Error) => void) {
		this.#path = path;
		this.#server = createServer((socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
			socket.on("error", () => socket.destroy());
			serve(socket, handler, failed);
		});
	}

	/** Listens on a unix socket. LIMIT: the path is at most about 100 characters, as the system has it. `failed` hears what a handler threw: our own fault. */
	static async listen(path: string, handler: Handler, failed: (error: Error) => void): Promise<AbciServer> {
		rmSync(path, { force: true });
		const server = new AbciServer(path, handler, failed);
		await new Promise<void>((resolve, reject) => server.#server.once("error", reject).listen(path, resolve));
		return server;
	}

	async close(): Promise<void> {
		const closed = new Promise((resolve) => this.#server.close(resolve));
		for (const socket of this.#sockets) socket.destroy();
		await closed;
		rmSync(this.#path, { force: true });
	}
}

function serve(socket: Socket, handler: Handler, failed: (error: Error) => void): void {
	let rest: Buffer = Buffer.alloc(0);
	let answering: Promise<void> = Promise.resolve();
	const answer = async (frame: Buffer): Promise<void> => {
		if (socket.destroyed) return;
		try {
			socket.write(framed(await handler(Request.decode(frame))));
		} catch (error) {
			// An application that cannot answer must not guess: the engine stops, and the supervisor starts both again.
			failed(error as Error);
			socket.destroy();
		}
	};
	socket.on("data", (chunk: Buffer) => {
		rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		for (;;) {
			const head = lengthOf(rest);
			if (!head) return;
			if (head.length > MAX_FRAME_BYTES) return void socket.destroy();
			if (rest.length < head.size + head.length) return;
			const frame = rest.subarray(head.size, head.size + head.length);
			rest = rest.subarray(head.size + head.length);
			answering = answering.then(() => answer(frame));
		}
	});
}

function lengthOf(bytes: Buffer): { length: number; size: number } | undefined {
	let length = 0;
	for (let size = 0; size < Math.min(bytes.length, 5); size++) {
		length += (bytes[size] & 127) * 2 ** (7 * size);
		if (bytes[size] < 128) return { length, size: size + 1 };
	}
	return bytes.length >= 5 ? { length: Number.MAX_SAFE_INTEGER, size: 5 } : undefined;
}

function framed(message: Uint8Array): Buffer {
	const head: number[] = [];
	let rest = message.length;
	for (; rest >= 128; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128);
	head.push(rest);
	return Buffer.concat([Uint8Array.from(head), message]);
}
