import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { testWallet } from "../../src/chain/TestKeys.ts";
import type { Peer } from "../../src/ports/Transport.ts";
import { toHex } from "../../src/machine/math/Bytes.ts";
import { Departures } from "../../src/roles/sequencer/Departures.ts";
import { NotTaken } from "../../src/roles/sequencer/Sequencer.ts";
import { Connection, ConnectionError, Scope, Trader } from "../../src/sdk/index.ts";
import { Code } from "../../src/wire/RpcError.ts";
import { World } from "../node/world.ts";

const [MAKER, KEY, OTHER] = [60, 61, 62];
const ETH = 0;
const EVERYTHING = 255;
const AHEAD = 1_000_000;

describe("given a maker who wants no orders without a connection", () => {
	let world: World;
	let account = 0;
	let other = 0;
	/** An option on each underlying. */
	let series: number[] = [];

	before(async () => {
		world = await World.start([MAKER, OTHER]);
		await world.listed();
		account = await world.bridge.fund(testWallet(MAKER), 1_000_000_000n);
		other = await world.bridge.fund(testWallet(OTHER), 1_000_000_000n);
		await world.until("the deposits", () => world.exchange.live.queries.account(other) !== undefined);
		series = [0, 1].map(
			(underlying) => world.exchange.live.queries.instruments().find((one) => one.underlying === underlying)?.series ?? 0,
		);
	});

	after(() => world.close());

	const connected = async (): Promise<[Connection, Trader]> => {
		const connection = await Connection.open(world.exchange.url);
		return [connection, await Trader.open(connection, testWallet(MAKER), account)];
	};
	const standing = (): number[] => world.exchange.live.queries.openOrders(account).map((order) => order.series);
	const rest = async (trader: Trader): Promise<void> => {
		for (const one of series) assert.equal((await trader.place({ series: one, side: 0, price: 2, size: 1 })).result, "Rested");
	};
	const gone = (left: readonly number[]): Promise<void> =>
		world.until("the cancellation", () => JSON.stringify(standing()) === JSON.stringify(left));
	async function armed(trader: Trader, nonce: number, more: object = {}): Promise<object> {
		const signature = await trader.sign("CancelAll", { account, underlying: EVERYTHING, nonce });
		return { account, nonce, signature: toHex(signature), ...more };
	}
	const refused = (what: Promise<unknown>, code: number, message: RegExp): Promise<void> =>
		assert.rejects(what, (error: unknown) => {
			assert.ok(error instanceof ConnectionError, String(error));
			assert.equal(error.code, code, error.message);
			assert.match(error.message, message);
			return true;
		});

	it("refuses at once what would be refused at the end", async () => {
		const [connection, trader] = await connected();
		const enable = (params: object): Promise<unknown> => connection.call("private/enable_cancel_on_disconnect", params);
		const good = await armed(trader, trader.takeNonce() + AHEAD);
		await refused(enable({ ...good, account: other }), Code.NotTaken, /the signature is of/);
		await refused(enable({ ...good, currency: "ETH" }), Code.NotTaken, /the signature is of/);
		await refused(enable({ ...good, account: 9999 }), Code.NotTaken, /does not exist/);
		await refused(enable(await armed(trader, 2 ** 40)), Code.InvalidParams, /NonceTooFar/);
		const { order } = await trader.place({ series: series[0], side: 0, price: 2, size: 1 });
		await refused(enable(await armed(trader, order)), Code.InvalidParams, /NonceUsed/);
		await refused(connection.call("private/disable_cancel_on_disconnect", { account }), Code.NotFound, /nothing is held/);
		const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "private/enable_cancel_on_disconnect", params: good });
		const response = await fetch(world.exchange.url.replace("ws:", "http:"), { method: "POST", body });
		assert.match(await response.text(), /only a WebSocket ends/);
		connection.close();
		await trader.cancelAll().catch(() => undefined);
	});

	it("forgets what is taken back: the orders stay", async () => {
		const [connection, trader] = await connected();
		await rest(trader);
		const before = standing();
		await trader.cancelOnDisconnect();
		const held = await connection.call<{ account: number; currency: string | null }[]>("private/get_cancel_on_disconnect");
		assert.deepEqual(
			held.map((one) => [one.account, one.currency]),
			[[account, null]],
		);
		assert.equal(await connection.call("private/disable_cancel_on_disconnect", { account }), "ok");
		assert.deepEqual(await connection.call("private/get_cancel_on_disconnect"), []);
		const ended = new Promise<void>((resolve) => connection.onClose(resolve));
		connection.close();
		await ended;
		const [last, same] = await connected();
		assert.deepEqual(standing(), before);
		await same.cancelOnDisconnect();
		last.close();
		await gone([]);
	});

	it("cancels every order when the connection breaks, and refuses what was signed before and comes late", async () => {
		const [connection, trader] = await connected();
		await rest(trader);
		const late = await trader.encodeOrder({ series: series[0], side: 0, price: 2, size: 1 });
		const socket = new WebSocket(world.exchange.url);
		await new Promise((resolve) => socket.once("open", resolve));
		const params = await armed(trader, trader.takeNonce() + AHEAD);
		socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "private/enable_cancel_on_disconnect", params }));
		const answer = await new Promise((resolve) => socket.once("message", resolve));
		assert.match(String(answer), /"result":"ok"/);
		assert.equal(standing().length, 2);
		socket.terminate();
		await gone([]);
		assert.equal((await trader.submit(late)).result, "NonceTooOld");
		connection.close();
	});

	it("cancels in one currency alone, by a key that may do nothing else", async () => {
		const [connection, trader] = await connected();
		await rest(trader);
		assert.equal((await trader.setSession(testWallet(KEY).address, Scope.cancel)).result, "Ok");
		const guard = await Connection.open(world.exchange.url);
		await (await Trader.open(guard, testWallet(KEY), account)).cancelOnDisconnect(ETH);
		guard.close();
		await gone([series[1]]);
		connection.close();
	});
});

describe("given a sequencer that has no room when a connection ends", () => {
	it("is asked again until it has, and not again when it refuses for good", async () => {
		const peer = { id: 7 } as Peer;
		const asked: number[] = [];
		const counted: string[] = [];
		const metrics = {
			set: () => undefined,
			observe: () => undefined,
			add: (_: string, __?: number, labels?: Readonly<Record<string, string>>) => void counted.push(String(labels?.outcome)),
		};
		const submit = async ([first]: Uint8Array): Promise<void> => {
			asked.push(first);
			if (first === 1 && asked.filter((one) => one === 1).length < 2) throw new NotTaken("overloaded", "no room");
			if (first === 2) throw new NotTaken("silenced", "no");
		};
		const departures = new Departures(submit, metrics);
		for (const account of [1, 2]) departures.hold(peer, { account, currency: null, nonce: 1, payload: Uint8Array.of(account) });
		departures.depart(peer.id);
		for (const end = Date.now() + 20_000; counted.length < 2 && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 20));
		assert.deepEqual(asked, [1, 2, 1]);
		assert.deepEqual(counted, ["failed", "sent"]);
		departures.depart(peer.id);
		assert.equal(asked.length, 3, "what was sent is held no more");
	});

	it("holds for so many accounts of a connection and no more, and for each the latest", () => {
		const departures = new Departures(() => Promise.resolve(), { set: () => undefined, add: () => undefined, observe: () => undefined });
		const peer = { id: 7 } as Peer;
		const hold = (account: number, nonce: number): boolean =>
			departures.hold(peer, { account, currency: null, nonce, payload: new Uint8Array() });
		for (let account = 1; account <= 32; account++) assert.equal(hold(account, 1), true);
		assert.equal(hold(33, 1), false);
		assert.equal(hold(32, 2), true);
		assert.equal(departures.of(peer).at(-1)?.nonce, 2);
	});
});
