import * as Messages from "../../machine/step/Messages.ts";
import type { InboxReader, TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { EvidenceChain } from "../../ports/Evidence.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { Store } from "../../ports/Store.ts";
import * as Signature from "../../machine/math/Signature.ts";
import type { CheckpointVote, Receipt, StateVote } from "../../protocol/Checkpoint.ts";
import * as Checkpoint from "../../protocol/Checkpoint.ts";
import type { Vote } from "../../protocol/EngineVote.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import { Ledger } from "./Ledger.ts";
import { Promises } from "./Promises.ts";
import type { Confirmed } from "./Promises.ts";
import type { Game } from "./States.ts";
import { States } from "./States.ts";
import * as Statements from "./Statements.ts";
import type { Domains, Statement } from "./Statements.ts";

export type WatcherPorts = {
	readonly store: Store;
	readonly domains: Domains;
	/** Whose statements count: members of the committee, and reporters. Others have no stake to lose, and would fill the disk. */
	readonly isKnown: (address: string) => boolean;
	/** What L1 confirmed of the order; without it receipts are held against each other alone. */
	readonly confirmed?: Confirmed;
	readonly inbox: InboxReader;
	/** The games on L1 as they were derived here; without it no signed state is judged. */
	readonly games?: () => readonly Game[];
	readonly chain: EvidenceChain;
	readonly sender: TransactionSender;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** How long this watcher leaves evidence to those whose turn is before its own. */
	readonly patienceMs?: number;
};

const PAUSE_MS = 1_000;

/** Remembers who signed what, and shows L1 whoever contradicts himself: his stake is gone, a quarter of it to whoever showed it. */
export class Watcher {
	readonly #ports: WatcherPorts;
	readonly #ledger: Ledger;
	readonly #promises: Promises | undefined;
	readonly #states: States;
	readonly #loop: Loop;
	/** Evidence by signer, and since when it is known here. */
	readonly #since = new Map<string, number>();
	#noting: Promise<unknown> = Promise.resolve();
	#batches = 0;

	constructor(ports: WatcherPorts) {
		this.#ports = ports;
		this.#ledger = new Ledger(ports.store);
		this.#promises = ports.confirmed && new Promises(ports.store, ports.confirmed);
		this.#states = new States(ports.store);
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await this.#noting;
	}

	/** A receipt that somebody shows. Returns its signer, or undefined when that is nobody with a stake here. */
	receipt(receipt: Receipt, signature: Uint8Array): string | undefined {
		const statement = Statements.receipt(this.#ports.domains, receipt, signature);
		this.#hear([statement]);
		if (!this.#ports.isKnown(statement.signer)) return undefined;
		this.#note(async () => this.#promises?.note(statement));
		return statement.signer;
	}

	/** A root that came with a vote. */
	checkpoint(vote: CheckpointVote, signature: Uint8Array): void {
		this.#hear([Statements.checkpoint(this.#ports.domains, vote, signature)]);
	}

	/** What a member's engine voted. */
	vote(vote: Vote, signature: Uint8Array): void {
		this.#hear([Statements.vote(this.#ports.domains, vote, signature)]);
	}

	/** A state at a place that L1 knows, as it came with a vote. */
	state(vote: StateVote, signature: Uint8Array): void {
		const { domains, games, isKnown } = this.#ports;
		const signer = Signature.recover(Checkpoint.stateDigest(domains.committee, vote), signature);
		if (games && isKnown(signer)) this.#states.hear(signer, vote, signature);
	}

	/** A record of the order: reports of prices are statements. */
	record(payload: Uint8Array): void {
		const report = payload[0] === Messages.REPORT ? Messages.parseReport(payload) : undefined;
		if (report) this.#hear(Statements.reports(this.#ports.domains, report));
	}

	/** A batch with the signatures under it, wherever it was found. `contentHash` is what they bind (Blob.contentHash). */
	batch(
		vote: { index: number; previousAccumulator: Uint8Array; minTime: number; maxTime: number; l1End: number },
		contentHash: Uint8Array,
		signatures: readonly Uint8Array[],
	): void {
		const { domains } = this.#ports;
		this.#hear(signatures.map((signature) => Statements.batch(domains, { ...vote, contentHash }, signature)));
	}

	/** Reads the certificates on L1, and shows L1 the evidence whose turn it is. */
	async round(): Promise<void> {
		await this.#readBatches();
		this.#note(() => this.#judge());
		await this.#noting;
		await this.#judgeStates();
		const { chain, sender, log, metrics, patienceMs = 0 } = this.#ports;
		for (const evidence of this.#ledger.pending()) {
			const { signer, kind } = evidence;
			const since = this.#since.get(signer) ?? performance.now();
			this.#since.set(signer, since);
			if (!(await chain.isSlashable(signer))) {
				await this.#ledger.settle(evidence);
				continue;
			}
			if (performance.now() - since < patienceMs) continue;
			const outcome = await sender.send(chain.accusation(evidence));
			if (outcome.status === "reverted") {
				log.warn("L1 did not take the evidence", { signer, kind, error: outcome.error });
				continue;
			}
			if (outcome.status === "mined") {
				metrics.add("watcher_slashed", 1);
				log.info("slashed who contradicted himself", { signer, kind, gas: outcome.gasUsed.toString() });
			}
			await this.#ledger.settle(evidence);
		}
	}

	async #readBatches(): Promise<void> {
		const { inbox } = this.#ports;
		const count = await inbox.batchCount();
		// L1 may have replaced some: what was signed stays signed.
		const from = Math.min(this.#batches, count);
		const before = from > 0 ? (await inbox.batches(from - 1, from))[0]?.accumulator : new Uint8Array(32);
		if (!before) return;
		let previousAccumulator = before;
		for (const batch of await inbox.batches(from, count)) {
			if (batch.contentHash) this.batch({ ...batch, previousAccumulator }, batch.contentHash, batch.signatures ?? []);
			previousAccumulator = batch.accumulator;
		}
		this.#batches = count;
	}

	async #judgeStates(): Promise<void> {
		const { games, log, metrics } = this.#ports;
		if (!games) return;
		const { agreed, wrong, falsified } = await this.#states.judge(games());
		metrics.add("watcher_states_agreed", agreed);
		for (const { signer, gameId, step, commitment } of wrong)
			log.alarm("FalseState", "somebody signed a state that is not the one derived here: L1 is shown it when the true one is confirmed", {
				...{ signer, gameId, step, commitment },
			});
		for (const evidence of falsified) {
			await this.#ledger.accuse(evidence);
			await this.#states.forget(evidence);
		}
	}

	#hear(statements: readonly Statement[]): void {
		const { isKnown, log } = this.#ports;
		this.#note(async () => {
			for (const statement of statements) {
				if (!isKnown(statement.signer)) continue;
				const evidence = await this.#ledger.note(statement);
				if (!evidence) continue;
				const { signer, kind } = evidence;
				log.alarm("Equivocation", "somebody signed two things that contradict each other: L1 is shown both", { signer, kind });
				this.#loop.wake();
			}
		});
	}

	/** Holds receipts against what L1 confirmed. */
	async #judge(): Promise<void> {
		await this.#promises?.judge(async (broken) => {
			const { signer, kind } = broken;
			if (await this.#ledger.accuse(broken))
				this.#ports.log.alarm("Equivocation", "the confirmed order is not what somebody signed for: L1 is shown both", { signer, kind });
		});
	}

	/** One thing after the other, so that the first of two contradictions is on the disk when the second comes. */
	#note(work: () => Promise<unknown>): void {
		this.#noting = this.#noting.then(work).catch((error: unknown) => {
			this.#ports.log.warn("a statement could not be noted", { reason: (error as Error).message });
		});
	}
}
