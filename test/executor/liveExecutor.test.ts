import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Event } from "../../src/executor/Events.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { Result, nameOf } from "../../src/machine/Result.ts";
import * as Series from "../../src/machine/types/Series.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import { LocalOrderer } from "../../src/ordering/local/LocalOrderer.ts";
import type { Store } from "../../src/ports/Store.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { fixedChain } from "./fixedChain.ts";
import { LiveNode, Stream } from "./liveNode.ts";
import { MemoryChain } from "./memoryChain.ts";
import {
	DEPOSIT,
	GENESIS,
	INDEX,
	Program,
	SERIES,
	START,
	TRADERS,
	basket,
	cancel,
	cancelAll,
	deposit,
	opening,
	ownerOf,
	place,
	report,
	withdraw,
} from "./world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-live-"));
after(() => rmSync(root, { recursive: true, force: true }));

const [CALL, OTHER] = SERIES as [number, number];

async function openMarket(store: Store = new MemoryStore()): Promise<{ node: LiveNode; events: Event[] }> {
	const chain = new MemoryChain();
	for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
	const node = await LiveNode.open(store, new Stream(), chain);
	await node.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
	const events: Event[] = [];
	node.live.onEvents((all) => events.push(...all));
	return { node, events };
}

const now = (payload: Uint8Array, delay = 0): { payload: Uint8Array; delay: number } => ({ payload, delay });
/** Events without their place. */
const plain = (events: Event[]): object[] => events.splice(0).map(({ number: _, sequence: __, time: ___, ...happening }) => happening);

describe("given a live executor and input that is not the next bundle", () => {
	it("refuses a gap, a foreign stream, cut records, a wrong count and a wrong L1 message, and stays as it was", async () => {
		const { node } = await openMarket();
		const before = node.live.stateRoot();
		const good = node.stream.add([now(place({ account: 1, series: CALL, nonce: 1 }))]);
		const message = { index: 3, kind: 1, sender: ownerOf(1).address, timestamp: 0, payload: deposit(1, 1), block: 1 };
		for (const bad of [
			{ ...good, height: good.height + 1 },
			{ ...good, streamEnd: good.streamEnd + 1 },
			{ ...good, records: good.records.subarray(0, -1), streamEnd: good.streamEnd - 1 },
			{ ...good, recordCount: 2 },
		]) {
			assert.throws(() => node.live.apply(bad, []), { code: "MISMATCH" });
		}
		assert.throws(() => node.live.apply(good, [message]), { code: "MISMATCH", message: /3 was given where 8 is due/ });
		assert.deepEqual(node.live.stateRoot(), before);
		assert.equal(node.live.apply(good, []).length, 1);
	});
});

describe("given an open market", () => {
	it("answers every message with its result, and tells refusals", async () => {
		const { node, events } = await openMarket();
		const results = await node.submit([
			now(place({ account: 1, series: CALL, nonce: 1 }, ownerOf(2))),
			now(place({ account: 99, series: CALL, nonce: 1 })),
			now(place({ account: 1, series: Series.make(0, 20_462, 0, 39_250), nonce: 1 })),
			now(place({ account: 1, series: CALL, nonce: 1 })),
			now(place({ account: 1, series: CALL, nonce: 1 })),
			now(Uint8Array.of(250)),
		]);
		const expected = [Result.BadSignature, Result.NoAccount, Result.NotListed, Result.Rested, Result.NonceUsed, Result.UnknownKind];
		assert.deepEqual(
			results.map(({ result }) => result),
			expected,
		);
		assert.deepEqual(
			events.filter(({ type }) => type === "MessageRefused").map((event) => (event as { result: Result }).result),
			expected.filter((result) => result !== Result.Rested),
		);
		assert.deepEqual(
			results.map(({ sequence }) => sequence - (results[0]?.sequence ?? 0)),
			[0, 1, 2, 3, 4, 5],
		);
		const order = node.live.queries.order(1, 1);
		assert.ok(order.status === "known" && order.order.closed === undefined, "a used nonce does not overwrite the order that used it");
		assert.deepEqual(node.live.queries.order(2, 1), { status: "unknown", nonceUsed: false });
	});

	it("tells a fill of two makers, what it did to the book, and both sides' fees", async () => {
		const { node, events } = await openMarket();
		await node.submit([
			now(place({ account: 1, series: CALL, nonce: 1, side: 1, price: 1500, size: 5 })),
			now(place({ account: 2, series: CALL, nonce: 1, side: 1, price: 1510, size: 5 })),
		]);
		plain(events);
		const [taken] = await node.submit([now(place({ account: 3, series: CALL, nonce: 1, price: 1520, size: 12 }), 2)]);
		assert.deepEqual(
			{ ...taken, sequence: 0 },
			{
				sequence: 0,
				time: START + 2,
				kind: 1,
				account: 3,
				order: 1,
				result: Result.Ok,
				final: Result.Rested,
				filled: 10,
				filledValue: 1500 * 5 + 1510 * 5,
				remaining: 2,
				items: [],
			},
		);
		// 0.03 % and 0.01 % of $4,000 x 0.05.
		const fees = { takerFee: 60_000, makerFee: 20_000 };
		const trade = { type: "Traded", series: CALL, takerSide: 0, taker: 3, takerOrder: 1, size: 5, makerOrder: 1, ...fees };
		assert.deepEqual(plain(events), [
			{ type: "OrderPlaced", account: 3, order: 1, series: CALL, side: 0, price: 1520, size: 12 },
			{ ...trade, trade: 1, price: 1500, maker: 1 },
			{ type: "OrderClosed", account: 1, order: 1, series: CALL, side: 1, remaining: 0, reason: "Filled" },
			{ ...trade, trade: 2, price: 1510, maker: 2 },
			{ type: "OrderClosed", account: 2, order: 1, series: CALL, side: 1, remaining: 0, reason: "Filled" },
			{ type: "OrderRested", account: 3, order: 1, series: CALL, side: 0, price: 1520, remaining: 2 },
			{ type: "BookChanged", series: CALL, side: 1, price: 1500, size: 0 },
			{ type: "BookChanged", series: CALL, side: 1, price: 1510, size: 0 },
			{ type: "BookChanged", series: CALL, side: 0, price: 1520, size: 2 },
		]);
		assert.deepEqual(node.live.queries.book(CALL, 10), { bids: [{ price: 1520, size: 2 }], asks: [] });
		const order = node.live.queries.order(3, 1);
		assert.ok(order.status === "known" && order.order.remaining === 2 && order.order.filledValue === 1500 * 5 + 1510 * 5);
		assert.deepEqual(
			node.live.queries.lastTrades(CALL, 5).map(({ trade, price }) => [trade, price]),
			[
				[2, 1510],
				[1, 1500],
			],
		);
		const account = node.live.queries.account(3);
		assert.deepEqual(
			account?.positions.map(({ series, size }) => [series, size]),
			[[CALL, 10]],
		);
		assert.equal(account?.cash, DEPOSIT - (1500 + 1510) * 5 * 1000 - 120_000);
		assert.ok(account && account.equity > account.initialMargin && account.maintenanceMargin > 0 && account.oldestPriceTime === START);
		assert.deepEqual(
			account.openOrders.map(({ order: nonce }) => nonce),
			[1],
		);
	});

	it("tells what became of every item of a basket, and of the orders that they placed", async () => {
		const { node, events } = await openMarket();
		await node.submit([now(place({ account: 2, series: CALL, nonce: 1, side: 1, price: 1500, size: 4 }))]);
		plain(events);
		const none = { series: CALL, timeInForce: 0, flags: 0, expiresAt: 0, label: 0, order: 0 };
		const items = [
			{ ...none, kind: 1, side: 0, price: 1500, size: 6 },
			{ ...none, kind: 1, side: 1, price: 1600, size: 3, label: 9 },
			{ ...none, kind: 2, side: 1, price: 0, size: 0, order: 12 },
			{ ...none, kind: 2, side: 1, price: 0, size: 0, order: 12 },
		];
		const [taken, after] = await node.submit([now(basket(1, 10, items)), now(place({ account: 1, series: CALL, nonce: 20, price: 1400 }))]);
		assert.equal(taken?.order, 10);
		assert.deepEqual(
			taken?.items.map(({ kind, order, result, final, filled, remaining }) => [
				kind,
				order,
				nameOf(result),
				nameOf(final),
				filled,
				remaining,
			]),
			[
				[1, 11, "Ok", "Rested", 4, 2],
				[1, 12, "Rested", "Rested", 0, 3],
				[2, 12, "Ok", "Ok", 0, 3],
				[2, 12, "OrderNotFound", "OrderNotFound", 0, 0],
			],
		);
		assert.deepEqual([after?.sequence, after?.result, after?.items], [(taken?.sequence ?? 0) + 1, Result.Rested, []]);
		assert.deepEqual(
			events.map(({ type }) => type).filter((type) => type !== "BookChanged"),
			[
				...["OrderPlaced", "Traded", "OrderClosed", "OrderRested"],
				...["OrderPlaced", "OrderRested", "OrderClosed", "MessageRefused"],
				...["OrderPlaced", "OrderRested"],
			],
		);
		const answer = node.live.queries.order(1, 12);
		assert.ok(answer.status === "known" && answer.order.closed === "Cancelled" && answer.order.label === 9);
	});

	it("tells every way in which an order ends", async () => {
		const { node, events } = await openMarket();
		const ends = async (...messages: { payload: Uint8Array; delay: number }[]): Promise<unknown[]> => {
			events.length = 0;
			await node.submit(messages);
			return events.flatMap((event) => (event.type === "OrderClosed" ? [[event.account, event.order, event.reason, event.remaining]] : []));
		};
		assert.deepEqual(await ends(now(place({ account: 1, series: CALL, nonce: 1, timeInForce: 1 }))), [[1, 1, "Dropped", 10]]);
		assert.deepEqual(
			await ends(now(place({ account: 1, series: CALL, nonce: 2 })), now(cancel({ account: 1, series: CALL, side: 0, order: 2 }))),
			[[1, 2, "Cancelled", 10]],
		);
		assert.deepEqual(
			await ends(
				now(place({ account: 1, series: CALL, nonce: 3 })),
				now(place({ account: 1, series: OTHER, nonce: 4 })),
				now(cancelAll(1, 5)),
			),
			[
				[1, 3, "CancelledAll", 10],
				[1, 4, "CancelledAll", 10],
			],
		);
		assert.deepEqual(node.live.queries.book(CALL, 5), { bids: [], asks: [] });
		// The dead orders still lie in the book; a taker that meets one closes nothing a second time.
		assert.deepEqual(await ends(now(place({ account: 2, series: CALL, nonce: 1, side: 1, price: 1390, size: 1, timeInForce: 1 }))), [
			[2, 1, "Dropped", 1],
		]);
		assert.deepEqual(
			await ends(
				now(place({ account: 1, series: CALL, nonce: 6, expiresAt: START + 5 })),
				now(place({ account: 2, series: CALL, nonce: 2, side: 1, price: 1390, timeInForce: 1 }), 6),
			),
			[
				[1, 6, "Expired", 10],
				[2, 2, "Dropped", 10],
			],
		);
		assert.deepEqual(
			await ends(
				now(place({ account: 1, series: CALL, nonce: 7 })),
				now(place({ account: 1, series: CALL, nonce: 8, side: 1, price: 1390, timeInForce: 1 })),
			),
			[
				[1, 7, "SelfTradePrevented", 10],
				[1, 8, "Dropped", 10],
			],
		);
		const flood = Array.from({ length: 65 }, (_, i) => now(place({ account: 4, series: OTHER, nonce: 1 + i, price: 10 + i, size: 1 })));
		// One place of the side is held by an order that died with its epoch: nobody met it, so it lies there still.
		assert.deepEqual(await ends(...flood), [
			[4, 1, "Displaced", 1],
			[4, 2, "Displaced", 1],
		]);
	});

	it("knows that time alone ends an order", async () => {
		const { node } = await openMarket();
		await node.submit([now(place({ account: 1, series: CALL, nonce: 1, expiresAt: START + 5 }))]);
		assert.deepEqual(node.live.queries.book(CALL, 5)?.bids, [{ price: 1400, size: 10 }]);
		await node.submit([now(report(0, START + 5, INDEX), 5)]);
		assert.deepEqual(node.live.queries.book(CALL, 5)?.bids, []);
		const answer = node.live.queries.order(1, 1);
		assert.ok(answer.status === "known" && answer.order.closed === "Expired");
		assert.deepEqual(node.live.queries.account(1)?.openOrders, []);
	});

	it("tells withdrawals, prices, settlements and what they did", async () => {
		const { node, events } = await openMarket();
		await node.submit([
			now(place({ account: 1, series: CALL, nonce: 1, side: 1, price: 1500, size: 100 })),
			now(place({ account: 2, series: CALL, nonce: 1, price: 1500, size: 100 })),
			now(place({ account: 3, series: CALL, nonce: 1, price: 1400, size: 1 })),
			now(withdraw(4, 1_000_000, 1)),
		]);
		assert.deepEqual(plain(events).at(-1), { type: "Withdrawn", account: 4, recipient: ownerOf(4).address, amount: 1_000_000, index: 0 });
		const expiry = Series.expiryTimeOf(20_462);
		let clock = node.live.clock;
		// One report a minute through the window of every day: the gap rule knows no day without an expiry.
		for (let day = 20_455; day <= 20_462; day++) {
			for (let time = Series.expiryTimeOf(day) - 1800; time <= Series.expiryTimeOf(day); time += 60) {
				const days = time < expiry ? undefined : [20_490];
				const [reported] = await node.submit([now(report(0, time, INDEX + 100_000_000, days), time - clock)]);
				assert.equal(reported?.result, Result.Ok);
				clock = time;
			}
		}
		const settled = plain(events);
		assert.deepEqual(
			settled.filter((event) => (event as Event).type === "ExpirySettled"),
			[{ type: "ExpirySettled", underlying: 0, day: 20_462, settlementPrice: INDEX + 100_000_000 }],
		);
		assert.deepEqual(
			settled.filter((event) => (event as Event).type === "OrderClosed"),
			[{ type: "OrderClosed", account: 3, order: 1, series: CALL, side: 0, remaining: 1, reason: "Expired" }],
		);
		const cash = node.live.queries.account(2)?.cash as number;
		await node.submit([now(Uint8Array.of(6, 0, 0, 2))]);
		assert.deepEqual(plain(events), [{ type: "AccountSettled", account: 2, amount: 200_000_000 }]);
		assert.equal(node.live.queries.account(2)?.cash, cash + 200_000_000);
		assert.equal(node.live.queries.expiry(0, 20_462)?.settlementPrice, INDEX + 100_000_000);
	});

	it("gives instruments and tickers with greeks", async () => {
		const { node } = await openMarket();
		const { queries } = node.live;
		assert.deepEqual(
			queries.instruments().map(({ series }) => series),
			// Every expiry has its dated future.
			[...SERIES, Series.make(0, 20_462, Series.FUTURE, 0), Series.make(0, 20_490, Series.FUTURE, 0)].sort((a, b) => a - b),
		);
		assert.deepEqual(queries.expiries(0), [20_462, 20_490]);
		assert.deepEqual(queries.expiries(1), []);
		assert.equal(queries.ticker(Series.make(0, 20_462, 0, 12_250)), undefined);
		const at = Series.make(0, 20_490, Series.CALL, 40_000);
		const [call, put] = [queries.ticker(at), queries.ticker(at + 2 ** 30)];
		assert.ok(call?.greeks && put?.greeks && call.mark !== undefined && put.mark !== undefined);
		// Put-call parity at the money, and the greeks of a straddle.
		assert.ok(Math.abs(call.mark - put.mark) <= 2);
		assert.ok(Math.abs(call.greeks.delta - put.greeks.delta - 1) < 1e-9);
		assert.ok(call.greeks.delta > 0.5 && call.greeks.delta < 0.6 && call.greeks.gamma > 0 && call.greeks.vega > 0 && call.greeks.theta < 0);
		const years = (Series.expiryTimeOf(20_490) - START) / 31_536_000;
		const { volatility, vega } = call.greeks;
		assert.ok(volatility > 0.6 && volatility < 0.65);
		// At the money the undiscounted value is nearly 0.4 F sigma sqrt(T), and vega its slope.
		assert.ok(Math.abs(call.mark / 1e6 / (0.39894 * 4000 * volatility * Math.sqrt(years)) - 1) < 0.02);
		assert.ok(Math.abs(vega / (call.mark / 1e6 / volatility / 100) - 1) < 0.02);
	});
});

describe("given a live executor that was closed or killed", () => {
	it("resumes with the same state, statuses, trades and positions", async () => {
		const store = new MemoryStore();
		const { node } = await openMarket(store);
		const program = new Program(11, START);
		for (let bundle = 0; bundle < 14; bundle++) {
			const messages = Array.from({ length: 20 }, () => program.next()).filter(({ payload }) => payload.length > 1);
			await node.submit(messages);
		}
		const root1 = node.live.stateRoot();
		const asked = Array.from({ length: 8 }, (_, i) =>
			Array.from({ length: 40 }, (_, nonce) => node.live.queries.order(i + 1, nonce)),
		).flat();
		const accounts = node.live.queries.accounts().map((index) => node.live.queries.account(index));
		const trades = SERIES.map((series) => node.live.queries.lastTrades(series, 20));
		const books = SERIES.map((series) => node.live.queries.book(series, 64));
		const compareWith = (live: LiveExecutor): void => {
			assert.deepEqual(live.stateRoot(), root1);
			assert.deepEqual(
				Array.from({ length: 8 }, (_, i) => Array.from({ length: 40 }, (_, nonce) => live.queries.order(i + 1, nonce))).flat(),
				asked,
			);
			const byNonce = (all: typeof accounts): object[] =>
				all.map((account) => ({ ...account, openOrders: [...(account?.openOrders ?? [])].sort((a, b) => a.order - b.order) }));
			assert.deepEqual(byNonce(live.queries.accounts().map((index) => live.queries.account(index))), byNonce(accounts));
			assert.deepEqual(
				SERIES.map((series) => live.queries.lastTrades(series, 20)),
				trades,
			);
			assert.deepEqual(
				SERIES.map((series) => live.queries.book(series, 64)),
				books,
			);
		};
		assert.ok(asked.some((answer) => answer.status === "known" && answer.order.closed === "Filled"));
		// Without closing: what the last checkpoint holds, then the bundles after it.
		const killed = await LiveNode.open(store, node.stream, node.chain);
		assert.ok(killed.live.height < node.live.height && killed.live.height > 0);
		await killed.follow();
		compareWith(killed.live);
		await killed.live.close();
		const closed = await LiveNode.open(store, node.stream, node.chain);
		assert.equal(closed.live.height, node.live.height);
		compareWith(closed.live);
	});

	it("stops with the store's own sentence when it cannot save", async () => {
		const store = new MemoryStore();
		const { node } = await openMarket(store);
		store.commit = () => Promise.reject(new Error("the disk is full"));
		for (let nonce = 1; nonce < 4; nonce++) await node.submit([now(place({ account: 1, series: CALL, nonce }))]);
		await new Promise((resolve) => setImmediate(resolve));
		await assert.rejects(node.submit([now(place({ account: 1, series: CALL, nonce: 9 }))]), /the disk is full/);
	});

	it("loses nothing it acknowledged and repeats nothing, killed at any moment", async () => {
		const directory = join(root, "killed");
		const script = fileURLToPath(new URL("./liveProcess.ts", import.meta.url));
		const acknowledged = new Map<number, string>();
		for (let round = 0; round < 5; round++) {
			const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
			let output = "";
			child.stdout.on("data", (chunk) => {
				output += String(chunk);
			});
			await once(child.stdout, "data");
			await new Promise((resolve) => setTimeout(resolve, 60 + 41 * round));
			child.kill("SIGKILL");
			await once(child, "close");
			for (const line of output.split("\n").slice(1, -1)) {
				const [height, ...rest] = line.split(" ");
				assert.ok(!acknowledged.has(Number(height)), `height ${height} is acknowledged once`);
				acknowledged.set(Number(height), rest.join(" "));
			}
		}
		assert.ok(acknowledged.size > 0);
		// The log, executed from genesis by a process that never died, gives every acknowledged result and root.
		const store = new MemoryStore();
		const signer = { address: "0x", sign: async (digest: Uint8Array) => digest };
		const orderer = await LocalOrderer.open({
			directory: join(directory, "log"),
			genesis: "test",
			store,
			signer,
			batchDigest: (_, content) => Keccak.hash(content),
		});
		const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS) });
		const chain = fixedChain(1);
		for (const bundle of await orderer.read(1, orderer.height)) {
			const results = live.apply(bundle, await chain.messages(live.l1Index, live.l1Index + live.takes(bundle)));
			const expected = acknowledged.get(bundle.height);
			if (expected !== undefined) assert.equal(`${results.map(({ final }) => final).join(",")} ${Bytes.toHex(live.stateRoot())}`, expected);
			acknowledged.delete(bundle.height);
		}
		assert.equal(acknowledged.size, 0, "every acknowledged bundle is in the log");
		await orderer.close();
		const resumed = await openStore({ directory: join(directory, "store"), genesis: "test" });
		assert.ok((await LiveExecutor.open({ store: resumed, genesis: Genesis.cells(GENESIS) })).height <= live.height);
		await resumed.close();
	});
});
