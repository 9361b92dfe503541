import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BinaryWriter } from "cosmjs-types/binary";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { PartSetHeader } from "cosmjs-types/tendermint/types/types";
import { getBytes } from "ethers";
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
	time: number(Number.MAX_SAFE_INTEGER),
	nanoseconds: number(999_999_999),
});

/** What the engine signs, by a general writer of protobuf and, where there are some, the coders generated from the engine's descriptions. */
function signBytes(vote: EngineVote.Vote, chainId: string): Uint8Array {
	const message = new BinaryWriter().uint32(8).int32(vote.kind).uint32(17).sfixed64(BigInt(vote.height));
	if (vote.round > 0) message.uint32(25).sfixed64(BigInt(vote.round));
	if (vote.partCount > 0) {
		const header = PartSetHeader.encode({ total: vote.partCount, hash: vote.partsHash }).finish();
		message.uint32(34).bytes(new BinaryWriter().uint32(10).bytes(vote.blockHash).uint32(18).bytes(header).finish());
	}
	const time = Timestamp.encode({ seconds: BigInt(vote.time), nanos: vote.nanoseconds }).finish();
	message.uint32(42).bytes(time).uint32(50).string(chainId);
	return new BinaryWriter().bytes(message.finish()).finish();
}

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
		assert.deepEqual(EngineVote.blockId(nil), EngineVote.blockId(bare), "two forms of one vote are no two votes");
		assert.equal(await harness.getFunction("blockId")(nil), await harness.getFunction("blockId")(bare));
		const whole = { ...bare, partCount: 1 };
		assert.notDeepEqual(EngineVote.blockId(whole), EngineVote.blockId(bare));
		assert.notDeepEqual(EngineVote.digest(name, whole), EngineVote.digest(name, bare));
	});

	it("makes the engine's bytes of any vote, in both twins", async () => {
		await fc.assert(
			fc.asyncProperty(VOTES, bytes32, async (vote, separator) => {
				const order = EngineVote.orderName(separator);
				const digest = EngineVote.digest(order, vote);
				assert.equal(Bytes.toHex(digest), Bytes.toHex(Keccak.hash(signBytes(vote, EngineVote.chainId(order)))));
				assert.equal(await harness.getFunction("digest")(separator, vote), Bytes.toHex(digest));
				const id = getBytes((await harness.getFunction("blockId")(vote)) as string);
				assert.deepEqual(id, EngineVote.blockId(vote));
			}),
			{ numRuns: 300 },
		);
	});
});
