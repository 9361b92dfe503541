// A receipt's promise against what L1 confirmed: who signed for a message at a place, and put another there, loses his stake, though he never signed for the other.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parseEther } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { encodeOpening } from "../../src/executor/OneStepProof.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import type { Cursor } from "../../src/machine/types/Machine.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import * as HistoryCommitment from "../../src/protocol/HistoryCommitment.ts";
import { Arena, History, TREASURY, stateAt } from "../assertions/arena.ts";
import { domainOf, eventOf, refuses, send, START } from "../chain/l1.ts";

const STAKE = parseEther("8");
/** A state, a path and the record about the place, with the stake's end. */
const MAX_GAS = 150_000n;

const record = (fill: number, length = 40): Uint8Array => Batch.encodeRecord(new Uint8Array(length).fill(fill), 3);
/** The second holds a whole record in its payload; the third is longer than a chunk; what follows is no record. */
const [FIRST, THIRD, FOURTH] = [record(1), record(3, 1500), record(4)];
const HIDDEN = record(9);
const SECOND = Batch.encodeRecord(Bytes.concat(Uint8Array.of(0x77), HIDDEN), 0);
const JUNK = new Uint8Array(9).fill(0xff);
const CONTENTS = [Bytes.concat(FIRST, SECOND, THIRD, JUNK, FOURTH), FOURTH];
const AT_SECOND = FIRST.length;
const AT_THIRD = AT_SECOND + SECOND.length;
const AT_JUNK = AT_THIRD + THIRD.length;
const STARTS = [0, CONTENTS[0].length];

function machineAt(cursor: Partial<Cursor>, kind = Machines.NONE): Uint8Array {
	const { registers } = Machines.initial();
	const machine = {
		...Machines.initial(),
		cursor: { batch: 0, l1Index: 0, offset: 0, item: 0, ...cursor },
		registers: { ...registers, kind },
	};
	return Machines.encode(machine, new Uint8Array(32).fill(5), new Uint8Array(32).fill(7));
}

/** A history whose leaves are states that are told; the last is that of its end. */
class Told extends History {
	readonly states: readonly Uint8Array[];
	constructor(states: readonly Uint8Array[]) {
		super(stateAt(0), 1);
		this.states = states;
	}

	override root(height = this.height, position = 0): Uint8Array {
		if (height === 0) return Keccak.hash(this.states[position] ?? this.finalState);
		return HistoryCommitment.node(this.root(height - 1, 2 * position), this.root(height - 1, 2 * position + 1));
	}
}

const STATES = {
	start: machineAt({}),
	second: machineAt({ offset: AT_SECOND }),
	inBasket: machineAt({ offset: AT_SECOND, item: 1 }),
	matching: machineAt({ offset: AT_SECOND }, Machines.MATCH),
	third: machineAt({ offset: AT_THIRD }),
	junk: machineAt({ offset: AT_JUNK }),
	next: machineAt({ batch: 1 }),
};
type State = keyof typeof STATES;
const NAMES = Object.keys(STATES) as State[];

describe("given an order that is confirmed, and a member who signed receipts", () => {
	let arena: Arena;
	let evidence: Contract;
	let registry: Contract;
	let member: HDNodeWallet;
	let watcher: HDNodeWallet;
	let domain: Uint8Array;
	let game: Uint8Array;
	let assertion: string;
	const history = new Told(NAMES.map((name) => STATES[name]));

	before(async () => {
		arena = await Arena.start();
		const { l1 } = arena;
		[member, watcher] = await Promise.all([l1.wallet(2), l1.wallet(3)]);
		registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), TREASURY, 1000, 500, [member.address], []], STAKE);
		const [inbox, chain] = await Promise.all([arena.sequencerInbox.getAddress(), arena.chain.getAddress()]);
		evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), inbox, chain, new Uint8Array(32)]);
		domain = domainOf(inbox);
		for (const content of CONTENTS) await arena.postBatch(content);
		await send(arena.chain, watcher, "stake", [], parseEther("1"));
		game = await arena.gameOf(arena.genesis);
		await arena.assert(watcher, arena.genesis, history);
	});
	after(() => arena.close());

	async function openingOf(batch: number, offset: number): Promise<Uint8Array> {
		const content = CONTENTS[batch];
		const times = { minTime: START, maxTime: START, l1End: 0, streamStart: STARTS[batch] };
		const header = { carrier: Batch.CALLDATA, contentRoot: Batch.contentRoot(content), length: content.length, ...times };
		const machine = { ...Machines.initial(), cursor: { batch, l1Index: 0, offset, item: 0 } };
		const input = Batch.nextInput(machine, 2, header, content, 0, () => assert.fail("no L1 message is read"));
		const nothing = new Uint8Array(32);
		const read = { index: batch, header, content, blobs: [], before: nothing, after: nothing, block: 0, firstMessage: 0, messages: [] };
		return encodeOpening(input, read, offset);
	}

	type Shown = { state: State; step: number; machine: Uint8Array; opening: Uint8Array; path: Uint8Array[]; key: string };
	async function argumentsOf(offset: number, message: Uint8Array, change: Partial<Shown> = {}): Promise<unknown[]> {
		const { state = "start", key = member.privateKey } = change;
		const { step = NAMES.indexOf(state) + 1, machine = STATES[state] } = change;
		const { cursor } = Machines.decode(machine);
		const { opening = await openingOf(cursor.batch, cursor.offset), path = history.path(0, step - 1) } = change;
		const receipt = { sequence: 1, offset, messageHash: Keccak.hash(message), streamHash: new Uint8Array(32), time: START };
		const signature = await new KeySigner(key).sign(Checkpoint.receiptDigest(domain, receipt));
		return [receipt, signature, [assertion, game, step, path], machine, opening];
	}

	/** Whether L1 would take the stake. */
	async function breaks(offset: number, message: Uint8Array, change: Partial<Shown> = {}): Promise<void> {
		await evidence.getFunction("brokenReceipt").staticCall(...(await argumentsOf(offset, message, change)));
	}
	async function show(offset: number, message: Uint8Array, change: Partial<Shown> = {}): Promise<TransactionReceipt> {
		return send(evidence, watcher, "brokenReceipt", await argumentsOf(offset, message, change));
	}
	const payloadOf = (bytes: Uint8Array): Uint8Array => {
		const { payloadAt, length } = Batch.readRecord(bytes, 0, 0, bytes.length);
		return bytes.slice(payloadAt, payloadAt + length);
	};
	const OTHER = Uint8Array.of(1, 2, 3);

	it("refuses it before the history is confirmed", async () => {
		assertion = await arena.idOf(arena.genesis, history);
		await refuses(show(0, OTHER), evidence.interface, "NotConfirmed", [assertion]);
		await arena.l1.chain.mine(40);
		await arena.win(watcher, arena.genesis, history);
	});

	it("takes nothing from who kept his promise, whichever record it was", async () => {
		for (const [offset, bytes, state] of [
			[0, FIRST, "start"],
			[AT_SECOND, SECOND, "second"],
			[AT_THIRD, THIRD, "third"],
			[STARTS[1], FOURTH, "next"],
		] as const)
			await refuses(show(offset, payloadOf(bytes), { state }), evidence.interface, "NotConflicting");
	});

	it("finds a message in another's place, in any batch", async () => {
		await breaks(0, OTHER);
		await breaks(AT_THIRD, payloadOf(SECOND), { state: "third" });
		await breaks(STARTS[1], OTHER, { state: "next" });
	});

	it("finds a message that only stands inside another, where no machine reads it", async () => {
		const hidden = AT_SECOND + SECOND.length - HIDDEN.length;
		assert.deepEqual(CONTENTS[0].slice(hidden, hidden + HIDDEN.length), HIDDEN);
		await breaks(hidden, payloadOf(HIDDEN), { state: "second" });
		// Nor is the message around it where the receipt says.
		await breaks(hidden, payloadOf(SECOND), { state: "second" });
	});

	it("finds a message behind bytes that void the rest of the batch", async () => {
		const at = AT_JUNK + JUNK.length;
		assert.deepEqual(CONTENTS[0].slice(at), FOURTH);
		await breaks(at, payloadOf(FOURTH), { state: "junk" });
	});

	it("judges by the record about the place alone: by no other, none that is half done, and by no other batch", async () => {
		const [first, all] = CONTENTS.map(({ length }) => BigInt(length));
		const refused: [number, State, unknown[]][] = [
			[0, "second", [0n, BigInt(AT_SECOND), first]],
			[AT_SECOND, "start", [BigInt(AT_SECOND), 0n, BigInt(AT_SECOND)]],
			[AT_SECOND, "inBasket", [BigInt(AT_SECOND), BigInt(AT_SECOND), first]],
			[AT_SECOND, "matching", [BigInt(AT_SECOND), BigInt(AT_SECOND), first]],
			[STARTS[1], "junk", [first, BigInt(AT_JUNK), first]],
			[0, "next", [0n, first, first + all]],
			[STARTS[1] + CONTENTS[1].length, "next", [first + all, first, first + all]],
		];
		for (const [offset, state, args] of refused) await refuses(show(offset, OTHER, { state }), evidence.interface, "NotAtReceipt", args);
	});

	it("refuses a state that is not of the history, and a batch that L1 does not hold so", async () => {
		await refuses(show(0, OTHER, { machine: machineAt({ l1Index: 1 }) }), evidence.interface, "NotInHistory");
		await refuses(show(0, OTHER, { step: 2 }), evidence.interface, "NotInHistory");
		await refuses(show(0, OTHER, { path: history.path(0, 0).slice(1) }), evidence.interface, "WrongPath", [3n, 4n]);
		const moved = (await openingOf(0, 0)).slice();
		// The last byte of where the batch begins in the stream.
		moved[62] = 1;
		await assert.rejects(show(1, OTHER, { opening: moved }));
		const changed = (await openingOf(0, 0)).slice();
		changed[changed.length - 1] ^= 1;
		await assert.rejects(show(0, OTHER, { opening: changed }));
		await assert.rejects(show(0, OTHER, { opening: await openingOf(1, 0) }));
	});

	it("slashes nobody who has nothing at stake", async () => {
		await refuses(show(0, OTHER, { key: watcher.privateKey }), registry.interface, "NothingStaked", [watcher.address]);
	});

	it("slashes who signed for a message and let another have its place, within the gas that is promised", async () => {
		const receipt = await show(AT_SECOND, OTHER, { state: "second" });
		assert.equal(eventOf(registry, receipt, "Slashed").validator, member.address);
		assert.ok(receipt.gasUsed <= MAX_GAS, `${receipt.gasUsed} gas`);
	});
});
