import { createServer } from "node:http";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WebSocket, WebSocketServer } from "ws";
import type { Log } from "../ports/Log.ts";
import type { Handler, Peer, Transport } from "../ports/Transport.ts";
import { Outlet } from "./Outlet.ts";
import { Bucket, Buckets } from "./RateLimit.ts";
import type { Rate } from "./RateLimit.ts";
import { Code, RpcError } from "./RpcError.ts";

/** What GET answers; status 200 unless said otherwise. */
export type Page = { readonly type: string; readonly body: string | Uint8Array; readonly status?: number };

/** What GET answers where it is long: so many bytes, read from a file while they are sent. */
export type Download = { readonly type: string; readonly stream: Readable; readonly length: number };

export type ServerOptions = {
	readonly host: string;
	readonly port: number;
	readonly log: Log;
	/** Calls of one WebSocket, and of one address over HTTP. */
	readonly calls?: Rate;
	/** Serves GET requests that are not JSON-RPC, such as /metrics and the page. */
	readonly pages?: (path: string) => Promise<Page | Download | undefined>;
	/** Answers GET requests below /api/, which count as calls of their address. */
	readonly reads?: (path: string, query: URLSearchParams) => Promise<Page | undefined>;
};

/** LIMIT: a frame, a batch of calls, and what may wait for a peer that reads slowly. */
const MAX_FRAME_BYTES = 262_144;
const MAX_BATCH_CALLS = 100;
const MAX_BUFFERED_BYTES = 8_388_608;
/** A peer with more than this unread is not listened to until it has read. */
const SLOW_BYTES = 1_048_576;
const DRAIN_POLL_MS = 50;
/**
 * For so long notifications are written at a stretch before calls have their turn. An acknowledgement takes several turns (signature, log, execution, receipt):
 * each may be as late as this.
 */
const WRITING_MS = 1;
/** Notifications of a busy market are written so often: a system call for each of them and each connection costs more than all the rest. */
const GATHERING_MS = 25;
/** Frames of one connection that are looked at before the answers to them are sent, and others have their turn. */
const FRAMES_PER_TURN = 16;
/** LIMIT: calls of one connection that are being answered. */
const MAX_OPEN_CALLS = 1000;
const CALLS: Rate = { perSecond: 1000, burst: 2000 };
const MAX_CONNECTIONS = 1000;
const HEARTBEAT_MS = 20_000;

/** JSON-RPC 2.0 over WebSocket and HTTP POST on one port. */
export class Server implements Transport {
	readonly #options: ServerOptions;
	readonly #http: HttpServer;
	readonly #sockets: WebSocketServer;
	readonly #closed = new Set<(peer: number) => void>();
	readonly #calls: Rate;
	readonly #addresses: Buckets<string>;
	readonly #frames = new WeakMap<object, { readonly channel: string; readonly bytes: Buffer }>();
	/** Connections with notifications that are not written yet, in the order in which they are served. */
	readonly #writing = new Set<Outlet>();
	/** Those that the present round has still to serve, the next one last. */
	#round: Outlet[] = [];
	#isWriting = false;
	/** When the last round of writing began. */
	#wroteAt = -Infinity;
	#handler: Handler = () => Promise.reject(new RpcError(Code.Internal, "the server is starting"));
	#nextPeer = 1;
	#heartbeat: NodeJS.Timeout | undefined;

	constructor(options: ServerOptions) {
		this.#options = options;
		this.#calls = options.calls ?? CALLS;
		this.#addresses = new Buckets(this.#calls);
		this.#http = createServer((request, response) => void this.#answerHttp(request, response));
		this.#sockets = new WebSocketServer({ server: this.#http, maxPayload: MAX_FRAME_BYTES });
		this.#sockets.on("connection", (socket, request) => this.#welcome(new Outlet(socket, request.socket)));
		this.#sockets.on("error", () => undefined);
	}

	onClose(listener: (peer: number) => void): void {
		this.#closed.add(listener);
	}

	/** Throws an Error with one sentence when the port cannot be opened. */
	async listen(handler: Handler): Promise<string> {
		this.#handler = handler;
		const { host, port } = this.#options;
		await new Promise<void>((resolve, reject) => {
			this.#http.once("error", (cause: NodeJS.ErrnoException) => {
				const reason = cause.code === "EADDRINUSE" ? "another program uses it" : (cause.code ?? cause.message);
				reject(new Error(`Port ${port} of ${host} cannot be opened for the API: ${reason}. Choose another with --port.`, { cause }));
			});
			this.#http.listen(port, host, resolve);
		});
		this.#heartbeat = setInterval(() => {
			for (const socket of this.#sockets.clients) {
				const alive = socket as WebSocket & { missed?: boolean };
				if (alive.missed) alive.terminate();
				else {
					alive.missed = true;
					alive.ping();
				}
			}
		}, HEARTBEAT_MS);
		this.#heartbeat.unref();
		const address = this.#http.address();
		return `ws://${host}:${typeof address === "object" && address ? address.port : port}`;
	}

	async close(): Promise<void> {
		clearInterval(this.#heartbeat);
		for (const socket of this.#sockets.clients) socket.close(1001, "the server is stopping");
		await new Promise<void>((resolve) => {
			this.#http.close(() => resolve());
			this.#http.closeAllConnections();
		});
	}

	#welcome(outlet: Outlet): void {
		const { socket } = outlet;
		if (this.#sockets.clients.size > MAX_CONNECTIONS) {
			socket.close(1013, "too many connections: try again later");
			return;
		}
		const peer = this.#peerOf(outlet);
		const bucket = new Bucket(this.#calls, performance.now());
		let open = 0;
		socket.on("pong", () => {
			(socket as WebSocket & { missed?: boolean }).missed = false;
		});
		socket.on("error", (error) => this.#options.log.debug("a connection failed", { peer: peer.id, reason: error.message }));
		socket.on("close", () => {
			for (const listener of this.#closed) listener(peer.id);
		});
		const inbound: (string | undefined)[] = [];
		let turns = 0;
		let isWaiting = false;
		// Nobody is listened to faster than he reads: what he asks then waits in his own socket, and in what of it was already read.
		const pump = (): void => {
			isWaiting = false;
			while (inbound.length > 0 && socket.readyState === WebSocket.OPEN) {
				if (open >= MAX_OPEN_CALLS || outlet.unread > SLOW_BYTES) {
					socket.pause();
					isWaiting = true;
					setTimeout(pump, DRAIN_POLL_MS).unref();
					return;
				}
				if (turns === FRAMES_PER_TURN) {
					isWaiting = true;
					setImmediate(() => {
						turns = 0;
						pump();
					});
					return;
				}
				turns += 1;
				answerNext();
			}
			if (socket.isPaused) socket.resume();
		};
		const answerNext = (): void => {
			open += 1;
			void this.#answer(inbound.shift(), peer, (count) => bucket.take(performance.now(), count)).then((answer) => {
				open -= 1;
				if (answer === undefined || socket.readyState !== WebSocket.OPEN) return;
				// What was told before it is written before it.
				outlet.write();
				if (outlet.unread > MAX_BUFFERED_BYTES) outlet.drop();
				else socket.send(answer);
			});
		};
		socket.on("message", (data, isBinary) => {
			inbound.push(isBinary ? undefined : String(data));
			if (!isWaiting) pump();
		});
	}

	#peerOf(outlet: Outlet): Peer {
		const { socket } = outlet;
		const send = (bytes: () => Buffer): boolean => {
			if (socket.readyState !== WebSocket.OPEN) return false;
			// A peer that does not read is dropped, before it fills the memory of those who do.
			if (outlet.unread > MAX_BUFFERED_BYTES) {
				outlet.drop();
				return false;
			}
			outlet.queue(bytes());
			this.#writing.add(outlet);
			this.#writeSoon();
			return true;
		};
		return {
			id: this.#nextPeer++,
			get isSlow() {
				return outlet.unread > SLOW_BYTES;
			},
			notify: (channel, data) => send(() => this.#frameOf(channel, data)),
			tell: (method, params) => send(() => Buffer.from(JSON.stringify({ jsonrpc: "2.0", method, params }))),
			close: (reason) => {
				outlet.write();
				socket.close(1008, reason);
			},
		};
	}

	/** What comes after a pause is written at once, and what comes soon after that is gathered. */
	#writeSoon(): void {
		if (this.#isWriting) return;
		this.#isWriting = true;
		const rest = this.#wroteAt + GATHERING_MS - performance.now();
		const begin = (): void => {
			this.#wroteAt = performance.now();
			// Who is told more meanwhile waits for the next round.
			this.#round = [...this.#writing].reverse();
			this.#writing.clear();
			this.#write();
		};
		if (rest > 0) setTimeout(begin, rest);
		else setImmediate(begin);
	}

	/** Writes what waits, a connection at a time, and lets calls in between: many followers must not make one order late. */
	#write(): void {
		const began = performance.now();
		for (let outlet = this.#round.pop(); outlet; outlet = this.#round.pop()) {
			outlet.write();
			if (performance.now() - began > WRITING_MS) break;
		}
		if (this.#round.length > 0) {
			setImmediate(() => this.#write());
			return;
		}
		this.#isWriting = false;
		if (this.#writing.size > 0) this.#writeSoon();
	}

	/** What is told to many is written once: the same object on the same channel is the same frame. */
	#frameOf(channel: string, data: unknown): Buffer {
		const known = typeof data === "object" && data !== null ? this.#frames.get(data) : undefined;
		if (known?.channel === channel) return known.bytes;
		const bytes = Buffer.from(JSON.stringify({ jsonrpc: "2.0", method: "subscription", params: { channel, data } }));
		if (typeof data === "object" && data !== null) this.#frames.set(data, { channel, bytes });
		return bytes;
	}

	async #page({ url, socket }: IncomingMessage): Promise<Page | Download | undefined> {
		const { pages, reads } = this.#options;
		const { pathname, searchParams } = new URL(url ?? "/", "http://localhost");
		if (!reads || !pathname.startsWith("/api/")) return pages?.(pathname);
		const wait = this.#addresses.take(socket.remoteAddress ?? "", performance.now(), 1);
		if (wait > 0) return { type: "application/json", status: 429, body: JSON.stringify(failure(null, tooMany(this.#calls, wait))) };
		try {
			return await reads(pathname, searchParams);
		} catch (error) {
			this.#options.log.alarm("ApiFailed", "a call failed for a fault of our own", { method: pathname, reason: (error as Error).message });
			const body = JSON.stringify(failure(null, new RpcError(Code.Internal, "the server failed at this call; it is logged")));
			return { type: "application/json", status: 500, body };
		}
	}

	async #answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
		try {
			if (request.method === "GET") {
				const page = await this.#page(request);
				if (page && "stream" in page) {
					response.writeHead(200, { "content-type": page.type, "content-length": page.length });
					await pipeline(page.stream, response);
					return;
				}
				response.writeHead(page ? (page.status ?? 200) : 404, { "content-type": page?.type ?? "text/plain; charset=utf-8" });
				response.end(page?.body ?? "Nothing is here. JSON-RPC 2.0 is served to POST, and over WebSocket.\n");
				return;
			}
			const parts: Buffer[] = [];
			let length = 0;
			for await (const part of request) {
				length += (part as Buffer).length;
				if (length > MAX_FRAME_BYTES) {
					response.writeHead(413).end();
					return;
				}
				parts.push(part as Buffer);
			}
			const address = request.socket.remoteAddress ?? "";
			const answer = await this.#answer(Buffer.concat(parts).toString("utf8"), NOBODY, (count) =>
				this.#addresses.take(address, performance.now(), count),
			);
			response.writeHead(answer === undefined ? 204 : 200, { "content-type": "application/json" });
			response.end(answer);
		} catch (error) {
			this.#options.log.debug("an HTTP request failed", { reason: (error as Error).message });
			if (!response.headersSent) response.writeHead(400);
			response.end();
		}
	}

	/** The answer to one frame; undefined when it holds notifications alone. Never rejects. */
	async #answer(text: string | undefined, peer: Peer, take: (count: number) => number): Promise<string | undefined> {
		let request: unknown;
		try {
			if (text === undefined) throw new SyntaxError("binary frames are not spoken here");
			request = JSON.parse(text);
		} catch (error) {
			return JSON.stringify(failure(null, new RpcError(Code.ParseError, `not JSON: ${(error as Error).message}`)));
		}
		// A batch is as many calls as it holds, so that it is no way around the limit.
		const wait = take(Array.isArray(request) ? Math.max(1, Math.min(request.length, MAX_BATCH_CALLS)) : 1);
		if (wait > 0) {
			const id = Array.isArray(request) ? null : idOf(request);
			return JSON.stringify(failure(id, tooMany(this.#calls, wait)));
		}
		if (!Array.isArray(request)) {
			const answer = await this.#call(request, peer);
			return answer && JSON.stringify(answer);
		}
		if (request.length === 0 || request.length > MAX_BATCH_CALLS) {
			return JSON.stringify(failure(null, new RpcError(Code.InvalidRequest, `a batch holds 1 to ${MAX_BATCH_CALLS} calls`)));
		}
		const answers = (await Promise.all(request.map((call) => this.#call(call, peer)))).filter((answer) => answer !== undefined);
		return answers.length === 0 ? undefined : JSON.stringify(answers);
	}

	async #call(request: unknown, peer: Peer): Promise<object | undefined> {
		const call = (typeof request === "object" && request !== null ? request : {}) as {
			jsonrpc?: unknown;
			id?: unknown;
			method?: unknown;
			params?: unknown;
		};
		const id = idOf(request);
		if (call.jsonrpc !== "2.0" || typeof call.method !== "string") {
			return failure(id, new RpcError(Code.InvalidRequest, 'a call is {"jsonrpc":"2.0","id":1,"method":"public/get_time","params":{}}'));
		}
		try {
			const result = await this.#handler(call.method, call.params ?? {}, peer);
			return call.id === undefined ? undefined : { jsonrpc: "2.0", id, result };
		} catch (error) {
			if (error instanceof RpcError) return call.id === undefined ? undefined : failure(id, error);
			this.#options.log.alarm("ApiFailed", "a call failed for a fault of our own", {
				method: call.method,
				reason: (error as Error).message,
			});
			return call.id === undefined ? undefined : failure(id, new RpcError(Code.Internal, "the server failed at this call; it is logged"));
		}
	}
}

/** Who asks over HTTP: he gets one answer and nothing later. */
const NOBODY: Peer = { id: 0, isSlow: false, notify: () => false, tell: () => false, close: () => undefined };

function idOf(request: unknown): string | number | null {
	const id = typeof request === "object" && request !== null ? (request as { id?: unknown }).id : undefined;
	return typeof id === "string" || typeof id === "number" ? id : null;
}

function tooMany({ perSecond, burst }: Rate, wait: number): RpcError {
	const message = `a connection may call ${perSecond} times a second, and ${burst} times at once`;
	return new RpcError(Code.LimitReached, message, { limit: "calls_of_connection", retry_after_ms: Number.isFinite(wait) ? wait : null });
}

function failure(id: string | number | null, error: RpcError): object {
	return { jsonrpc: "2.0", id, error: { code: error.code, message: error.message, ...(error.data ? { data: error.data } : {}) } };
}
