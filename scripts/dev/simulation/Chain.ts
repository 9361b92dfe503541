// L1 as the roles see it: blocks at intervals, transactions that wait for one, an inbox with the contracts' rules, endpoints that fail, and reorganisations that
// take back the last batches.

import type { InboxReader, L1Fees, TransactionOutcome, TransactionRequest, TransactionSender } from "../../../src/ports/Chain.ts";
import type { GameReader, GameTransactions } from "../../../src/ports/Game.ts";
import type { Carrier, InboxTransactions } from "../../../src/ports/Inbox.ts";
import type { BatchProposal } from "../../../src/ports/Orderer.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { MemoryChain } from "../../../test/executor/memoryChain.ts";
import { Game } from "./Game.ts";
import type { Process } from "./Process.ts";
import { PACE } from "./Process.ts";
import type { Scheduler } from "./Scheduler.ts";

const BLOCK_SECONDS = 12;
export const BLOCK_MS = (BLOCK_SECONDS * 1000) / PACE;
/** How far a batch may end ahead of L1's clock: contracts/inbox/SequencerInbox.sol. */
const DRIFT_SECONDS = 60;

type Run = (from: string) => string | undefined;
type Waiting = { readonly run: () => string | undefined; readonly resolve: (outcome: TransactionOutcome) => void };

export class Chain {
	readonly inbox = new MemoryChain();
	/** Whether no endpoint answers, and nothing is mined that is sent. */
	isDown = false;
	/** Time of the last block. */
	time: number;
	readonly #scheduler: Scheduler;
	readonly #time: () => number;
	#waiting: Waiting[] = [];
	#number = 0;
	readonly #requests = new Map<string, Run>();
	/** Of every batch: the accumulator behind it, and the block that holds it. */
	readonly #posted: { readonly accumulator: Uint8Array; readonly block: number }[] = [];
	readonly game: Game;

	/** `next` is the machine's commitment one step after another, for batches up to a target: what the verifier of single steps knows. */
	constructor(
		scheduler: Scheduler,
		time: () => number,
		genesis: Uint8Array,
		blocksLost: number,
		next: (preState: Uint8Array, targetBatch: number) => Uint8Array | undefined,
	) {
		this.#scheduler = scheduler;
		this.#time = time;
		this.time = time();
		this.game = new Game(
			{
				accumulator: (batches) => this.#posted[batches - 1]?.accumulator,
				batchCount: () => this.#posted.length,
				next,
			},
			genesis,
			blocksLost,
		);
		this.#mine();
	}

	#mine(): void {
		this.#scheduler.after(BLOCK_MS, () => this.#mine());
		this.time = this.#time();
		this.#number += 1;
		this.game.mined(this.#number);
		for (const { run, resolve } of this.#waiting.splice(0)) {
			const error = run();
			resolve(error === undefined ? { status: "mined", hash: "0x", block: this.#number, gasUsed: 0n } : { status: "reverted", error });
		}
	}

	/** Something done in the next block, by nobody in particular. */
	submit(run: () => void): void {
		this.#waiting.push({
			run: () => {
				run();
				return undefined;
			},
			resolve: () => undefined,
		});
	}

	/** L1 as a process reads it. */
	reader(process: Process): InboxReader {
		const ask = <T>(work: () => Promise<T>): Promise<T> =>
			process.answer(3, () => {
				if (this.isDown) throw new Error("the endpoint does not answer");
				return work();
			});
		const { inbox } = this;
		return {
			head: () => ask(async () => ({ ...(await inbox.head()), time: this.time })),
			batchCount: () => ask(() => inbox.batchCount()),
			messageCount: () => ask(() => inbox.messageCount()),
			finalMessageCount: () => ask(() => inbox.finalMessageCount()),
			batches: (from, to) => ask(() => inbox.batches(from, to)),
			messages: (from, to) => ask(() => inbox.messages(from, to)),
			forceAllowedAt: () => ask(() => inbox.forceAllowedAt()),
		};
	}

	/** The game as a process reaches it. */
	gamePorts(process: Process): GameReader & GameTransactions {
		return this.game.ports(
			(work) =>
				process.answer(3, () => {
					if (this.isDown) throw new Error("the endpoint does not answer");
					return work();
				}),
			(key, run) => this.#make(key, run),
		);
	}

	#make(key: string, run: Run): TransactionRequest {
		this.#requests.set(key, run);
		return { key, to: "0x", data: "0x" };
	}

	sender(process: Process, address = "0x0000000000000000000000000000000000000001"): TransactionSender {
		return {
			address,
			send: ({ key }: TransactionRequest) =>
				new Promise<TransactionOutcome>((resolve, reject) => {
					const run = this.#requests.get(key);
					if (!run) return reject(new Error(`nobody made the transaction ${key}`));
					if (this.isDown) return process.later(500, () => reject(new Error("the endpoint does not answer")));
					this.#waiting.push({ run: () => run(address), resolve: (outcome) => process.later(5, () => resolve(outcome)) });
				}),
		};
	}

	get transactions(): Pick<InboxTransactions, "postBatch" | "forceInclude"> {
		const make = (key: string, run: Run): TransactionRequest => this.#make(key, run);
		return {
			postBatch: (proposal, content, _, carrier) =>
				make(`batch/${proposal.index}/${Bytes.toHex(proposal.previousAccumulator)}`, () => this.#post(proposal, content, carrier)),
			forceInclude: (l1End) => make(`force/${l1End}`, () => this.forceInclude(l1End)),
		};
	}

	/** The last `count` batches are gone, as if their blocks had never been. Their transactions wait again; what the inbox was sent is mined at once. */
	async reorganise(count: number): Promise<void> {
		const all = await this.inbox.batchCount();
		const gone = await this.inbox.batches(Math.max(0, all - count), all);
		this.inbox.reorganise(all - gone.length, await this.inbox.messageCount());
		const [first] = this.#posted.splice(all - gone.length);
		if (first) this.game.goBack(first.block);
		let before = this.inbox.last.accumulator;
		for (const { index, carrier, accumulator } of gone) {
			const key = `batch/${index}/${Bytes.toHex(before)}`;
			const run = carrier === Batch.FORCED_CARRIER ? undefined : this.#requests.get(key);
			if (run) this.submit(() => void run("0x"));
			before = accumulator;
		}
	}

	forceInclude(l1End: number): string | undefined {
		if (l1End <= this.inbox.last.l1End) return "NothingToInclude";
		this.inbox.forceInclude(l1End);
		this.#noted();
		return undefined;
	}

	/** Blobs are the cheaper carrier most of the time, and dear for a while in between. */
	async fees(): Promise<L1Fees> {
		return { gasPrice: 10n ** 9n, blobGasPrice: Math.floor(this.time / 60) % 3 === 0 ? 10n ** 12n : 1n };
	}

	#post(proposal: BatchProposal, content: Uint8Array, carrier: Carrier): string | undefined {
		if (!Bytes.equal(proposal.previousAccumulator, this.inbox.last.accumulator)) return "WrongAccumulator";
		if (proposal.maxTime > this.time + DRIFT_SECONDS) return "TooFarAhead";
		try {
			this.inbox.post(content, proposal.minTime, proposal.maxTime, proposal.l1End, carrier === "blob" ? Batch.BLOB : Batch.CALLDATA);
			this.#noted();
			return undefined;
		} catch (error) {
			return (error as Error).message;
		}
	}

	#noted(): void {
		this.#posted.push({ accumulator: this.inbox.last.accumulator, block: this.#number });
	}
}
