import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { GameReader } from "../ports/Game.ts";
import type { Orderer } from "../ports/Orderer.ts";
import * as Decimal from "../wire/Decimal.ts";
import { SystemClock } from "./Clock.ts";
import { Loop } from "../roles/Loop.ts";

const PAUSE_MS = 400;

/** On which rung of the ladder each record stands: received and ordered when acknowledged, posted when its batch is on L1, confirmed with its assertion. */
export class Finality {
	readonly #ports: { readonly derived: DerivedExecutor; readonly orderer: Orderer; readonly game: GameReader };
	readonly #loop: Loop;
	/** Heights whose bundles were looked at, and the sequence number behind each end of batch. */
	#height = 0;
	readonly #sequenceAt = new Map<number, number>();
	#posted = 0;
	#confirmed = 0;
	#confirmedBatches = 0;
	#outboxRoot: Uint8Array | undefined;
	#assertion = "";

	constructor(ports: { readonly derived: DerivedExecutor; readonly orderer: Orderer; readonly game: GameReader }) {
		this.#ports = ports;
		const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };
		this.#loop = new Loop(new SystemClock(), silent, PAUSE_MS, () => this.#round());
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** The rung of a record by its sequence number. */
	of(sequence: number): object {
		const rung = sequence < this.#confirmed ? "confirmed" : sequence < this.#posted ? "posted" : "ordered";
		return {
			sequence,
			rung,
			undone_only_if: UNDONE[rung],
			evidence: { posted_below: this.#posted, confirmed_below: this.#confirmed, assertion: this.#assertion || null },
		};
	}

	status(): object {
		return {
			sequence_posted: this.#posted,
			sequence_confirmed: this.#confirmed,
			batches_confirmed: this.#confirmedBatches,
			latest_confirmed: this.#assertion || null,
		};
	}

	/** An account's withdrawals that L1 holds, oldest first; those not posted yet are not among them. */
	withdrawalsOf(account: number): readonly object[] {
		const { derived } = this.#ports;
		const known = this.#outboxRoot;
		return derived.withdrawals
			.filter((withdrawal) => withdrawal.account === account)
			.map((withdrawal) => ({
				...withdrawal,
				amount: Decimal.format(withdrawal.amount, Decimal.MICRO),
				confirmed: known !== undefined && derived.withdrawalProof(withdrawal.index, known) !== undefined,
			}));
	}

	/** What a claim on L1 needs, once the withdrawal is confirmed. */
	withdrawalProof(index: number): object | undefined {
		const proof = this.#outboxRoot && this.#ports.derived.withdrawalProof(index, this.#outboxRoot);
		if (!proof || !this.#outboxRoot) return undefined;
		return { outbox_root: Bytes.toHex(this.#outboxRoot), ...proof.withdrawal, siblings: proof.siblings.map(Bytes.toHex) };
	}

	async #round(): Promise<void> {
		const { derived, orderer, game } = this.#ports;
		for (const bundle of await orderer.read(this.#height + 1, orderer.height)) {
			this.#sequenceAt.set(bundle.streamEnd, bundle.firstSequence + bundle.recordCount);
			this.#height = bundle.height;
		}
		this.#posted = this.#sequenceAt.get(derived.streamEnd) ?? this.#posted;
		const snapshot = await game.look();
		const assertion = snapshot.assertions.get(snapshot.latestConfirmed);
		if (!assertion || assertion.finalState.length === 0) return;
		this.#assertion = assertion.id;
		this.#outboxRoot = assertion.finalState.slice(64, 96);
		this.#confirmedBatches = Bytes.uint(assertion.finalState, 96, 8);
		const end = derived.batch(this.#confirmedBatches - 1)?.streamEnd;
		this.#confirmed = (end === undefined ? undefined : this.#sequenceAt.get(end)) ?? this.#confirmed;
	}
}

const UNDONE = {
	ordered: "the committee equivocates, and is slashed by its own signatures",
	posted: "L1 fails, or a wrong assertion about it is disputed by nobody",
	confirmed: "L1 fails",
} as const;
