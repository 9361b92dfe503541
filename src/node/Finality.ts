import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import { orderProof } from "../executor/OrderProof.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import type { GameReader } from "../ports/Game.ts";
import type { Orderer } from "../ports/Orderer.ts";
import * as Batch from "../protocol/Batch.ts";
import * as Decimal from "../wire/Decimal.ts";
import type { Answer } from "../wire/schema.ts";
import { SystemClock } from "./Clock.ts";
import { Loop } from "../roles/Loop.ts";
import type { LoopHealth } from "../roles/Loop.ts";

const PAUSE_MS = 400;
/** LIMIT: messages that are known by their hash: the newest. */
const MAX_HASHES = 1_000_000;
/** Bytes of a hash that tell messages apart. */
const HASH_BYTES = 12;

/** The end of a bundle, and when it was seen ordered: milliseconds of this process. */
type Climber = { readonly sequenceEnd: number; readonly at: number };

/** LIMIT: climbs that are remembered for percentiles, and bundles whose climb is watched. */
const MAX_CLIMBED = 1000;
const MAX_CLIMBING = 50_000;

/** On which rung of the ladder each record stands: received and ordered when acknowledged, posted when its batch is on L1, confirmed with its assertion. */
export class Finality {
	readonly #ports: { readonly derived: DerivedExecutor; readonly orderer: Orderer; readonly game: GameReader };
	readonly #loop: Loop;
	/** Heights whose bundles were looked at, and the sequence number behind each end of batch. */
	#height = 0;
	readonly #sequenceAt = new Map<number, number>();
	/** Sequence numbers by the beginning of the message's hash, oldest first. */
	readonly #sequenceOf = new Map<string, number>();
	#reading: Promise<void> | undefined;
	#hasRead = false;
	#ordered = 0;
	/** Bundles that this node saw ordered and that wait for a rung, oldest first, and how long the last ones took: seconds. */
	readonly #climbing = { posted: [] as Climber[], confirmed: [] as Climber[] };
	readonly #climbed = { posted: [] as number[], confirmed: [] as number[] };
	#posted = 0;
	#confirmed = 0;
	#confirmedBatches = 0;
	#outboxRoot: Uint8Array | undefined;
	#confirmedState: Uint8Array | undefined;
	#assertion = "";

	constructor(ports: { readonly derived: DerivedExecutor; readonly orderer: Orderer; readonly game: GameReader }) {
		this.#ports = ports;
		const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };
		this.#loop = new Loop(new SystemClock(), silent, PAUSE_MS, () => this.#round());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** The rung of a record by its sequence number. */
	of(sequence: number): Answer<"public/get_finality"> {
		const rung = sequence < this.#confirmed ? "confirmed" : sequence < this.#posted ? "posted" : "ordered";
		return {
			sequence,
			rung,
			undone_only_if: UNDONE[rung],
			evidence: {
				posted_below: this.#posted,
				confirmed_below: this.#confirmed,
				batch: rung === "ordered" ? null : this.#batchOf(sequence),
				assertion: this.#assertion || null,
			},
		};
	}

	/** Sequence number of the newest message with a hash (lower-case hexadecimal), or undefined. */
	async sequenceOf(messageHash: string): Promise<number | undefined> {
		const key = messageHash.slice(0, 2 + 2 * HASH_BYTES);
		if (!this.#sequenceOf.has(key)) await this.#read();
		return this.#sequenceOf.get(key);
	}

	/** Messages ordered, as far as was read. */
	get ordered(): number {
		return this.#ordered;
	}

	/** Seconds since the oldest message that waits for its batch was ordered, as far as this node saw it; undefined when none waits. */
	get unpostedAgeSeconds(): number | undefined {
		const [oldest] = this.#climbing.posted;
		return oldest && (performance.now() - oldest.at) / 1000;
	}

	/** Seconds that the last bundles took from their ordering to a rung. */
	climbTimes(rung: "posted" | "confirmed"): readonly number[] {
		return this.#climbed[rung];
	}

	progress(): { posted_below: number; confirmed_below: number; assertion: string | null } {
		return { posted_below: this.#posted, confirmed_below: this.#confirmed, assertion: this.#assertion || null };
	}

	status(): Record<string, unknown> {
		return {
			sequence_posted: this.#posted,
			sequence_confirmed: this.#confirmed,
			batches_confirmed: this.#confirmedBatches,
			latest_confirmed: this.#assertion || null,
		};
	}

	/** An account's cell in the state of the latest confirmed assertion, with its path; undefined before the first that is derived. */
	async accountProof(account: number): Promise<Answer<"public/get_account_proof"> | undefined> {
		const state = this.#confirmedState;
		const assertion = this.#assertion;
		if (!state) return undefined;
		const proof = await this.#ports.derived.proveCell({ leaf: Keccak.hash(state), state }, Kinds.ACCOUNTS, account);
		if (!proof) return undefined;
		return {
			assertion,
			final_state: Bytes.toHex(state),
			kind_roots: proof.kindRoots.map(Bytes.toHex),
			cell: Bytes.toHex(proof.cell),
			siblings: proof.siblings.map(Bytes.toHex),
		};
	}

	/** What L1 confirmed of the order at an offset of its stream of bytes; undefined before that. */
	async orderProof(offset: number): Promise<Answer<"public/get_order_proof"> | undefined> {
		const proof = await orderProof(this.#ports.derived, this.#ports.game, offset);
		return (
			proof && {
				message_hash: proof.messageHash ?? null,
				assertion: proof.assertionId,
				game: proof.gameId,
				step: proof.step,
				path: [...proof.path],
				machine: proof.machine,
				opening: proof.opening,
			}
		);
	}

	/** An account's withdrawals that L1 holds, oldest first; those not posted yet are not among them. */
	withdrawalsOf(account: number): Answer<"public/get_withdrawals"> {
		const { derived } = this.#ports;
		const known = this.#outboxRoot;
		return derived.withdrawals
			.filter((withdrawal) => withdrawal.account === account)
			.map(({ index, recipient, amount }) => ({
				index,
				account,
				recipient,
				amount: Decimal.format(amount, Decimal.MICRO),
				confirmed: known !== undefined && derived.withdrawalProof(index, known) !== undefined,
			}));
	}

	/** What a claim on L1 needs, once the withdrawal is confirmed. */
	withdrawalProof(index: number): Answer<"public/get_withdrawal_proof"> | undefined {
		const proof = this.#outboxRoot && this.#ports.derived.withdrawalProof(index, this.#outboxRoot);
		if (!proof || !this.#outboxRoot) return undefined;
		const { account, recipient, amount } = proof.withdrawal;
		return { outbox_root: Bytes.toHex(this.#outboxRoot), index, account, recipient, amount, siblings: proof.siblings.map(Bytes.toHex) };
	}

	/** Reads what was ordered since the last time. Two readers at once share one reading. */
	#read(): Promise<void> {
		this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined));
		return this.#reading;
	}

	async #readOn(): Promise<void> {
		const { orderer } = this.#ports;
		const at = performance.now();
		// What was ordered before this node started climbed while nobody watched.
		const isWatched = this.#hasRead;
		this.#hasRead = true;
		for (const { records, height, streamEnd, firstSequence, recordCount } of await orderer.read(this.#height + 1, orderer.height)) {
			this.#sequenceAt.set(streamEnd, firstSequence + recordCount);
			this.#height = height;
			this.#ordered = firstSequence + recordCount;
			if (isWatched)
				for (const climbing of Object.values(this.#climbing))
					if (climbing.length < MAX_CLIMBING) climbing.push({ sequenceEnd: this.#ordered, at });
			for (let at = 0, sequence = firstSequence; at < records.length; sequence++) {
				const record = Batch.readRecord(records, 0, at, records.length);
				if (!record.ok) break;
				at = record.payloadAt + record.length;
				const hash = Bytes.toHex(Keccak.hash(records.subarray(record.payloadAt, at)));
				this.#sequenceOf.set(hash.slice(0, 2 + 2 * HASH_BYTES), sequence);
			}
			for (const oldest of this.#sequenceOf.keys()) {
				if (this.#sequenceOf.size <= MAX_HASHES) break;
				this.#sequenceOf.delete(oldest);
			}
		}
	}

	/** Number of the posted batch that holds a record: batches end where bundles do. */
	#batchOf(sequence: number): number | null {
		const { derived } = this.#ports;
		let [low, high] = [0, derived.batchCount];
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			const end = derived.batch(middle)?.streamEnd;
			if (end === undefined) return null;
			if ((this.#sequenceAt.get(end) ?? 0) > sequence) high = middle;
			else low = middle + 1;
		}
		return low < derived.batchCount ? low : null;
	}

	async #round(): Promise<void> {
		const { derived, game } = this.#ports;
		await this.#read();
		this.#posted = this.#sequenceAt.get(derived.streamEnd) ?? this.#posted;
		this.#climb("posted", this.#posted);
		const snapshot = await game.look();
		const assertion = snapshot.assertions.get(snapshot.latestConfirmed);
		if (!assertion || assertion.finalState.length === 0) return;
		this.#assertion = assertion.id;
		this.#confirmedState = assertion.finalState;
		this.#outboxRoot = assertion.finalState.slice(64, 96);
		this.#confirmedBatches = Bytes.uint(assertion.finalState, 96, 8);
		const end = derived.batch(this.#confirmedBatches - 1)?.streamEnd;
		this.#confirmed = (end === undefined ? undefined : this.#sequenceAt.get(end)) ?? this.#confirmed;
		this.#climb("confirmed", this.#confirmed);
	}

	/** Bundles below a sequence number have come to a rung. */
	#climb(rung: "posted" | "confirmed", below: number): void {
		const climbing = this.#climbing[rung];
		const climbed = this.#climbed[rung];
		const now = performance.now();
		while (climbing.length > 0 && climbing[0].sequenceEnd <= below) climbed.push((now - (climbing.shift() as Climber).at) / 1000);
		if (climbed.length > MAX_CLIMBED) climbed.splice(0, climbed.length - MAX_CLIMBED);
	}
}

const UNDONE = {
	ordered: "the committee equivocates, and is slashed by its own signatures",
	posted: "L1 fails, or a wrong assertion about it is disputed by nobody",
	confirmed: "L1 fails",
} as const;
