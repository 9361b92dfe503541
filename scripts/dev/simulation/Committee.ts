// The engine that orders, as its users see it: four validators decide one bundle after another while three of them live and reach each other. What was decided
// stands for ever; how fast it reaches a node, and whether a node can propose, is the network's matter.

import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import type { BatchCertificate, BatchProposal, Bundle, OrderedBundle, Orderer } from "../../../src/ports/Orderer.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import type { Process } from "./Process.ts";
import { never } from "./Process.ts";
import type { Scheduler } from "./Scheduler.ts";

export const VALIDATORS = 4;
const QUORUM = 3;
const ROUND_MS = 120;

type Waiting = { readonly bundle: Bundle; readonly process: Process; readonly resolve: (ordered: OrderedBundle) => void };

/** What one validator knows: it has heard of the bundles up to `heard`. */
type Seat = { process: Process | undefined; heard: number; group: number; waiting: Waiting[]; listeners: Set<() => void> };

export class Committee {
	readonly decided: OrderedBundle[] = [];
	readonly seats: Seat[];
	/** By index and previous accumulator: what the committee signed there, once for ever. */
	readonly certificates = new Map<string, BatchProposal>();
	/** How much slower the network is than it ought to be. */
	slowness = 1;
	/** The exchange's time after what is decided; a batch that L1 forced in between may have brought the state's further. */
	clock = 0;
	stateClock: () => number = () => 0;
	/** What the committee sees of L1's inbox: how many messages there are, how many the state has consumed, and whether it looks at all. */
	l1: () => { isIgnored: boolean; count: number; taken: number } = () => ({ isIgnored: true, count: 0, taken: 0 });
	readonly #scheduler: Scheduler;
	readonly #random: () => number;
	#turn = 0;
	#taken = 0;

	constructor(scheduler: Scheduler, random: () => number) {
		this.#scheduler = scheduler;
		this.#random = random;
		this.seats = Array.from({ length: VALIDATORS }, () => ({ process: undefined, heard: 0, group: 0, waiting: [], listeners: new Set() }));
		this.#round();
	}

	/** Whom a seat reaches, itself included: who lives, runs, and is in its part of the network. */
	reached(seat: Seat): Seat[] {
		return this.seats.filter(({ process, group }) => process?.isAlive === true && !process.isStopped && group === seat.group);
	}

	#delay(): number {
		return (5 + 45 * this.#random()) * this.slowness;
	}

	/** One bundle is decided where a quorum is, whoever of it has one; and those who lag hear more. */
	#round(): void {
		this.#scheduler.after(ROUND_MS * this.slowness * (0.5 + this.#random()), () => this.#round());
		for (const seat of this.seats) this.#tell(seat);
		const quorum = this.seats.map((seat) => this.reached(seat)).find((group) => group.length >= QUORUM);
		if (!quorum) return;
		this.#takeL1(quorum);
		for (let i = 0; i < VALIDATORS; i++) {
			const seat = this.seats[(this.#turn + i) % VALIDATORS];
			const next = quorum.includes(seat) ? seat.waiting.shift() : undefined;
			if (!next) continue;
			this.#turn += i + 1;
			if (!next.process.isAlive) return;
			const ordered = this.#order(next.bundle, quorum);
			next.process.later(this.#delay(), () => next.resolve(ordered));
			for (const one of quorum) this.#tell(one);
			return;
		}
	}

	/** A seat that reaches the quorum hears of the next bundles, in order. */
	#tell(seat: Seat): void {
		const { process } = seat;
		if (!process || seat.heard === this.decided.length || this.reached(seat).length < QUORUM || !this.reached(seat).includes(seat)) return;
		const height = this.decided.length;
		process.later(this.#delay(), () => {
			if (height <= seat.heard) return;
			seat.heard = height;
			for (const listener of [...seat.listeners]) listener();
		});
	}

	/** What L1 holds for the exchange is taken in by the committee, in bundles of its own: were it the gateways', each would take it. */
	#takeL1(quorum: readonly Seat[]): void {
		const { isIgnored, count, taken } = this.l1();
		this.#taken = Math.max(this.#taken, taken);
		const fresh = isIgnored ? 0 : count - this.#taken;
		if (fresh <= 0) return;
		const take = Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0);
		this.#order({ records: Bytes.concat(...Array.from({ length: fresh }, () => take)), recordCount: fresh }, quorum);
		this.#taken += fresh;
		for (const one of quorum) this.#tell(one);
	}

	/** Time is the committee's, the median of those who decide: were it the gateways', each would add the seconds that another has added. */
	#order(bundle: Bundle, quorum: readonly Seat[]): OrderedBundle {
		const { recordCount } = bundle;
		const clocks = quorum.map(({ process }) => process?.now() ?? 0).sort((a, b) => a - b);
		this.clock = Math.max(this.clock, this.stateClock());
		let delay = Math.max(0, (clocks[clocks.length >> 1] ?? 0) - this.clock);
		this.clock += delay;
		const parts: Uint8Array[] = [];
		for (let at = 0; at < bundle.records.length; delay = 0) {
			const record = Batch.readRecord(bundle.records, 0, at, bundle.records.length);
			at = record.payloadAt + record.length;
			parts.push(Batch.encodeRecord(bundle.records.slice(record.payloadAt, at), delay));
		}
		const records = Bytes.concat(...parts);
		const last = this.decided.at(-1);
		const ordered = {
			records,
			recordCount,
			height: this.decided.length + 1,
			firstSequence: last ? last.firstSequence + last.recordCount : 0,
			streamEnd: (last?.streamEnd ?? 0) + records.length,
			streamHash: Keccak.hashPair(last?.streamHash ?? new Uint8Array(32), Keccak.hash(records)),
		};
		this.decided.push(ordered);
		return ordered;
	}

	/** The engine as the process of a seat holds it. */
	orderer(place: number, process: Process): Orderer {
		const seat = this.seats[place];
		Object.assign(seat, { process, waiting: [], listeners: new Set() });
		const { decided, certificates } = this;
		const reached = (): Seat[] => this.reached(seat);
		return {
			stamps: true,
			get height() {
				return seat.heard;
			},
			submit: (bundle) =>
				process.isAlive ? new Promise<OrderedBundle>((resolve) => seat.waiting.push({ bundle, process, resolve })) : never(),
			read: async (from, to) => decided.slice(from - 1, Math.min(to, seat.heard)),
			async *stream(from, signal) {
				for (let next = Math.max(1, from); !signal.aborted;) {
					if (!process.isAlive) await never();
					if (next <= seat.heard) {
						yield decided[next - 1];
						next += 1;
						continue;
					}
					await new Promise<void>((resolve) => {
						const done = (): void => {
							seat.listeners.delete(done);
							signal.removeEventListener("abort", done);
							resolve();
						};
						seat.listeners.add(done);
						signal.addEventListener("abort", done, { once: true });
					});
				}
			},
			certificate: (asked) =>
				process.answer(this.#delay(), (): BatchCertificate | undefined => {
					if (reached().length < QUORUM) return undefined;
					const key = `${asked.index}/${Bytes.toHex(asked.previousAccumulator)}`;
					const proposal = certificates.get(key) ?? asked;
					certificates.set(key, proposal);
					const content = Bytes.concat(...decided.slice(proposal.fromHeight - 1, proposal.toHeight).map(({ records }) => records));
					return { proposal, content, signatures: [] };
				}),
		};
	}
}
