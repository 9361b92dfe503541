// The time that a sequencer may leave L1 messages lying, against a model, and its bound over any span of time.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TypedDataEncoder, ZeroAddress, getBytes, parseEther } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import * as Certificate from "../../src/chain/Certificate.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { Random } from "../../src/market/Random.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, NO_BLOBS, refuses, send } from "../chain/l1.ts";

const SEED = Number(process.env.STRIKEPROOF_SEED ?? 5);
const [LONGEST, LATE_AFTER, REPLENISH] = [300, 60, 10];
const FULL = LONGEST - LATE_AFTER;

describe("given a sequencer that may be late for four minutes in all, and wins a second back in ten", () => {
	let l1: L1;
	let inbox: Contract;
	let sequencerInbox: Contract;
	let batcher: HDNodeWallet;
	let stranger: HDNodeWallet;
	let domain: Uint8Array;
	let snapshot: string;

	before(async () => {
		l1 = await L1.start();
		[batcher, stranger] = await Promise.all([1, 2].map((place) => l1.wallet(place)));
		inbox = await l1.deploy("Inbox", [ZeroAddress]);
		const registry = await l1.deploy("StakeRegistry", [ZeroAddress, ZeroAddress, 1000, 100, [batcher.address], []], parseEther("1"));
		const delays = [LONGEST, LATE_AFTER, REPLENISH];
		sequencerInbox = await l1.deploy("SequencerInbox", [await inbox.getAddress(), await registry.getAddress(), ...delays]);
		const verifyingContract = await sequencerInbox.getAddress();
		domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
		snapshot = await l1.chain.snapshot();
	});
	after(() => l1.close());

	const afresh = async (): Promise<void> => {
		await l1.chain.revert(snapshot);
		snapshot = await l1.chain.snapshot();
	};
	const read = async (method: string, ...args: unknown[]): Promise<number> => Number(await sequencerInbox.getFunction(method)(...args));
	const deliver = (): Promise<unknown> => send(inbox, stranger, "force", ["0x01"]);
	const force = (l1End: number): Promise<unknown> => send(sequencerInbox, stranger, "forceInclude", [l1End]);
	/** The sequencer's batch without content of its own. */
	async function serve(l1End: number): Promise<void> {
		const index = await read("batchCount");
		const previousAccumulator = getBytes((await sequencerInbox.getFunction("batchAccumulator")(index)) as string);
		const time = await read("lastMaxTime");
		const content = new Uint8Array(0);
		const vote = {
			index,
			previousAccumulator,
			contentHash: Blob.contentHash(Keccak.hash(content), content.length, NO_BLOBS),
			minTime: time,
			maxTime: time,
			l1End,
		};
		const signature = await new KeySigner(batcher.privateKey).sign(Checkpoint.batchDigest(domain, vote));
		await send(sequencerInbox, batcher, "postBatch", [index, time, time, l1End, content, NO_BLOBS, Certificate.pack([signature])]);
	}

	it("refuses a delay below what is late, no way back, and units that its slot could not hold", async () => {
		const addresses = [ZeroAddress, ZeroAddress];
		for (const delays of [
			[59, 60, 10],
			[300, 60, 0],
			[300, 60, 201],
		]) {
			const deployment = l1.deploy("SequencerInbox", [...addresses, ...delays]);
			await refuses(deployment, sequencerInbox.interface, "BadDelays", delays.map(BigInt));
		}
		const largest = await l1.deploy("SequencerInbox", [await inbox.getAddress(), ZeroAddress, 2 ** 32 - 1, 0, 200]);
		assert.equal(Number(await largest.getFunction("forceDelaySeconds")()), 2 ** 32 - 1);
	});

	it("waits the whole delay at first, then no longer than what is left, and no longer than until it is late in the end", async () => {
		await afresh();
		await deliver();
		const first = await l1.now();
		assert.equal(await read("forceAllowedAt", 1), first + LONGEST);
		// Late by 100 s: 140 are left, for the next message too.
		await l1.at(first + LATE_AFTER + 100);
		await serve(1);
		assert.equal(await read("forceDelaySeconds"), LONGEST - 100);
		await deliver();
		const second = await l1.now();
		assert.equal(await read("forceAllowedAt", 2), second + LONGEST - 100 + Math.floor((LATE_AFTER + 1) / REPLENISH));
		await l1.at(await read("forceAllowedAt", 2));
		await force(2);
		assert.ok((await read("forceDelaySeconds")) === LATE_AFTER, "nothing is left");
		await deliver();
		assert.equal(await read("forceAllowedAt", 3), (await l1.now()) + LATE_AFTER + Math.floor((LATE_AFTER + 1) / REPLENISH));
	});

	it("includes by force what is late when the budget is used up, and not what came a moment ago behind it", async () => {
		await afresh();
		await deliver();
		const oldest = await l1.now();
		await l1.at(oldest + LONGEST - 30);
		await deliver();
		assert.equal(await read("forceAllowedAt", 1), oldest + LONGEST);
		const [newest, allowedAt] = [oldest + LONGEST - 30, await read("forceAllowedAt", 2)];
		assert.equal(allowedAt, newest + LATE_AFTER);
		await l1.at(oldest + LONGEST);
		await refuses(force(2), sequencerInbox.interface, "TooEarlyToForce", [BigInt(newest), BigInt(allowedAt)]);
		await force(1);
	});

	it("wins back what it was late, a second in ten, however often it is looked at, and never more than there was", async () => {
		await afresh();
		await deliver();
		await l1.at((await l1.now()) + LONGEST);
		await force(1);
		const emptyAt = await l1.now();
		// Batches in quick succession, each with a message: what is short of a second is not lost.
		for (let i = 0; i < 25; i++) {
			await l1.at(emptyAt + 6 * i + 3);
			await deliver();
			await l1.at(emptyAt + 6 * i + 6);
			await serve(i + 2);
		}
		assert.equal(await read("forceDelaySeconds"), LATE_AFTER + Math.floor((25 * 6) / REPLENISH));
		await l1.at(emptyAt + FULL * REPLENISH - 1);
		await l1.chain.mine(1);
		assert.equal(await read("forceDelaySeconds"), LONGEST - 1);
		await l1.at(emptyAt + 2 * FULL * REPLENISH);
		await l1.chain.mine(1);
		assert.equal(await read("forceDelaySeconds"), LONGEST);
	});

	it("is not charged by batches that take no message", async () => {
		await afresh();
		await deliver();
		const delivered = await l1.now();
		await l1.at(delivered + LATE_AFTER + 50);
		await serve(0);
		await l1.at(delivered + LATE_AFTER + 70);
		await serve(0);
		assert.equal(await read("forceAllowedAt", 1), delivered + LONGEST);
		await l1.at(delivered + LATE_AFTER + 80);
		await serve(1);
		assert.equal(await read("forceDelaySeconds"), LONGEST - 80);
	});

	it(`does what the model does, and is late in no span for longer than its budget and a tenth of the span: seed ${SEED}`, async () => {
		await afresh();
		const random = new Random(SEED);
		let budget = FULL * REPLENISH;
		let budgetAt = await l1.now();
		const arrivals: number[] = [];
		let next = 0;
		const late: [from: number, to: number][] = [];
		const counts = { deliver: 0, serve: 0, force: 0 };
		const lateSince = (): number => Math.max(arrivals[next] + LATE_AFTER, budgetAt);
		const grown = (until: number): number => Math.min(FULL * REPLENISH, budget + until - budgetAt);
		const allowedAt = (l1End: number): number =>
			Math.max(arrivals[l1End - 1] + LATE_AFTER, lateSince() + Math.floor(grown(lateSince()) / REPLENISH));
		const consume = (l1End: number, time: number): void => {
			for (let i = next; i < l1End; i++) assert.ok(time - arrivals[i] <= LONGEST + 2, "nothing waits longer than the longest delay");
			const from = lateSince();
			if (time > from) late.push([from, time]);
			budget = time > from ? Math.max(0, grown(from) - REPLENISH * (time - from)) : grown(time);
			[budgetAt, next] = [time, l1End];
		};
		// Sequencers that are never, sometimes and always late, in turn.
		for (let step = 0; step < 240; step++) {
			const patience = [20, 150, 10_000][Math.floor(step / 80)];
			let time = (await l1.now()) + 1 + random.below(90);
			if (next < arrivals.length) {
				const due = Math.max((await l1.now()) + 1, allowedAt(next + 1));
				assert.equal(await read("forceAllowedAt", next + 1), allowedAt(next + 1));
				assert.equal(await read("forceAllowedAt", arrivals.length), allowedAt(arrivals.length));
				const served = Math.max((await l1.now()) + 1, arrivals[next] + random.below(patience));
				if (Math.min(due, served) <= time) {
					time = Math.min(due, served);
					const l1End = next + 1 + random.below(arrivals.length - next);
					if (served < due) {
						await l1.at(time);
						await serve(l1End);
						counts.serve += 1;
						consume(l1End, time);
					} else {
						await l1.at(time);
						await force(next + 1);
						counts.force += 1;
						consume(next + 1, time);
					}
					continue;
				}
			}
			await l1.at(time);
			await deliver();
			counts.deliver += 1;
			arrivals.push(time);
		}
		assert.ok(
			Object.values(counts).every((count) => count > 5),
			JSON.stringify(counts),
		);
		for (const [from] of late) {
			for (const [, to] of late) {
				const within = late.filter(([begin, end]) => begin >= from && end <= to);
				const sum = within.reduce((total, [begin, end]) => total + end - begin, 0);
				// A block may come a second after the one in which it could have been forced.
				assert.ok(sum <= FULL + Math.max(0, to - from) / REPLENISH + within.length, `${sum} s late between ${from} and ${to}`);
			}
		}
	});
});
