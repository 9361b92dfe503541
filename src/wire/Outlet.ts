import type { Socket } from "node:net";
import { WebSocket } from "ws";

/** What goes out on one connection: notifications gather and are written in one piece. */
export class Outlet {
	readonly socket: WebSocket;
	readonly #stream: Socket;
	#waiting: Buffer[] = [];
	#waitingBytes = 0;

	/** `stream` is the connection below the WebSocket. */
	constructor(socket: WebSocket, stream: Socket) {
		this.socket = socket;
		this.#stream = stream;
	}

	/** Bytes that the peer was told and has not read, or that wait to be written. */
	get unread(): number {
		return this.socket.bufferedAmount + this.#waitingBytes;
	}

	/** A text frame's bytes, to be written by the next `write`. */
	queue(bytes: Buffer): void {
		this.#waiting.push(bytes);
		this.#waitingBytes += bytes.length;
	}

	/** Hands everything that waits to the system in one call. */
	write(): void {
		if (this.#waiting.length === 0) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		this.#waitingBytes = 0;
		if (this.socket.readyState !== WebSocket.OPEN) return;
		this.#stream.cork();
		for (const bytes of waiting) this.socket.send(bytes, { binary: false });
		this.#stream.uncork();
	}

	/** Ends the connection at once, with whatever it has not read. */
	drop(): void {
		this.#waiting = [];
		this.#waitingBytes = 0;
		this.socket.terminate();
	}
}
