import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { MAX_PRICE, MAX_REPORT_GAP_SECONDS, lotsPerUnit } from "../../src/machine/Constants.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import { L1, START, eventOf, refuses, send } from "../chain/l1.ts";

const DOMAIN = keccak256(toUtf8Bytes("a domain"));
/** Lots of one unit of the first underlying. */
const LOTS = BigInt(lotsPerUnit(0));
/** 07:30 and 08:00 of the chain's first day. */
const DAY = START / 86_400;
const WINDOW_START = DAY * 86_400 + 7.5 * 3600;
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
	const report = (payload: Uint8Array): ReturnType<typeof send> => send(oracle, keeper, "report", [hexlify(payload)]);

	it("refuses bytes that are no report", async () => {
		const good = await payloadOf();
		for (const bad of [new Uint8Array(0), Uint8Array.of(0xff), good.subarray(0, -1), Uint8Array.of(...good, 0)]) {
			await refuses(report(bad), oracle.interface, "MalformedReport");
		}
	});

	it("refuses an underlying that there is not", async () => {
		await refuses(report(await payloadOf({ underlying: 15 })), oracle.interface, "UnknownUnderlying", [15n]);
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
		await report(payload);
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

	it("keeps underlyings apart", async () => {
		assert.equal((await oracle.getFunction("feedOf")(1)).time, 0n);
		assert.equal(await oracle.getFunction("settlementPrice")(1, DAY), 0n);
	});
});
