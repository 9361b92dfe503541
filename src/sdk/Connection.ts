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

type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

/** LIMIT: how long a gateway may take to open a connection before the next one is tried. */
const OPEN_MILLISECONDS = 3_000;
/** Methods that change something: said twice, they may do it twice. */
const WRITES = /^(public\/submit|private\/(?!get_|simulate_))/;

/**
 * A WebSocket to an exchange: calls with answers, and channels. Of an exchange with several gateways it is to one at a time: when that one fails, the next
 * is called, channels are subscribed to anew (each begins with the whole again), and questions are asked again. What changes something is never said again by itself.
 */
export class Connection {
	readonly #urls: readonly string[];
	#at: number;
	#socket: WebSocket;
	#waiting = new Map<number, Waiting>();
	readonly #channels = new Map<string, (data: unknown) => void>();
	readonly #closed: (() => void)[] = [];
	#moving: Promise<void> | undefined;
	#isOver = false;
	#nextId = 1;

	private constructor(urls: readonly string[], at: number, socket: WebSocket) {
		this.#urls = urls;
		this.#at = at;
		this.#socket = socket;
		this.#listen(socket);
	}

	/** Connects to an address such as ws://127.0.0.1:8547, or to the first of several that answers. Rejects with ConnectionError. */
	static async open(urls: string | readonly string[]): Promise<Connection> {
		const all = typeof urls === "string" ? [urls] : urls;
		let failure = new ConnectionError(0, "no exchange is named");
		for (const [at, url] of all.entries()) {
			try {
				return new Connection(all, at, await connect(url));
			} catch (error) {
				failure = error as ConnectionError;
			}
		}
		throw all.length > 1 ? new ConnectionError(0, `none of ${all.length} gateways answers: ${failure.message}`) : failure;
	}

	/** The gateway that is called now. */
	get url(): string {
		return this.#urls[this.#at];
	}

	/** How many gateways there are to call. */
	get gateways(): number {
		return this.#urls.length;
	}

	/**
	 * Calls a method. Rejects with ConnectionError, which carries the server's code and data; code 0 of what changes something leaves open whether it happened.
	 * @param milliseconds how long the gateway may take to answer; for ever otherwise
	 */
	async call<T = unknown>(method: string, params: object = {}, milliseconds?: number): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			try {
				await this.#moving;
				return await this.#ask<T>(method, params, milliseconds);
			} catch (error) {
				const isLost = error instanceof ConnectionError && error.code === 0;
				if (!isLost || WRITES.test(method) || attempt >= this.#urls.length || this.#isOver) throw error;
				await this.move();
			}
		}
	}

	/** Leaves the gateway at hand for the next one that answers. Rejects with ConnectionError when none does. */
	move(): Promise<void> {
		this.#moving ??= this.#move().finally(() => (this.#moving = undefined));
		return this.#moving;
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

	/** Calls back once when the connection ends, by whomever: of several gateways, when none answers any more. */
	onClose(listener: () => void): void {
		this.#closed.push(listener);
	}

	close(): void {
		this.#isOver = true;
		this.#socket.close();
	}

	#ask<T>(method: string, params: object, milliseconds?: number): Promise<T> {
		const socket = this.#socket;
		if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new ConnectionError(0, "the connection to the exchange is closed"));
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			const late = (): void => {
				this.#waiting.delete(id);
				reject(new ConnectionError(0, `${this.url} did not answer within ${milliseconds} ms`));
			};
			const timer = milliseconds === undefined ? undefined : setTimeout(late, milliseconds);
			this.#waiting.set(id, {
				resolve: (result) => {
					clearTimeout(timer);
					resolve(result as T);
				},
				reject: (error) => {
					clearTimeout(timer);
					reject(error);
				},
			});
			socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
		});
	}

	async #move(): Promise<void> {
		const left = this.#socket;
		// The one at hand comes last: it may be back by then.
		for (let step = 1; step <= this.#urls.length && !this.#isOver; step++) {
			const at = (this.#at + step) % this.#urls.length;
			try {
				const socket = await connect(this.#urls[at]);
				this.#fail();
				this.#at = at;
				this.#socket = socket;
				this.#listen(socket);
				left.close();
				if (this.#channels.size > 0) await this.#ask("public/subscribe", { channels: [...this.#channels.keys()] });
				return;
			} catch {
				// The next one.
			}
		}
		this.#end();
		throw new ConnectionError(0, `none of ${this.#urls.length} gateways answers`);
	}

	#listen(socket: WebSocket): void {
		socket.addEventListener("message", ({ data }) => this.#take(String(data)));
		socket.addEventListener(
			"close",
			() => {
				// One that was left for another has nothing more to say.
				if (socket !== this.#socket) return;
				this.#fail();
				if (this.#isOver || this.#urls.length === 1) this.#end();
				else this.move().catch(() => undefined);
			},
			{ once: true },
		);
	}

	#fail(): void {
		const error = new ConnectionError(0, "the connection to the exchange is closed");
		const waiting = this.#waiting;
		this.#waiting = new Map();
		for (const { reject } of waiting.values()) reject(error);
	}

	#end(): void {
		this.#fail();
		for (const listener of this.#closed.splice(0)) listener();
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

function connect(url: string): Promise<WebSocket> {
	return new Promise((resolve, reject) => {
		const failed = (): void => {
			clearTimeout(timer);
			reject(new ConnectionError(0, `no exchange answers at ${url}`));
		};
		const socket = new WebSocket(url);
		const timer = setTimeout(() => {
			socket.close();
			failed();
		}, OPEN_MILLISECONDS);
		socket.addEventListener(
			"open",
			() => {
				clearTimeout(timer);
				resolve(socket);
			},
			{ once: true },
		);
		socket.addEventListener("error", failed, { once: true });
	});
}
