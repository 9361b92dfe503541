import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Decided from "../../../src/ordering/comet/Decided.ts";
import * as Envelope from "../../../src/ordering/comet/Envelope.ts";
import * as Extension from "../../../src/ordering/comet/Extension.ts";
import * as Proposals from "../../../src/ordering/proposals.ts";
import { digests } from "./committee.ts";

const signers = [1, 2, 3, 4].map((byte) => new KeySigner(Bytes.toHex(new Uint8Array(32).fill(byte))));
const [liar, honest, ...others] = signers.map(({ address }) => address);
const committee: Decided.Committee = new Map(signers.map(({ address }) => [address, 1]));
const proposal = (l1End: number, index = 0) => ({
	...{ index, previousAccumulator: new Uint8Array(32), minTime: 1, maxTime: 2, l1End, fromHeight: 1, toHeight: 1 },
});
const PLACE = Proposals.placeOf(proposal(0));
const content = Uint8Array.of(1);
const cut = (lane: string, l1End: number, index = 0): Envelope.Envelope => ({ kind: Envelope.CUT, lane, proposal: proposal(l1End, index) });
const START: Decided.Decided = { ...Decided.GENESIS, blockHeight: 9, height: 1, clock: 1_000 };

/** A block at a time by the members' clocks, in which these say what they sign. */
function block(
	before: Decided.Decided,
	time: number,
	envelopes: readonly Envelope.Envelope[],
	signatures: Readonly<Record<string, Uint8Array>> = {},
): Decided.Outcome {
	const votes = [...committee.keys()].map((address) => {
		const signature = signatures[address];
		const cuts = signature ? [{ index: 0, previousAccumulator: new Uint8Array(32), signature }] : [];
		return { address, extension: Extension.encode({ time, l1Count: 0, cuts }), signature: new Uint8Array(65) };
	});
	return Decided.apply(before, committee, { round: 0, votes }, envelopes, digests, () => content);
}

const sign = async (decided: Decided.Decided, ...members: number[]): Promise<Record<string, Uint8Array>> =>
	Object.fromEntries(
		await Promise.all(members.map(async (i) => [signers[i].address, await signers[i].sign(Bytes.fromHex(decided.cuts[PLACE].digest))])),
	) as Record<string, Uint8Array>;

/** As many blocks later as a cut is waited for. */
const aged = (decided: Decided.Decided): Decided.Decided => ({ ...decided, blockHeight: decided.blockHeight + 101 });

describe("given a cut of a batch that nobody else wants", () => {
	const asked = block(START, 1_000, [cut(liar, 9)]).decided;

	it("lets no other stand at its place for two minutes", () => {
		const later = block(aged(asked), 1_120, [cut(honest, 1)]).decided;
		assert.equal(later.cuts[PLACE].by, liar);
		assert.equal(later.barred, undefined);
	});

	it("nor when time leaps, since the others have promised their signatures and had no blocks to show them in", () => {
		assert.equal(block(asked, 90_000, [cut(honest, 1)]).decided.cuts[PLACE].by, liar);
	});

	it("then frees the place for the others in the very block, and takes no cut of who asked for it for an hour", () => {
		const free = block(aged(asked), 1_121, [cut(liar, 9), cut(honest, 1)]).decided;
		assert.equal(free.cuts[PLACE].by, honest);
		assert.deepEqual(free.barred, { [liar]: 1_121 + 3_600 });
		assert.notDeepEqual(Decided.appHash(free), Decided.appHash({ ...free, barred: {} }));
		const another = block(free, 1_130, [cut(liar, 9, 7)]).decided;
		assert.deepEqual(Object.keys(another.cuts), [PLACE]);
	});

	it("takes one again after the hour", () => {
		const { cuts: _, ...rest } = block(aged(asked), 1_121, []).decided;
		const again = block({ ...rest, cuts: {} }, 1_121 + 3_600, [cut(liar, 9)]).decided;
		assert.equal(again.cuts[PLACE].by, liar);
		assert.equal(again.barred, undefined);
	});

	it("keeps one for good that more than a third signed, since they sign no other for the place", async () => {
		const one = block(asked, 1_010, [], await sign(asked, 0)).decided;
		assert.deepEqual(block(aged(one), 1_121, []).decided.cuts, {}, "one of four is no third");
		const two = block(asked, 1_010, [], await sign(asked, 0, 1)).decided;
		const late = block(aged(two), 9_000, [cut(honest, 1)]).decided;
		assert.equal(late.cuts[PLACE].by, liar);
		const { certified, decided } = block(late, 9_001, [], await sign(late, 2));
		assert.equal(certified.length, 1);
		assert.deepEqual(decided.cuts, {});
	});

	it("bars nobody any more when more than a third would be: then L1 looks different to them, and they do not all lie", () => {
		const free = block(aged(asked), 1_121, [cut(honest, 1)]).decided;
		const second = block(aged(free), 1_242, []).decided;
		assert.deepEqual(second.cuts, {});
		assert.equal(second.barred, undefined);
		assert.equal(block(second, 1_243, [cut(liar, 9), cut(others[0], 1)]).decided.cuts[PLACE].by, liar);
	});
});
