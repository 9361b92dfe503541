/** The server's refusal, or a connection that failed. `code` is JSON-RPC's (docs/api), 0 for the connection itself. */
export class ConnectionError extends Error {
	readonly code: number;
	readonly data: Readonly<Record<string, unknown>> | undefined;

	constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>) {
		super(message);
		this.code = code;
		this.data = data;
	}
}

type Waiting = { resolve: (result: unknown) => void; reject: (error: Error) => void };

/** One WebSocket to an exchange: calls with answers, and channels. */
export class Connection {
	readonly #socket: WebSocket;
	readonly #waiting = new Map<number, Waiting>();
	readonly #channels = new Map<string, (data: unknown) => void>();
	#nextId = 1;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.addEventListener("message", ({ data }) => this.#take(String(data)));
		socket.addEventListener("close", () => {
			const error = new ConnectionError(0, "the connection to the exchange is closed");
			for (const { reject } of this.#waiting.values()) reject(error);
			this.#waiting.clear();
		});
	}

	/** Connects to an address such as ws://127.0.0.1:8547. Rejects with ConnectionError. */
	static open(url: string): Promise<Connection> {
		return new Promise((resolve, reject) => {
			const socket = new WebSocket(url);
			socket.addEventListener("open", () => resolve(new Connection(socket)), { once: true });
			socket.addEventListener("error", () => reject(new ConnectionError(0, `no exchange answers at ${url}`)), { once: true });
		});
	}

	/** Calls a method. Rejects with ConnectionError, which carries the server's code and data. */
	call<T = unknown>(method: string, params: object = {}): Promise<T> {
		if (this.#socket.readyState !== WebSocket.OPEN)
			return Promise.reject(new ConnectionError(0, "the connection to the exchange is closed"));
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
			this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
		});
	}

	/** Follows a channel, such as book.ETH-25DEC26-4000-C. */
	async subscribe(channel: string, listener: (data: unknown) => void): Promise<void> {
		this.#channels.set(channel, listener);
		await this.call("public/subscribe", { channels: [channel] });
	}

	/** Follows a channel no more. */
	async unsubscribe(channel: string): Promise<void> {
		this.#channels.delete(channel);
		await this.call("public/unsubscribe", { channels: [channel] });
	}

	/** Calls back once when the connection ends, by whomever. */
	onClose(listener: () => void): void {
		this.#socket.addEventListener("close", listener, { once: true });
	}

	close(): void {
		this.#socket.close();
	}

	#take(text: string): void {
		const message = JSON.parse(text) as {
			id?: number;
			result?: unknown;
			error?: { code: number; message: string; data?: Record<string, unknown> };
			params?: { channel: string; data: unknown };
		};
		if (message.params) {
			this.#channels.get(message.params.channel)?.(message.params.data);
			return;
		}
		const waiting = this.#waiting.get(message.id as number);
		if (!waiting) return;
		this.#waiting.delete(message.id as number);
		if (message.error) waiting.reject(new ConnectionError(message.error.code, message.error.message, message.error.data));
		else waiting.resolve(message.result);
	}
}
