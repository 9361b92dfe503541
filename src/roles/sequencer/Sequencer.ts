import type { Follower } from "../../executor/Follower.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import { speakerOf } from "../../executor/UserMessages.ts";
import type { SignaturePool } from "../../executor/SignaturePool.ts";
import type { RecordResult } from "../../executor/Events.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import { OrderingError } from "../../ordering/OrderingError.ts";
import type { Bundle, OrderedBundle, Orderer } from "../../ports/Orderer.ts";
import type { Signer } from "../../ports/Signer.ts";
import * as Batch from "../../protocol/Batch.ts";
import * as Checkpoint from "../../protocol/Checkpoint.ts";
import { Buckets } from "../../wire/RateLimit.ts";
import type { Rate } from "../../wire/RateLimit.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import * as Pace from "./Pace.ts";
import type { Executed } from "./Receipts.ts";
import { Receipts } from "./Receipts.ts";
import type { Refusal } from "./rules.ts";
import * as rules from "./rules.ts";

export type SequencerPorts = {
	readonly orderer: Orderer;
	/** The live state: who stands where; `follower` feeds it. */
	readonly live: LiveExecutor;
	readonly follower: Follower;
	readonly inbox: InboxReader;
	readonly signer: Signer;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Checks signatures on other threads; without it they are checked on this one. */
	readonly signatures?: SignaturePool;
	/** Separator of users' messages. */
	readonly userDomain: Uint8Array;
	/** Separator of the SequencerInbox: of receipts. */
	readonly receiptDomain: Uint8Array;
	/** Messages of one account; without it there may be any number. */
	readonly messages?: Rate;
	/** Whether a committee orders: agreement takes longer than collecting the next bundle, so that several are on their way. */
	readonly isOfCommittee?: boolean;
};

/** What a sender gets when his message is durable, ordered and executed. */
export type Acknowledgement = {
	readonly sequence: number;
	/** Bytes of the order before its record. */
	readonly offset: number;
	readonly messageHash: Uint8Array;
	readonly streamHash: Uint8Array;
	readonly time: number;
	/** The sequencer's signature over the five: it is slashed if it gives the number to another message, or the order another message the place. */
	readonly receipt: Uint8Array;
	readonly result: RecordResult;
};

/** A message that is not taken: for what it is, or because there are too many. */
export class NotTaken extends Error {
	readonly code: Refusal["code"] | "overloaded" | "rate_limited" | "silenced" | "stopped";
	/** When there is room again, if that is why. */
	readonly retryAfterMs: number | undefined;

	constructor(code: NotTaken["code"], detail: string, retryAfterMs?: number) {
		super(detail);
		this.code = code;
		this.retryAfterMs = retryAfterMs;
	}
}

/** The message was handed to the committee, and whether it is ordered is not known here: any gateway tells by its hash, once it is. */
export class Undecided extends Error {}

/** `state`: its signature is being checked, it may be taken, or it was refused and is skipped. Messages keep the order in which they came. */
type Waiting = {
	readonly payload: Uint8Array;
	readonly resolve: (acknowledgement: Acknowledgement) => void;
	readonly reject: (error: Error) => void;
	state: "checking" | "ready" | "refused";
};

/** LIMIT: messages that wait for a bundle; beyond it senders are told to slow down. */
const MAX_WAITING = 20_000;
const MAX_BUNDLE_BYTES = 60_000;
const PAUSE_MS = 8;
const L1_POLL_MS = 250;

/** Takes messages, has them ordered durably, executes them and gives receipts. */
export class Sequencer {
	readonly #ports: SequencerPorts;
	readonly #loop: Loop;
	readonly #silenced = new Set<number>();
	readonly #messages: Buckets<number> | undefined;
	readonly #receipts = new Receipts();
	#waiting: Waiting[] = [];
	#clock: number;
	#l1Taken: number;
	#l1Polled = 0;
	#ignoresL1 = false;
	#unanswered = 0;
	readonly #way = { bundles: 0, records: 0 };
	#handedAt = 0;
	#stopped = false;

	constructor(ports: SequencerPorts) {
		this.#ports = ports;
		this.#messages = ports.messages && new Buckets(ports.messages);
		this.#clock = ports.live.clock;
		this.#l1Taken = ports.live.l1Index;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.#round());
		ports.follower.onApplied((bundle, results) => this.#receipts.take(bundle, results));
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#loop.stop();
		for (const { reject } of this.#waiting.splice(0))
			reject(new NotTaken("stopped", "the sequencer is stopping: send it to another one, or later"));
	}

	/** Resolves when the message is durable and executed. Rejects with NotTaken when it is not taken: then it has no effect, ever. */
	submit(payload: Uint8Array): Promise<Acknowledgement> {
		const { live, userDomain } = this.#ports;
		if (this.#stopped) return Promise.reject(new NotTaken("stopped", "the sequencer is stopping: send it to another one, or later"));
		if (this.#waiting.length >= (this.#ports.isOfCommittee ? Pace.MAX_WAITING : MAX_WAITING))
			return Promise.reject(new NotTaken("overloaded", "too many messages are waiting: try again in a second"));
		const account = speakerOf(payload);
		if (account !== undefined && this.#silenced.has(account))
			return Promise.reject(new NotTaken("silenced", "this sequencer does not serve the account"));
		const { signatures } = this.#ports;
		const signers = (index: number): string[] | undefined => live.queries.signersOf(index);
		const checked = signatures ? rules.claimOf(payload, userDomain, signers) : rules.refusalOf(payload, userDomain, signers);
		if (checked && "code" in checked) return Promise.reject(new NotTaken(checked.code, checked.detail));
		const excess = checked || account === undefined || signatures ? undefined : this.#excessOf(account);
		if (excess) return Promise.reject(excess);
		return new Promise((resolve, reject) => {
			const waiting: Waiting = { payload, resolve, reject, state: "ready" };
			this.#waiting.push(waiting);
			if (!checked || !signatures) this.#loop.wake();
			else void this.#check(waiting, checked, signatures);
		});
	}

	/**
	 * Why an account's message is one too many, or undefined. SAFETY: only what its owner signed counts, otherwise anybody could use up another's share.
	 */
	#excessOf(account: number): NotTaken | undefined {
		const { messages } = this.#ports;
		const wait = messages && this.#messages?.take(account, performance.now());
		if (!wait) return undefined;
		const detail = `an account may send ${messages.perSecond} messages a second, and ${messages.burst} at once`;
		return new NotTaken("rate_limited", detail, wait);
	}

	/** Waits for the signer of a message that stands in line. */
	async #check(waiting: Waiting, claim: rules.Claim, signatures: SignaturePool): Promise<void> {
		waiting.state = "checking";
		try {
			const refusal = rules.signerRefusal(claim, await signatures.recover(claim.digest, claim.signature));
			const notTaken = refusal ? new NotTaken(refusal.code, refusal.detail) : this.#excessOf(claim.account);
			waiting.state = notTaken ? "refused" : "ready";
			if (notTaken) waiting.reject(notTaken);
		} catch (error) {
			waiting.state = "refused";
			waiting.reject(error as Error);
		}
		this.#loop.wake();
	}

	/**
	 * What became of a message, with this sequencer's signature under it, whichever gateway took it; undefined when none with this hash (lower-case hexadecimal)
	 * was executed lately.
	 */
	async receiptOf(messageHash: string): Promise<Acknowledgement | undefined> {
		const executed = this.#receipts.find(messageHash);
		return executed && this.#sign(executed);
	}

	/** For drills: censors an account and every L1 message, as a malicious sequencer would. */
	silence(account: number): void {
		this.#silenced.add(account);
		this.#ignoresL1 = true;
	}

	/** Ends the drill. */
	speak(): void {
		this.#silenced.clear();
		this.#ignoresL1 = false;
	}

	/** Messages taken that have no acknowledgement yet. */
	get pending(): number {
		return this.#waiting.length + this.#unanswered;
	}

	async #round(): Promise<void> {
		const { orderer, clock, log, isOfCommittee = false } = this.#ports;
		if (isOfCommittee ? !this.#isDue() : this.#way.bundles > 0) return;
		const takes = await this.#newL1Messages();
		this.#waiting = this.#waiting.filter(({ state }) => state !== "refused");
		if (this.#waiting[0]?.state !== "ready" && takes === 0) return;
		const taken: Waiting[] = [];
		const records: Uint8Array[] = [];
		// The clock is the state's own, or the world's when that is later; one delay at the head of the bundle carries it there.
		this.#clock = Math.max(this.#clock, this.#ports.live.clock);
		let delay = orderer.stamps ? 0 : Math.max(0, clock.now() - this.#clock);
		this.#clock += delay;
		const add = (payload: Uint8Array): void => {
			records.push(Batch.encodeRecord(payload, delay));
			delay = 0;
		};
		for (let i = 0; i < takes; i++) add(Uint8Array.of(Batch.TAKE_L1));
		for (let bytes = 0; this.#waiting.length > taken.length && records.length < Pace.MAX_BUNDLE_RECORDS && bytes < MAX_BUNDLE_BYTES;) {
			const next = this.#waiting[taken.length];
			if (next.state !== "ready") break;
			taken.push(next);
			bytes += next.payload.length;
			add(next.payload);
		}
		this.#waiting.splice(0, taken.length);
		this.#l1Taken += takes;
		const ordering = this.#order({ records: Bytes.concat(...records), recordCount: records.length }, taken, takes);
		// Executing this bundle overlaps with ordering the next.
		if (!isOfCommittee) await ordering;
		else ordering.catch((error: unknown) => log.warn("a bundle was not ordered", { reason: (error as Error).message }));
		if (this.#waiting.length > 0) this.#loop.wake();
	}

	/** Whether a committee gets the next bundle now. */
	#isDue(): boolean {
		return Pace.isDue({ ...this.#way, waiting: this.#waiting.length, sinceMilliseconds: performance.now() - this.#handedAt });
	}

	/** Has a bundle ordered; its senders are answered when it is executed. Rejects when it was not taken, after they were told. */
	async #order(bundle: Bundle, taken: readonly Waiting[], takes: number): Promise<void> {
		this.#handedAt = performance.now();
		this.#way.bundles += 1;
		this.#way.records += bundle.recordCount;
		try {
			void this.#acknowledge(await this.#ports.orderer.submit(bundle), taken, takes);
		} catch (error) {
			this.#l1Taken -= takes;
			for (const { reject } of taken) reject(told(error));
			throw error;
		} finally {
			this.#way.bundles -= 1;
			this.#way.records -= bundle.recordCount;
			this.#loop.wake();
		}
	}

	async #acknowledge(bundle: OrderedBundle, taken: readonly Waiting[], takes: number): Promise<void> {
		const { follower, metrics } = this.#ports;
		this.#unanswered += taken.length;
		try {
			const results = await follower.results(bundle.height);
			metrics.set("sequencer_height", bundle.height);
			const offsets = offsetsOf(bundle);
			// Asked for together, so that a signer on another thread gets them in one piece.
			await Promise.all(
				taken.map(async ({ payload, resolve }, i) => {
					const place = takes + i;
					const [sequence, offset] = [bundle.firstSequence + place, offsets[place]];
					const { streamHash } = bundle;
					resolve(await this.#sign({ sequence, offset, messageHash: Keccak.hash(payload), streamHash, result: results[place] }));
				}),
			);
		} catch (error) {
			for (const { reject } of taken) reject(error as Error);
		} finally {
			this.#unanswered -= taken.length;
		}
	}

	async #sign({ sequence, offset, messageHash, streamHash, result }: Executed): Promise<Acknowledgement> {
		const { signer, receiptDomain } = this.#ports;
		const receipt = { sequence, offset, messageHash, streamHash, time: result.time };
		return { ...receipt, receipt: await signer.sign(Checkpoint.receiptDigest(receiptDomain, receipt)), result };
	}

	/** Final L1 messages that no record took yet: a reorganisation must not change the order. L1 is asked a few times a second, not at every bundle. */
	async #newL1Messages(): Promise<number> {
		if (this.#ports.orderer.stamps || this.#ignoresL1 || Date.now() - this.#l1Polled < L1_POLL_MS) return 0;
		this.#l1Polled = Date.now();
		const count = await this.#ports.inbox.finalMessageCount();
		// L1 may have forced some in since this sequencer last took any.
		this.#l1Taken = Math.max(this.#l1Taken, this.#ports.live.l1Index);
		return Math.min(Pace.MAX_BUNDLE_RECORDS / 2, Math.max(0, count - this.#l1Taken));
	}
}

/** Where each record of a bundle begins, in bytes of the order. */
function offsetsOf({ records, streamEnd }: OrderedBundle): number[] {
	const offsets: number[] = [];
	for (let at = 0; at < records.length;) {
		const record = Batch.readRecord(records, 0, at, records.length);
		offsets.push(streamEnd - records.length + at);
		if (!record.ok) break;
		at = record.payloadAt + record.length;
	}
	return offsets;
}

/** What a sender is told when his bundle was not ordered. Only what was never handed on is known to have no effect. */
function told(error: unknown): Error {
	if (!(error instanceof OrderingError)) return error as Error;
	if (error.code === "OVERLOADED") return new NotTaken("overloaded", error.message);
	if (error.code === "CLOSED")
		return new Undecided("this gateway is stopping, and whether the message is ordered is not known yet: ask another one by its hash");
	return error;
}
