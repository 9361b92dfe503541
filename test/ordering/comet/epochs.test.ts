import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Decided from "../../../src/ordering/comet/Decided.ts";
import * as Envelope from "../../../src/ordering/comet/Envelope.ts";
import * as Extension from "../../../src/ordering/comet/Extension.ts";
import * as Finalized from "../../../src/ordering/comet/Finalized.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import * as Proposals from "../../../src/ordering/proposals.ts";
import { CHAIN, digests } from "./committee.ts";

const keys = [1, 2, 3, 4, 5, 6, 7].map((byte) => new Uint8Array(32).fill(byte));
const members = keys.map((key) => Home.memberOf(key));
const [a, b, c, d, e, f, g] = members.map(({ address }) => address);
const founders: Decided.Founders = new Map(
	members.slice(0, 4).map(({ address, publicKey }) => [address, { power: 1, publicKey: Bytes.toHex(publicKey) }]),
);
const seen = (powers: Readonly<Record<string, number>>): Extension.SeenMember[] =>
	Object.keys(powers)
		.sort()
		.map((address) => ({ address, power: powers[address] }));

/** A block whose commit counts these votes. */
function outcome(
	before: Decided.Decided,
	said: Readonly<Record<string, Partial<Extension.Extension>>>,
	envelopes: readonly Envelope.Envelope[] = [],
): Decided.Outcome {
	const votes = Object.entries(said).map(([address, one]) => ({
		address,
		extension: Extension.encode({ time: 1, l1Count: 0, cuts: [], ...one }),
		signature: new Uint8Array(65),
	}));
	const content = (): Uint8Array => Uint8Array.of(1);
	return Decided.apply(before, Decided.committeeOf(before, founders), { round: 0, votes }, envelopes, digests, content);
}

/** A block after which these members said what they saw on L1. */
function block(
	before: Decided.Decided,
	said: Readonly<Record<string, Readonly<Record<string, number>>>>,
	envelopes: readonly Envelope.Envelope[] = [],
): Decided.Decided {
	return outcome(before, Object.fromEntries(Object.entries(said).map(([one, powers]) => [one, { committee: seen(powers) }])), envelopes)
		.decided;
}

/** A member shows its key, at a block. */
const joinOf = (address: string, at: number): Envelope.Envelope => ({
	...{ kind: Envelope.JOIN, lane: address, block: at },
	publicKey: Bytes.toHex(members[members.findIndex((member) => member.address === address)].publicKey),
});
const refusalOf = (decided: Decided.Decided, envelope: Envelope.Envelope): string | undefined =>
	Decided.continues(decided, Decided.committeeOf(decided, founders), envelope, Decided.holdingNothing());
const decidersOf = (decided: Decided.Decided): string[] => [...Decided.committeeOf(decided, founders).keys()].sort();

describe("given members that see another committee on L1", () => {
	const without = { [a]: 1, [b]: 3, [c]: 1 };

	it("changes nothing until more than two thirds of the power saw the very same", () => {
		const two = block(Decided.GENESIS, { [a]: without, [b]: without });
		assert.deepEqual(Decided.changes(Decided.GENESIS, two, founders), []);
		const apart = block(Decided.GENESIS, { [a]: without, [b]: without, [c]: { ...without, [c]: 2 } });
		assert.deepEqual(Decided.changes(Decided.GENESIS, apart, founders), []);
	});

	it("then gives everybody the votes that he has there, and takes out who left, for the engine too", () => {
		const after = block(Decided.GENESIS, { [a]: without, [b]: without, [c]: without });
		assert.deepEqual(Decided.committeeOf(after, founders), new Map(Object.entries(without)));
		const powers = Decided.changes(Decided.GENESIS, after, founders).map(({ publicKey, power }) => [publicKey, power]);
		assert.deepEqual(
			new Map(powers as [string, number][]),
			new Map([
				[founders.get(b)?.publicKey, 3],
				[founders.get(d)?.publicKey, 0],
			]),
		);
		assert.notDeepEqual(Decided.appHash(after), Decided.appHash({ ...after, seen: { ...after.seen, [a]: 2 } }));
		// Power counts from then on: b alone is more than a half, and not more than two thirds.
		const back = { [a]: 1, [b]: 1, [c]: 1, [d]: 1 };
		assert.deepEqual(block(after, { [b]: back }).seen, after.seen);
		assert.deepEqual(block(after, { [b]: back, [a]: back }).seen, back);
		assert.deepEqual(block(after, { [d]: back, [a]: back, [c]: back }).seen, after.seen, "who left has no voice");
	});

	it("lets a newcomer vote only when it has shown its key, and nobody show one whom L1 does not have", () => {
		const joined = { [a]: 1, [b]: 1, [c]: 1, [d]: 1, [e]: 1 };
		const envelope: Envelope.Envelope = { kind: Envelope.JOIN, lane: e, publicKey: Bytes.toHex(members[4].publicKey), block: 0 };
		assert.match(String(Decided.continues(Decided.GENESIS, new Map(), envelope, Decided.holdingNothing())), /no member on L1/);
		const known = block(Decided.GENESIS, { [a]: joined, [b]: joined, [c]: joined });
		assert.equal(Decided.committeeOf(known, founders).size, 4);
		assert.deepEqual(Decided.changes(Decided.GENESIS, known, founders), []);
		assert.equal(Decided.continues(known, Decided.committeeOf(known, founders), envelope, Decided.holdingNothing()), undefined);
		// It says hello first, so that it may vote when it gets power; nobody else does, and it says nothing else yet.
		const hello = (lane: string): Envelope.Envelope => ({ kind: Envelope.HELLO, lane, number: new Uint8Array(32) });
		const stranger = `0x${"0f".repeat(20)}`;
		assert.match(
			String(Decided.continues(Decided.GENESIS, Decided.committeeOf(known, founders), hello(e), Decided.holdingNothing())),
			/no member/,
		);
		assert.equal(Decided.continues(known, Decided.committeeOf(known, founders), hello(e), Decided.holdingNothing()), undefined);
		assert.match(
			String(Decided.continues(known, Decided.committeeOf(known, founders), hello(stranger), Decided.holdingNothing())),
			/no member/,
		);
		const bundle: Envelope.Envelope = { kind: Envelope.BUNDLE, lane: e, sequence: 0, records: new Uint8Array(1), recordCount: 1 };
		assert.match(String(Decided.continues(known, Decided.committeeOf(known, founders), bundle, Decided.holdingNothing())), /no member/);
		const after = block(known, {}, [envelope]);
		assert.deepEqual(Decided.changes(known, after, founders), [{ publicKey: envelope.publicKey, power: 1 }]);
		assert.match(String(Decided.continues(after, Decided.committeeOf(after, founders), envelope, Decided.holdingNothing())), /already/);
	});

	it("lets a founder that comes back decide only when it has shown its key again, since it may have lost what it voted", () => {
		const back = { ...without, [d]: 1 };
		const gone = block(Decided.GENESIS, { [a]: without, [b]: without, [c]: without });
		const known = block(gone, { [a]: back, [b]: back, [c]: back });
		assert.deepEqual(known.seen, back);
		assert.deepEqual(Decided.committeeOf(known, founders), new Map(Object.entries(without)));
		assert.deepEqual(Decided.changes(gone, known, founders), []);
		assert.notDeepEqual(Decided.appHash(known), Decided.appHash({ ...known, left: undefined }));
		const hello: Envelope.Envelope = { kind: Envelope.HELLO, lane: d, number: new Uint8Array(32) };
		const join: Envelope.Envelope = { kind: Envelope.JOIN, lane: d, publicKey: Bytes.toHex(members[3].publicKey), block: 1 };
		for (const envelope of [hello, join])
			assert.equal(Decided.continues(known, Decided.committeeOf(known, founders), envelope, Decided.holdingNothing()), undefined);
		const earlier = Decided.continues(known, Decided.committeeOf(known, founders), { ...join, block: 0 }, Decided.holdingNothing());
		assert.match(String(earlier), /left after/, "which anybody can show again");
		const after = block(known, {}, [join]);
		assert.deepEqual(Decided.committeeOf(after, founders), new Map(Object.entries(back)));
		assert.deepEqual(Decided.changes(known, after, founders), [{ publicKey: join.publicKey, power: 1 }]);
		const late = block(known, { [a]: without, [b]: without, [c]: without }, [join]);
		const returned = block(late, { [a]: back, [b]: back, [c]: back });
		assert.equal(Decided.committeeOf(returned, founders).has(d), false, "it showed its key as L1 had it no more");
		// And so does a member that joined before, each time.
		const again = block(after, { [a]: without, [b]: without, [c]: without });
		assert.deepEqual(Decided.committeeOf(block(again, { [a]: back, [b]: back, [c]: back }), founders), new Map(Object.entries(without)));
	});

	it("hands the order to nobody before he has shown his key, not even when none of those who decide stays", () => {
		const gone = block(Decided.GENESIS, { [a]: without, [b]: without, [c]: without });
		const only = { [d]: 1 };
		const known = block(gone, { [a]: only, [b]: only, [c]: only });
		assert.deepEqual(decidersOf(known), [a, b, c].sort());
		assert.deepEqual(Decided.changes(gone, known, founders), []);
		assert.deepEqual(decidersOf(block(known, {}, [joinOf(d, known.blockHeight)])), [d]);
	});

	it("never takes everybody out: strangers whose keys nobody knows order nothing", () => {
		const strangers = { [e]: 9 };
		const known = block(Decided.GENESIS, { [a]: strangers, [b]: strangers, [c]: strangers });
		assert.deepEqual(decidersOf(known), [a, b, c, d].sort());
		assert.deepEqual(decidersOf(outcome({ ...known, blockHeight: 100_000 }, {}).decided), [a, b, c, d].sort());
	});
});

describe("given members that take the place of others on L1", () => {
	const rotated = { [a]: 2, [e]: 2, [f]: 2, [g]: 2 };
	const news = block(Decided.GENESIS, { [b]: rotated, [c]: rotated, [d]: rotated });
	const founding = [a, b, c, d].sort();

	it("keeps those who leave until all who come have shown their keys, so that the one that stays has no power over the order", () => {
		assert.deepEqual(Decided.committeeOf(news, founders), Decided.committeeOf(Decided.GENESIS, founders), "with the power of before");
		assert.deepEqual(Decided.changes(Decided.GENESIS, news, founders), []);
		const two = block(news, {}, [joinOf(e, 1), joinOf(f, 1)]);
		assert.deepEqual(decidersOf(two), founding, "three of four could not decide without the one that is dead");
		assert.match(String(refusalOf(two, joinOf(e, 2))), /shown its key already/);
		const three = block(two, {}, [joinOf(g, 2)]);
		assert.deepEqual(Decided.committeeOf(three, founders), new Map(Object.entries(rotated)));
		assert.equal(Decided.changes(two, three, founders).length, 7);
		assert.equal(three.awaited, undefined);
	});

	it("keeps the one who leaves until the one who comes has shown its key", () => {
		const exchanged = { [a]: 1, [b]: 1, [c]: 1, [e]: 1 };
		const known = block(Decided.GENESIS, { [b]: exchanged, [c]: exchanged, [d]: exchanged });
		assert.deepEqual(decidersOf(known), founding);
		assert.deepEqual(decidersOf(block(known, {}, [joinOf(e, 1)])), Object.keys(exchanged).sort());
	});

	it("leaves out who lets the others wait for 36,000 blocks, where more than two thirds can decide without it", () => {
		const later = (decided: Decided.Decided, blocks: number): Decided.Decided =>
			outcome({ ...decided, blockHeight: decided.blockHeight + blocks - 1 }, {}).decided;
		const two = block(news, {}, [joinOf(e, 1), joinOf(f, 1)]);
		assert.deepEqual(two.awaited, { [g]: news.blockHeight });
		assert.deepEqual(decidersOf(later(two, 35_999)), founding);
		const three = later(two, 36_000);
		assert.deepEqual(decidersOf(three), [a, e, f].sort());
		const all = block(three, {}, [joinOf(g, three.blockHeight)]);
		assert.deepEqual(Decided.committeeOf(all, founders), new Map(Object.entries(rotated)), "it may still come");
		const one = block(news, {}, [joinOf(e, 1)]);
		assert.deepEqual(decidersOf(later(one, 90_000)), founding, "a half of L1's power is too little");
	});

	it("binds who decides and who is waited for, and comes to the same from the same blocks", () => {
		const two = block(news, {}, [joinOf(e, 1), joinOf(f, 1)]);
		const three = block(two, {}, [joinOf(g, 2)]);
		assert.notDeepEqual(Decided.appHash(two), Decided.appHash({ ...two, awaited: { [g]: 2 } }));
		assert.notDeepEqual(Decided.appHash(three), Decided.appHash({ ...three, deciding: { ...three.deciding, [a]: 1 } }));
		const stored = JSON.parse(JSON.stringify(two)) as Decided.Decided;
		assert.deepEqual(Decided.appHash(block(stored, {}, [joinOf(g, 2)])), Decided.appHash(three));
	});

	it("lets one that L1 has again before another took its place go on, and asks it for nothing", () => {
		const back = { ...rotated, [b]: 2 };
		const again = block(news, { [a]: back, [b]: back, [c]: back });
		const all = block(again, {}, [joinOf(e, 1), joinOf(f, 1), joinOf(g, 1)]);
		assert.deepEqual(Decided.committeeOf(all, founders), new Map(Object.entries(back)));
		assert.deepEqual(Object.keys(all.left ?? {}).sort(), [c, d].sort());
	});

	it("takes neither the time nor L1's messages from the few whose votes count in the two blocks behind a change", () => {
		const known = block({ ...Decided.GENESIS, clock: 1_000 }, { [b]: rotated, [c]: rotated, [d]: rotated });
		const after = block(known, {}, [joinOf(e, 1), joinOf(f, 1), joinOf(g, 1)]);
		const old = Object.fromEntries([a, b, c, d].map((one) => [one, one === a ? { time: 9_999_999, l1Count: 200 } : { time: 1_001 }]));
		const next = outcome(after, old);
		assert.deepEqual([next.time, next.placed.length, next.decided.l1Taken], [0, 0, 0]);
		const young = Object.fromEntries([a, e, f, g].map((one) => [one, { time: 1_002, l1Count: one === a ? 200 : 1 }]));
		const settled = outcome(next.decided, young);
		assert.deepEqual([settled.time, settled.decided.l1Taken], [1_002, 1]);
	});

	it("lets no key be shown that was shown for a membership of before, though its owner never decided", () => {
		const five = { [a]: 1, [b]: 1, [c]: 1, [d]: 1, [e]: 1 };
		const four = { [a]: 1, [b]: 1, [c]: 1, [d]: 1 };
		const known = block({ ...Decided.GENESIS, blockHeight: 209 }, { [a]: five, [b]: five, [c]: five });
		const shown = joinOf(e, 210);
		assert.equal(refusalOf(known, shown), undefined);
		// L1 has it no more since the very block that holds its key.
		const dropped = block(known, { [a]: four, [b]: four, [c]: four }, [shown]);
		assert.deepEqual(dropped.left, { [e]: 211 });
		const back = block(dropped, { [a]: five, [b]: five, [c]: five });
		assert.match(String(refusalOf(back, shown)), /left after it said that/);
		assert.deepEqual(decidersOf(back), founding);
		assert.equal(refusalOf(back, joinOf(e, 212)), undefined);
	});

	it("lets no key be shown at a block that is far from decided, since that would outlast its owner's leaving", () => {
		assert.equal(refusalOf(news, joinOf(e, news.blockHeight + 16)), undefined, "a pool may be behind");
		assert.match(String(refusalOf(news, joinOf(e, news.blockHeight + 17))), /the order is at 1/);
	});

	describe("and a batch to certify", () => {
		const proposal = { index: 0, previousAccumulator: new Uint8Array(32), minTime: 1, maxTime: 2, l1End: 0, fromHeight: 1, toHeight: 1 };
		const place = Proposals.placeOf(proposal);
		const asked = outcome({ ...news, height: 1 }, {}, [{ kind: Envelope.CUT, lane: b, proposal }]).decided;
		const signing = async (decided: Decided.Decided, ...who: string[]) =>
			Object.fromEntries(
				await Promise.all(
					who.map(async (one) => {
						const signer = new KeySigner(Bytes.toHex(keys[members.findIndex(({ address }) => address === one)]));
						const signature = await signer.sign(Bytes.fromHex(decided.cuts[place].digest));
						return [one, { cuts: [{ index: 0, previousAccumulator: proposal.previousAccumulator, signature }] }];
					}),
				),
			) as Record<string, Partial<Extension.Extension>>;

		it("certifies it when those have signed who judge it on L1, and asks who decides anew before its place is freed", async () => {
			const old = outcome(asked, await signing(asked, a, b, c, d));
			assert.deepEqual(old.certified, [], "L1 knows one of the four");
			const after = block({ ...old.decided, blockHeight: 9_000 }, {}, [joinOf(e, 9_000), joinOf(f, 9_000), joinOf(g, 9_000)]);
			const next = outcome(after, { [a]: { time: 90_000 }, [e]: { time: 90_000 }, [f]: { time: 90_000 } }).decided;
			assert.equal(next.cuts[place].since, after.blockHeight);
			const { certified } = outcome(next, await signing(next, e, f, g));
			assert.deepEqual(
				certified.map(({ signed }) => Object.keys(signed).sort()),
				[[a, e, f, g].sort()],
			);
		});
	});
});

describe("given bytes of others about the committee", () => {
	it("reads what it wrote, and nothing that is out of order, of no power, or cut off", () => {
		const whole = { time: 5, l1Count: 6, cuts: [], committee: seen({ [a]: 1, [b]: 2 }) };
		const bytes = Extension.encode(whole);
		assert.deepEqual(Extension.decode(bytes), whole);
		for (let length = 19; length < bytes.length; length++) assert.equal(Extension.decode(bytes.subarray(0, length)), undefined);
		assert.equal(Extension.decode(Extension.encode({ ...whole, committee: [...whole.committee].reverse() })), undefined);
		assert.equal(Extension.decode(Extension.encode({ ...whole, committee: [{ address: a, power: 0 }] })), undefined);
		const many = Array.from({ length: 33 }, (_, i) => ({ address: `0x${String(i).padStart(40, "0")}`, power: 1 }));
		assert.equal(Extension.decode(Extension.encode({ ...whole, committee: many })), undefined);
	});

	it("reads a signed state beside everything else, and nothing that is cut off or flagged otherwise", () => {
		const [hash, signature] = [Keccak.hashText("h"), new Uint8Array(65).fill(7)];
		const state = { gameId: hash, step: 2 ** 22, commitment: Keccak.hashText("c"), signature };
		const whole = {
			...{ time: 5, l1Count: 6, checkpoint: { height: 9, root: hash, signature }, state },
			...{ cuts: [{ index: 3, previousAccumulator: hash, signature }], committee: seen({ [a]: 1 }) },
		};
		for (const extension of [whole, { time: 5, l1Count: 6, state, cuts: [] }]) {
			const bytes = Extension.encode(extension);
			assert.deepEqual(Extension.decode(bytes), extension);
			assert.equal(Extension.decode(bytes.subarray(0, bytes.length - 1)), undefined);
			const flagged = bytes.slice();
			flagged[16] = 4;
			assert.equal(Extension.decode(flagged), undefined);
		}
		const many = Array.from({ length: Extension.MAX_CUTS }, () => whole.cuts[0]);
		const members = Array.from({ length: Extension.MAX_MEMBERS }, (_, i) => ({ address: `0x${String(i).padStart(40, "0")}`, power: 1 }));
		assert.ok(Extension.encode({ ...whole, cuts: many, committee: members }).length <= Extension.MAX_EXTENSION_BYTES);
	});

	it("takes a key from nobody but its owner", async () => {
		const signer = new KeySigner(Bytes.toHex(keys[4]));
		const joins = await Envelope.encodeJoin(CHAIN, signer, members[4].publicKey, 7);
		assert.deepEqual(Envelope.read(CHAIN, joins), { kind: Envelope.JOIN, lane: e, publicKey: Bytes.toHex(members[4].publicKey), block: 7 });
		assert.match(String(Envelope.read("another-chain", joins)), /signature/);
		assert.match(String(Envelope.read(CHAIN, await Envelope.encodeJoin(CHAIN, signer, members[0].publicKey, 7))), /key of its address/);
		assert.match(String(Envelope.read(CHAIN, await Envelope.encodeJoin(CHAIN, signer, new Uint8Array(33), 7))), /key of its address/);
	});

	it("writes a change of members as the engine reads it: key of kind 5, and no power for who leaves", () => {
		const key = `0x${"07".repeat(33)}`;
		const text = Bytes.toHex(
			Finalized.encode(Uint8Array.of(0xaa), 1, [
				{ publicKey: key, power: 300 },
				{ publicKey: key, power: 0 },
			]),
		);
		assert.match(text, /2a01aa/);
		assert.match(text, new RegExp(`1a28${"0a23"}2a21${"07".repeat(33)}10ac02`));
		assert.ok(text.endsWith(`1a250a232a21${"07".repeat(33)}`));
	});
});
