import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { compare } from "../../src/executor/compare.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Result } from "../../src/machine/Result.ts";
import { DEPOSIT as DEPOSIT_KIND, FORCED } from "../../src/machine/types/Machine.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { LiveNode, Stream } from "./liveNode.ts";
import { MemoryChain } from "./memoryChain.ts";
import { DEPOSIT, GENESIS, Program, START, TAKE, TRADERS, deposit, opening, ownerOf, place, randomOf, SERIES, withdraw } from "./world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-executor-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

async function derivedOn(chain: MemoryChain, snapshotSteps = 200): Promise<DerivedExecutor> {
	return DerivedExecutor.open({
		store: new MemoryStore(),
		leafFile: join(root, `leaves-${made++}`),
		inbox: chain,
		genesis: Genesis.cells(GENESIS),
		snapshotSteps,
	});
}

/** A node whose market is open: deposits made and taken, series listed and priced. */
async function openMarket(): Promise<LiveNode> {
	const chain = new MemoryChain();
	for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
	const node = await LiveNode.open(new MemoryStore(), new Stream(), chain);
	const results = await node.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
	assert.ok(results.every(({ result }) => result === Result.Ok));
	return node;
}

for (const seed of [1, 2, 3, 4]) {
	describe(`given a random program of seed ${seed}, cut into bundles and batches at random places`, () => {
		it("live execution and L1 agree on the root at the end of every batch", async () => {
			const random = randomOf(1000 + seed);
			const node = await openMarket();
			const derived = await derivedOn(node.chain);
			const program = new Program(seed, START);
			const seen = new Map<Result, number>();
			let posted = 0;
			let compared = 0;
			for (let bundle = 0; bundle < 60; bundle++) {
				if (random() < 0.2) {
					const account = 1 + Math.floor(random() * TRADERS.length);
					if (random() < 0.5) node.chain.send(DEPOSIT_KIND, deposit(account, 1_000_000), program.clock);
					else
						node.chain.send(
							FORCED,
							withdraw(account, 5_000, 100_000 + bundle),
							program.clock,
							random() < 0.5 ? ownerOf(account).address : undefined,
						);
				}
				const messages = Array.from({ length: 1 + Math.floor(random() * 30) }, () => program.next());
				// An honest sequencer takes what it has seen, no more.
				let waiting = (await node.chain.messageCount()) - node.live.l1Index;
				const honest = messages.filter(({ payload }) => payload.length > 1 || payload[0] !== 0 || waiting-- > 0);
				if (honest.length === 0) continue;
				for (const { result, final } of await node.submit(honest)) {
					seen.set(result, (seen.get(result) ?? 0) + 1);
					if (final !== result) seen.set(final, (seen.get(final) ?? 0) + 1);
				}
				if (random() < 0.3) posted = await node.post(posted, 2000 + Math.floor(random() * 60_000));
				if (random() < 0.3) {
					await derived.sync();
					const verdict = compare(node.live, derived);
					assert.equal(verdict.verdict, "agree");
					compared += 1;
				}
			}
			for (let before = -1; before !== posted;) {
				await derived.sync();
				assert.equal(compare(node.live, derived).verdict, "agree");
				before = posted;
				posted = await node.post(posted, 120_000);
			}
			assert.equal(posted, node.live.streamEnd);
			assert.deepEqual(derived.batch(derived.batchCount - 1)?.stateRoot, node.live.stateRoot());
			assert.ok(compared > 3);
			for (const result of [
				Result.Ok,
				Result.Rested,
				Result.Dropped,
				Result.Completed,
				Result.WouldCross,
				Result.BadSignature,
				Result.NonceUsed,
				Result.OrderNotFound,
			]) {
				assert.ok((seen.get(result) ?? 0) > 0, `the program meets result ${result}`);
			}
			await derived.close();
		});
	});
}

describe("given batches of an operator who posts junk and bends time", () => {
	it("derives every one of them to its end, and never throws", async () => {
		const random = randomOf(77);
		const node = await openMarket();
		const derived = await derivedOn(node.chain, 64);
		const program = new Program(9, START);
		let time = START;
		for (let batch = 0; batch < 25; batch++) {
			if (random() < 0.5)
				node.chain.send(
					random() < 0.5 ? DEPOSIT_KIND : FORCED,
					Uint8Array.from({ length: Math.floor(random() * 90) }, () => random() * 256),
					time,
				);
			const parts = Array.from({ length: Math.floor(random() * 12) }, () => {
				if (random() < 0.3) return Uint8Array.from({ length: Math.floor(random() * 200) }, () => random() * 256);
				const { payload, delay } = program.next();
				return Bytes.concat(Uint8Array.of((payload.length % 128) | 128, payload.length >> 7, delay), payload);
			});
			const end = time + Math.floor(random() * 100);
			node.chain.post(Bytes.concat(...parts), time, end, await node.chain.messageCount());
			time = end;
		}
		const report = await derived.sync();
		assert.equal(report.batchCount, 25);
		assert.ok(derived.stepCount > 100);
		await derived.close();
	});
});

describe("given a batch that L1 forced between what was posted and what was not", () => {
	it("is no disagreement: the live state is rebased, and agrees from there on", async () => {
		const node = await openMarket();
		const derived = await derivedOn(node.chain);
		let posted = await node.post(0, 120_000);
		await derived.sync();
		assert.equal(compare(node.live, derived).verdict, "agree");
		// Not posted: two orders that trade, around a take of the deposit that L1 will have forced by then.
		const series = SERIES[0];
		node.chain.send(DEPOSIT_KIND, deposit(1, 7_000_000), START);
		const [placed, , crossed] = await node.submit([
			{ payload: place({ account: 1, series, nonce: 500, side: 0, price: 1500, size: 5 }), delay: 1 },
			{ payload: TAKE, delay: 0 },
			{ payload: place({ account: 2, series, nonce: 500, side: 1, price: 1500, size: 5 }), delay: 1 },
		]);
		assert.equal(placed?.result, Result.Rested);
		assert.equal(crossed?.final, Result.Completed);
		node.chain.send(FORCED, withdraw(1, 1_000_000, 501), START, ownerOf(1).address);
		node.chain.forceInclude(await node.chain.messageCount());
		assert.equal(await node.post(posted, 120_000), posted, "nothing is posted on a state that L1 has left");
		await derived.sync();
		const verdict = compare(node.live, derived);
		assert.equal(verdict.verdict, "rebase");
		const before = node.live.stateRoot();
		const snapshot = derived.snapshot();
		assert.ok(snapshot);
		const events: string[] = [];
		node.live.onEvents((all) => events.push(...all.map(({ type }) => type)));
		await node.live.rebase(snapshot, node.stream.bundles.length, await node.chain.messageCount(), START + 10);
		assert.equal(node.live.queries.order(1, 500).status, "known");
		const [, taken, again] = await node.follow();
		assert.deepEqual(events.slice(0, 1), ["Rebased"]);
		assert.equal(taken?.result, Result.UnknownKind, "the deposit was taken by the forced batch already");
		assert.equal(again?.final, Result.Completed);
		const order = node.live.queries.order(2, 500);
		assert.ok(order.status === "known" && order.order.closed === "Filled" && order.order.filledValue === 7500);
		assert.equal(node.live.queries.lastTrades(series, 10).length, 1);
		assert.notDeepEqual(node.live.stateRoot(), before);
		// A take that found nothing and one that finds something may not share a batch.
		node.chain.send(DEPOSIT_KIND, deposit(2, 9_000_000), START);
		await node.submit([{ payload: TAKE, delay: 0 }]);
		const forced = await node.chain.batchCount();
		for (let last = -1; last !== posted;) {
			last = posted;
			posted = await node.post(posted, 120_000);
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "agree");
		}
		assert.equal((await node.chain.batchCount()) - forced, 2);
		assert.equal(posted, node.live.streamEnd);
		assert.deepEqual(derived.batch(derived.batchCount - 1)?.stateRoot, node.live.stateRoot());
		await derived.close();
	});
});

describe("given a live state that L1 contradicts", () => {
	it("says disagree, and unknown while L1 is not read that far", async () => {
		const node = await openMarket();
		const derived = await derivedOn(node.chain);
		assert.equal(compare(node.live, derived).verdict, "agree", "nothing is posted, so nothing can differ");
		await node.submit([{ payload: place({ account: 1, series: SERIES[0], nonce: 700, expiresAt: START + 30 }), delay: 0 }]);
		node.live.stateRoot();
		// A batcher that lies about time: by its minTime the order has expired before it is placed.
		node.chain.post(node.stream.content(1, 2), START + 60, START + 60, node.live.l1Index);
		assert.equal(compare(node.live, derived).verdict, "agree", "the batch is not read yet");
		await derived.sync();
		const verdict = compare(node.live, derived);
		assert.equal(verdict.verdict, "disagree");
		assert.match(verdict.reason, /batch 0/);
		await derived.close();
	});

	it("says unknown when the live executor is behind L1", async () => {
		const node = await openMarket();
		await node.post(0, 120_000);
		const behind = await LiveNode.open(new MemoryStore(), node.stream, node.chain);
		const derived = await derivedOn(node.chain);
		await derived.sync();
		assert.equal(compare(behind.live, derived).verdict, "unknown");
		await behind.follow();
		behind.live.stateRoot();
		assert.equal(compare(behind.live, derived).verdict, "agree");
		await derived.close();
	});
});
