import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { Random } from "../../src/market/Random.ts";
import type { Log } from "../../src/ports/Log.ts";
import type { Peer } from "../../src/ports/Transport.ts";
import { Code, RpcError } from "../../src/wire/RpcError.ts";
import { Server } from "../../src/wire/Server.ts";

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };

function open(url: string): Promise<WebSocket> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url);
		socket.once("open", () => resolve(socket));
		socket.once("error", reject);
	});
}

function answerTo(
	socket: WebSocket,
	frame: string | Uint8Array,
): Promise<{ id: unknown; result?: unknown; error?: { code: number; message: string } }> {
	return new Promise((resolve) => {
		socket.once("message", (data) => resolve(JSON.parse(String(data))));
		socket.send(frame);
	});
}

describe("given a server", () => {
	const server = new Server({ host: "127.0.0.1", port: 0, log: silent });
	let url = "";
	let socket: WebSocket;

	before(async () => {
		url = await server.listen(async (method, params) => {
			if (method === "echo") return params;
			if (method === "break") throw new TypeError("a fault of our own");
			throw new RpcError(Code.MethodNotFound, `there is no method ${method}`);
		});
		socket = await open(url);
	});

	after(async () => {
		socket.close();
		await server.close();
	});

	it("answers what is not JSON, not a call, or not a method with its code", async () => {
		assert.equal((await answerTo(socket, "{")).error?.code, Code.ParseError);
		assert.equal((await answerTo(socket, Buffer.from([1, 2, 3]))).error?.code, Code.ParseError);
		for (const frame of [
			"1",
			"null",
			"[]",
			'"text"',
			"{}",
			'{"jsonrpc":"1.0","id":1,"method":"echo"}',
			'{"jsonrpc":"2.0","id":1,"method":7}',
		]) {
			assert.equal((await answerTo(socket, frame)).error?.code, Code.InvalidRequest, frame);
		}
		assert.equal((await answerTo(socket, '{"jsonrpc":"2.0","id":1,"method":"nothing"}')).error?.code, Code.MethodNotFound);
	});

	it("says that it failed, and nothing of how", async () => {
		const { error } = await answerTo(socket, '{"jsonrpc":"2.0","id":1,"method":"break"}');
		assert.equal(error?.code, Code.Internal);
		assert.doesNotMatch(String(error?.message), /fault of our own/);
	});

	it("answers a batch, and the calls that have an id alone", async () => {
		const answers = (await answerTo(
			socket,
			'[{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}},{"jsonrpc":"2.0","method":"echo"}]',
		)) as unknown as { id: number }[];
		assert.deepEqual(
			answers.map(({ id }) => id),
			[1],
		);
	});

	it("answers POST on the same port", async () => {
		const response = await fetch(url.replace("ws:", "http:"), {
			method: "POST",
			body: '{"jsonrpc":"2.0","id":"x","method":"echo","params":{"b":2}}',
		});
		assert.deepEqual(await response.json(), { jsonrpc: "2.0", id: "x", result: { b: 2 } });
	});

	it("survives 10,000 malformed frames", async () => {
		const random = new Random(42);
		const call = '{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":[1,2,{"y":null}]}}';
		let answers = 0;
		socket.on("message", () => (answers += 1));
		for (let i = 0; i < 10_000; i++) {
			const frame = [...call];
			for (let edits = 1 + random.below(4); edits > 0; edits--)
				frame[random.below(frame.length)] = String.fromCharCode(32 + random.below(95));
			socket.send(random.next() < 0.1 ? frame.join("").slice(0, random.below(frame.length)) : frame.join(""));
		}
		socket.removeAllListeners("message");
		const fresh = await open(url);
		assert.deepEqual((await answerTo(fresh, call)).result, { x: [1, 2, { y: null }] });
		fresh.close();
	});

	it("says that there were too many calls, and when there may be more", async () => {
		const slow = new Server({ host: "127.0.0.1", port: 0, log: silent, calls: { perSecond: 1, burst: 2 } });
		const hasty = await open(await slow.listen(async () => 1));
		const call = '{"jsonrpc":"2.0","id":7,"method":"echo"}';
		assert.equal((await answerTo(hasty, call)).result, 1);
		assert.equal((await answerTo(hasty, call)).result, 1);
		const { id, error } = await answerTo(hasty, call);
		assert.deepEqual([id, error?.code], [7, Code.LimitReached]);
		assert.equal((await answerTo(hasty, `[${call},${call},${call}]`)).error?.code, Code.LimitReached);
		hasty.close();
		await slow.close();
	});

	describe("and a peer that does not read", () => {
		const text = "x".repeat(100_000);
		const peers: Peer[] = [];
		let calls = 0;
		let idle: WebSocket;
		const server = new Server({ host: "127.0.0.1", port: 0, log: silent, calls: { perSecond: 1e6, burst: 1e6 } });
		let address = "";

		/** Stops or goes on reading from the network itself. */
		const reading = (on: boolean): void => {
			const { _socket } = idle as unknown as { _socket: { pause(): void; resume(): void } };
			if (on) _socket.resume();
			else _socket.pause();
		};

		before(async () => {
			address = await server.listen(async (_, __, peer) => {
				calls += 1;
				peers[peer.id] = peer;
				return text;
			});
			idle = await open(address);
		});

		after(() => server.close());

		it("does not listen to it until it has read, and then answers everything", async () => {
			let answers = 0;
			idle.on("message", () => (answers += 1));
			reading(false);
			for (let id = 0; id < 1000; id++) idle.send(`{"jsonrpc":"2.0","id":${id},"method":"echo"}`);
			await new Promise((resolve) => setTimeout(resolve, 1000));
			const before = calls;
			assert.ok(before < 500, `${before} calls were answered into the void`);
			const other = await open(address);
			assert.equal((await answerTo(other, '{"jsonrpc":"2.0","id":1,"method":"echo"}')).result, text);
			other.close();
			reading(true);
			for (const end = Date.now() + 20_000; answers < 1000 && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 50));
			assert.equal(answers, 1000);
		});

		it("says that it is slow, and drops it when it is told more than may wait", async () => {
			const peer = peers.find((one) => one !== undefined) as Peer;
			const closed = new Promise((resolve) => idle.once("close", resolve));
			reading(false);
			assert.equal(peer.isSlow, false);
			let told = 0;
			while (peer.notify("book", text)) if ((told += 1) > 1000) break;
			assert.ok(told > 10 && told < 1000, `${told} messages of 100 kB waited`);
			reading(true);
			await closed;
			assert.equal(peer.notify("book", text), false);
		});
	});

	it("says in one sentence that a port is taken", async () => {
		const port = Number(new URL(url).port);
		const second = new Server({ host: "127.0.0.1", port, log: silent });
		await assert.rejects(
			second.listen(async () => undefined),
			/^Error: Port \d+ of 127\.0\.0\.1 cannot be opened for the API: another program uses it\. Choose another with --port\.$/,
		);
	});
});
