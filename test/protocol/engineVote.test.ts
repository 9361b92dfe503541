import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Contract } from "ethers";
import fc from "fast-check";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as EngineVote from "../../src/protocol/EngineVote.ts";
import { L1 } from "../chain/l1.ts";

const SEPARATOR = Keccak.hashText("a domain");
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Values at which a varint grows by a byte, and any others. */
const number = (max: number): fc.Arbitrary<number> =>
	fc.oneof(
		fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, max).filter((one) => one <= max),
		fc.integer({ min: 0, max }),
	);
const VOTES: fc.Arbitrary<EngineVote.Vote> = fc.record({
	kind: fc.constantFrom(EngineVote.PREVOTE, EngineVote.PRECOMMIT),
	height: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
	round: number(0x7fff_ffff),
	blockHash: bytes32,
	partCount: fc.oneof(fc.constant(0), number(0xffff_ffff)),
	partsHash: bytes32,
	// The engine takes times from year 1 to year 9999.
	time: fc.oneof(number(253_402_300_799), fc.integer({ min: -62_135_596_800, max: -1 })),
	nanoseconds: number(999_999_999),
});

/** What CometBFT 0.40.0 itself signs, by tools/votes. */
const SIGNED = JSON.parse(readFileSync(join(import.meta.dirname, "engineVotes.json"), "utf8")) as (Omit<
	EngineVote.Vote,
	"blockHash" | "partsHash"
> & {
	readonly blockHash: string;
	readonly partsHash: string;
	readonly signBytes: string;
})[];
/** Of the order that they are of. */
const NAME = new TextEncoder().encode("0123456789abcdef".repeat(2));

describe("given votes of an engine", () => {
	let l1: L1;
	let harness: Contract;
	before(async () => {
		l1 = await L1.start();
		harness = await l1.deploy("VoteHarness", []);
	});
	after(() => l1.close());

	const name = EngineVote.orderName(SEPARATOR);

	it("names every order apart, in the engine's 50 characters", () => {
		assert.match(EngineVote.chainId(name), /^strikeproof-[0-9a-f]{32}$/);
		assert.notEqual(EngineVote.chainId(EngineVote.orderName(Keccak.hashText("another domain"))), EngineVote.chainId(name));
	});

	it("takes whatever has no parts for nil, and nothing else", async () => {
		const nil = {
			kind: 1,
			height: 1,
			round: 0,
			blockHash: Keccak.hashText("a"),
			partCount: 0,
			partsHash: SEPARATOR,
			time: 1,
			nanoseconds: 0,
		};
		const bare = { ...nil, blockHash: new Uint8Array(32), partsHash: new Uint8Array(32) };
		assert.deepEqual(EngineVote.digest(name, nil), EngineVote.digest(name, bare));
		assert.ok(EngineVote.isSameBlock(nil, bare), "two forms of one vote are no two votes");
		assert.equal(await harness.getFunction("isSameBlock")(nil, bare), true);
		const whole = { ...bare, partCount: 1 };
		assert.ok(!EngineVote.isSameBlock(whole, bare));
		assert.notDeepEqual(EngineVote.digest(name, whole), EngineVote.digest(name, bare));
	});

	it("makes the engine's bytes of votes with the smallest, largest and longest value of every field", async () => {
		assert.ok(SIGNED.length >= 70);
		for (const { signBytes, ...fields } of SIGNED) {
			const vote = { ...fields, blockHash: Bytes.fromHex(fields.blockHash), partsHash: Bytes.fromHex(fields.partsHash) };
			assert.equal(Bytes.toHex(EngineVote.digest(NAME, vote)), Bytes.toHex(Keccak.hash(Bytes.fromHex(signBytes))), JSON.stringify(fields));
			// Names are made of separators: this one stands in the first half of its own.
			const separator = Bytes.concat(Bytes.fromHex(new TextDecoder().decode(NAME)), new Uint8Array(16));
			assert.equal(await harness.getFunction("digest")(separator, vote, vote), Bytes.toHex(EngineVote.digest(NAME, vote)));
		}
	});

	it("makes the same of any vote in both twins", async () => {
		await fc.assert(
			fc.asyncProperty(VOTES, bytes32, async (vote, separator) => {
				const digest = EngineVote.digest(EngineVote.orderName(separator), vote);
				assert.equal(await harness.getFunction("digest")(separator, vote, vote), Bytes.toHex(digest));
				for (const other of [
					vote,
					{ ...vote, partCount: 0 },
					{ ...vote, partCount: 1 },
					{ ...vote, blockHash: separator },
					{ ...vote, partsHash: separator },
				])
					assert.equal(await harness.getFunction("isSameBlock")(vote, other), EngineVote.isSameBlock(vote, other));
			}),
			{ numRuns: 300 },
		);
	});
});
