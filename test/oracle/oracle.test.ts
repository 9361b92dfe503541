import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { MAX_PRICE, MAX_REPORT_GAP_SECONDS, MAX_UNDERLYINGS, lotsPerUnit } from "../../src/machine/Constants.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import { L1, START, eventOf, refuses, send } from "../chain/l1.ts";

const DOMAIN = keccak256(toUtf8Bytes("a domain"));
/** Lots of one unit of the first underlying. */
const LOTS = BigInt(lotsPerUnit(0));
/** 07:30 and 08:00 of the chain's first day. */
const DAY = START / 86_400;
const WINDOW_START = DAY * 86_400 + 7.5 * 3600;
const DAY_SECONDS = 86_400;
const EXPIRY = DAY * 86_400 + 8 * 3600;

describe("given an oracle with a quorum of two of three reporters", () => {
	let l1: L1;
	let oracle: Contract;
	let keeper: HDNodeWallet;
	let reporters: KeySigner[];
	let stranger: KeySigner;

	before(async () => {
		l1 = await L1.start();
		keeper = await l1.wallet(1);
		reporters = (await Promise.all([11, 12, 13].map((place) => l1.wallet(place)))).map(({ privateKey }) => new KeySigner(privateKey));
		stranger = new KeySigner(keeper.privateKey);
		oracle = await l1.deploy("PriceOracle", [DOMAIN, reporters.map(({ address }) => address), 2]);
	});
	after(() => l1.close());

	async function payloadOf(change: Partial<Messages.Report> = {}, signers = reporters.slice(0, 2)): Promise<Uint8Array> {
		const unsigned: Messages.Report = {
			underlying: 0,
			time: START,
			indexPrice: 2_000_000_000,
			confidence: 100,
			surfaces: [],
			surfaceBytes: Encoding.surfaces([]),
			signers: 0b011,
			signatures: [],
			...change,
		};
		const digest = Messages.reportDigest(getBytes(DOMAIN), unsigned);
		return Encoding.report({ ...unsigned, signatures: await Promise.all(signers.map((signer) => signer.sign(digest))) });
	}
	const fixHeld = (underlying: number, day: number): ReturnType<typeof send> => send(oracle, keeper, "fixHeld", [underlying, day]);
	const report = (payload: Uint8Array): ReturnType<typeof send> => send(oracle, keeper, "report", [hexlify(payload)]);
	const eventsOf = ({ logs }: Awaited<ReturnType<typeof send>>): (string | undefined)[] =>
		logs.map((log) => oracle.interface.parseLog(log)?.name);

	it("refuses bytes that are no report", async () => {
		const good = await payloadOf();
		for (const bad of [new Uint8Array(0), Uint8Array.of(0xff), good.subarray(0, -1), Uint8Array.of(...good, 0)]) {
			await refuses(report(bad), oracle.interface, "MalformedReport");
		}
	});

	it("refuses an underlying that there is not", async () => {
		for (const underlying of [MAX_UNDERLYINGS, 15])
			await refuses(report(await payloadOf({ underlying })), oracle.interface, "UnknownUnderlying", [BigInt(underlying)]);
	});

	it("refuses one signature where two are needed", async () => {
		await refuses(report(await payloadOf({ signers: 0b100 }, [reporters[2]])), oracle.interface, "NoQuorum", [1n, 2n]);
	});

	it("refuses a stranger, a reporter in another's place, and a place that nobody has", async () => {
		await refuses(report(await payloadOf({}, [reporters[0], stranger])), oracle.interface, "NotAReporter", [1n]);
		await refuses(report(await payloadOf({}, [reporters[1], reporters[0]])), oracle.interface, "NotAReporter", [0n]);
		await refuses(report(await payloadOf({ signers: 0b1001 }, [reporters[0], stranger])), oracle.interface, "NotAReporter", [3n]);
	});

	it("refuses a price that no reporter signed", async () => {
		const forged = await payloadOf();
		// The lowest byte of the confidence, which the signatures cover and no bound forbids.
		forged[19] ^= 1;
		await assert.rejects(report(forged));
		assert.equal((await oracle.getFunction("feedOf")(0)).time, 0n);
	});

	it("refuses prices of nothing and beyond bounds, and reports ahead of L1's clock", async () => {
		await refuses(report(await payloadOf({ indexPrice: 0 })), oracle.interface, "UnsoundPrice", [0n]);
		await refuses(report(await payloadOf({ indexPrice: MAX_PRICE })), oracle.interface, "UnsoundPrice", [BigInt(MAX_PRICE)]);
		const time = (await l1.now()) + 10;
		await l1.at(time);
		await refuses(report(await payloadOf({ time: time + 61 })), oracle.interface, "ReportFromFuture", [BigInt(time + 61)]);
	});

	it("refuses a first report inside a settlement window, from its first second on: the window's average would miss its beginning", async () => {
		const snapshot = await l1.chain.snapshot();
		await l1.at(EXPIRY + 1);
		for (const time of [WINDOW_START, WINDOW_START + 1, EXPIRY]) {
			await refuses(report(await payloadOf({ time })), oracle.interface, "ReportLeavesGap", [BigInt(time), 0n]);
		}
		await report(await payloadOf({ time: WINDOW_START - 1 }));
		await l1.chain.revert(snapshot);
	});

	it("takes a report once", async () => {
		await l1.at((await l1.now()) + 10);
		const payload = await payloadOf();
		assert.deepEqual(eventsOf(await report(payload)), ["Reported"], "it ends no window, so it fixes nothing");
		assert.deepEqual((await oracle.getFunction("feedOf")(0)).toObject().indexPrice, 2_000_000_000n);
		await refuses(report(payload), oracle.interface, "StaleReport", [BigInt(START), BigInt(START)]);
	});

	it("refuses to jump over a settlement window", async () => {
		await l1.at(EXPIRY + 1);
		await refuses(report(await payloadOf({ time: EXPIRY + 1 })), oracle.interface, "ReportLeavesGap", [BigInt(EXPIRY + 1), BigInt(START)]);
	});

	it("fixes the settlement price as the time-weighted average of the last half hour, to the nearest micro-USDC per lot", async () => {
		// Prices hold from their report to the next; the first stands before the window and reaches into it.
		const prices: [number, bigint][] = [[WINDOW_START - 7, 2_000_000_000n]];
		for (let time = WINDOW_START + 13, i = 0; time < EXPIRY; time += MAX_REPORT_GAP_SECONDS - (i % 3), i++) {
			prices.push([time, 2_000_000_000n + BigInt(((i * 7919) % 1001) * 1009)]);
		}
		for (const [time, price] of prices) await report(await payloadOf({ time, indexPrice: Number(price) }));
		let sum = 0n;
		for (const [i, [time, price]] of prices.entries()) {
			const from = Math.max(time, WINDOW_START);
			const to = Math.min(prices[i + 1]?.[0] ?? EXPIRY, EXPIRY);
			sum += price * BigInt(to - from);
		}
		const perLot = (2n * sum + 1800n * LOTS) / (2n * 1800n * LOTS);
		assert.equal(await oracle.getFunction("settlementPrice")(0, DAY), 0n, "not before a report passes 08:00");
		const receipt = await report(await payloadOf({ time: EXPIRY + 5, indexPrice: 9_000_000_000 }));
		assert.deepEqual(eventOf(oracle, receipt, "SettlementFixed"), { underlying: 0n, day: BigInt(DAY), price: perLot * LOTS });
		assert.equal(await oracle.getFunction("settlementPrice")(0, DAY), perLot * LOTS);
	});

	it("never changes a price that is fixed", async () => {
		const fixed = await oracle.getFunction("settlementPrice")(0, DAY);
		await report(await payloadOf({ time: EXPIRY + 10, indexPrice: 1 }));
		assert.equal(await oracle.getFunction("settlementPrice")(0, DAY), fixed);
	});

	it("fixes nothing for a day whose end is reported, or that is no day yet, or of an underlying that there is not", async () => {
		await refuses(fixHeld(0, DAY), oracle.interface, "TooEarlyToHold", [BigInt(EXPIRY + DAY_SECONDS)]);
		for (const none of [MAX_UNDERLYINGS, 15]) await refuses(fixHeld(none, DAY), oracle.interface, "UnknownUnderlying", [BigInt(none)]);
		await l1.at(EXPIRY + DAY_SECONDS);
		await refuses(fixHeld(0, DAY), oracle.interface, "NothingToHold", [0n, BigInt(DAY)]);
		await refuses(fixHeld(1, DAY), oracle.interface, "NothingToHold", [1n, BigInt(DAY)]);
	});

	describe("when the reporters fall silent", () => {
		/** Reports of the next day's window, from its first second on: the price grows by its seconds, a thousand micro-USDC each. */
		const NEXT = DAY + 1;
		const [WINDOW, END] = [WINDOW_START + DAY_SECONDS, EXPIRY + DAY_SECONDS];
		const priceAt = (time: number): number => 2_000_000_000 + 1000 * (time - WINDOW);
		const settled = async (day: number): Promise<bigint> => (await oracle.getFunction("settlementPrice")(0, day)) as bigint;
		/** To the nearest micro-USDC per lot. */
		const averaged = (sum: bigint): bigint => ((2n * sum + 1800n * LOTS) / (2n * 1800n * LOTS)) * LOTS;
		let snapshot: string;
		async function upTo(last: number): Promise<void> {
			await l1.at(Math.max(END + 1, (await l1.now()) + 1));
			for (let time = WINDOW; time <= last; time += 60) await report(await payloadOf({ time, indexPrice: priceAt(time) }));
		}
		/** What a window gives in which the last report was of `last`. */
		function heldFrom(last: number): bigint {
			let sum = 0n;
			for (let time = WINDOW; time < last; time += 60) sum += 60n * BigInt(priceAt(time));
			return averaged(sum + BigInt(priceAt(last)) * BigInt(END - last));
		}
		before(async () => {
			snapshot = await l1.chain.snapshot();
		});
		beforeEach(async () => {
			await l1.chain.revert(snapshot);
			snapshot = await l1.chain.snapshot();
		});

		it("rung 1: lets nobody out of a window or over it as long as it may be filled, and fills it late", async () => {
			await upTo(WINDOW + 600);
			await l1.at(END + DAY_SECONDS - 10);
			for (const time of [WINDOW + 661, END + 1, END + 3600])
				await refuses(report(await payloadOf({ time, indexPrice: 1 })), oracle.interface, "ReportLeavesGap", [
					BigInt(time),
					BigInt(WINDOW + 600),
				]);
			for (let time = WINDOW + 660; time <= END; time += 60) await report(await payloadOf({ time, indexPrice: priceAt(time) }));
			assert.equal(await settled(NEXT), heldFrom(END - 60), "the whole average, by reports that came late");
		});

		it("rung 2: holds the last price to the end of a window that broke off, for anybody, a day after the expiry and not before", async () => {
			await upTo(WINDOW + 600);
			await l1.at(END + DAY_SECONDS - 1);
			await refuses(fixHeld(0, NEXT), oracle.interface, "TooEarlyToHold", [BigInt(END + DAY_SECONDS)]);
			await l1.at(END + DAY_SECONDS);
			const fixed = await fixHeld(0, NEXT);
			assert.deepEqual(eventOf(oracle, fixed, "PriceHeld"), { underlying: 0n, day: BigInt(NEXT), reportTime: BigInt(WINDOW + 600) });
			assert.equal(await settled(NEXT), heldFrom(WINDOW + 600));
			await refuses(fixHeld(0, NEXT), oracle.interface, "NothingToHold");
			// The late end of the window changes nothing any more.
			for (let time = WINDOW + 660; time <= END; time += 60) await report(await payloadOf({ time, indexPrice: 1 }));
			assert.equal(await settled(NEXT), heldFrom(WINDOW + 600));
		});

		it("rung 2: holds a price of before the window, if it is of the day before the expiry", async () => {
			await l1.at(END + DAY_SECONDS);
			// The last report was of ten seconds after the day's own expiry.
			assert.equal((await oracle.getFunction("feedOf")(0)).time, BigInt(EXPIRY + 10));
			await fixHeld(0, NEXT);
			assert.equal(await settled(NEXT), LOTS, "one micro-USDC a lot is the least");
			await l1.at(END + 2 * DAY_SECONDS);
			await refuses(fixHeld(0, NEXT + 1), oracle.interface, "NothingToHold", [0n, BigInt(NEXT + 1)]);
		});

		it("rung 2: a report that comes back jumps over what is given up, and fixes it by what was known before", async () => {
			await upTo(WINDOW + 600);
			await l1.at(END + DAY_SECONDS);
			const back = await report(await payloadOf({ time: END + 7200, indexPrice: 1 }));
			assert.equal(eventOf(oracle, back, "SettlementFixed").price, heldFrom(WINDOW + 600));
			assert.equal(await settled(NEXT), heldFrom(WINDOW + 600), "and not by what came back");
		});

		it("never jumps over a window that may still be filled behind one that is given up, and fixes no day that nobody knew", async () => {
			await upTo(WINDOW + 600);
			const late = END + 2 * DAY_SECONDS;
			await l1.at(late + 60);
			// Two windows later, of which the second may be filled for another day.
			await refuses(report(await payloadOf({ time: late + 1, indexPrice: 1 })), oracle.interface, "ReportLeavesGap");
			await report(await payloadOf({ time: END + 3600, indexPrice: 5 }));
			assert.equal(await settled(NEXT), heldFrom(WINDOW + 600));
			await l1.at(late + DAY_SECONDS);
			// Into the middle of a window, whose average nobody can tell then.
			await report(await payloadOf({ time: late - 900, indexPrice: 7 }));
			assert.equal(await settled(NEXT + 1), LOTS, "what was known an hour after the day before");
			const back = await report(await payloadOf({ time: late + 5, indexPrice: 9 }));
			assert.deepEqual(eventsOf(back), ["Reported"], "nobody knows how its window began");
			assert.equal(await settled(NEXT + 2), 0n);
		});

		it("takes no first report inside a window, however old", async () => {
			await l1.at(END + 3 * DAY_SECONDS);
			const time = END - 60;
			const first = report(await payloadOf({ underlying: 1, time }));
			await refuses(first, oracle.interface, "ReportLeavesGap", [BigInt(time), 0n]);
		});
	});

	it("keeps underlyings apart", async () => {
		assert.equal((await oracle.getFunction("feedOf")(1)).time, 0n);
		assert.equal(await oracle.getFunction("settlementPrice")(1, DAY), 0n);
	});
});
