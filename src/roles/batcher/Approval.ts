import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { BatchProposal } from "../../ports/Orderer.ts";
import * as Batch from "../../protocol/Batch.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import { decide } from "./decide.ts";
import type { View } from "./view.ts";

export type ApprovalPorts = {
	readonly inbox: InboxReader;
	readonly live: LiveExecutor;
	readonly clock: Clock;
	readonly log: Log;
	/** Bytes of records in the first `index` batches, undefined while that is not derived. */
	readonly streamStart: (index: number) => number | undefined;
};

const PAUSE_MS = 200;

/**
 * A member's judgement of a batch that others propose: whether it would post that batch itself. It is asked while the committee votes, when nobody may wait
 * for L1, so it remembers what L1 looked like a moment ago. What is not known is not approved.
 */
export class Approval {
	readonly #ports: ApprovalPorts;
	readonly #loop: Loop;
	#seen: Omit<View, "cut"> | undefined;
	#messageCount = 0;

	constructor(ports: ApprovalPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.#look());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	/** Final messages that L1 held when it was last looked at, 0 before. */
	get messageCount(): number {
		return this.#messageCount;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** Whether this member would post exactly this batch now. */
	approves(proposal: BatchProposal): boolean {
		const { live, streamStart } = this.#ports;
		const seen = this.#seen;
		const start = seen && streamStart(seen.index);
		if (!seen || start === undefined) return false;
		const cut = live.cut(seen.index, start, Batch.MAX_BATCH_BYTES, proposal.toHeight);
		const own = decide({ ...seen, cut });
		return own !== undefined && isSame(own, proposal);
	}

	async #look(): Promise<void> {
		const { inbox } = this.#ports;
		const head = await inbox.head();
		const index = await inbox.batchCount();
		const last = index > 0 ? (await inbox.batches(index - 1, index))[0] : undefined;
		this.#messageCount = await inbox.finalMessageCount();
		this.#seen = {
			index,
			previousAccumulator: last?.accumulator ?? new Uint8Array(32),
			lastMaxTime: last?.maxTime ?? 0,
			l1Time: head.time,
		};
	}
}

function isSame(a: BatchProposal, b: BatchProposal): boolean {
	const fields = ["index", "minTime", "maxTime", "l1End", "fromHeight", "toHeight"] as const;
	return fields.every((field) => a[field] === b[field]) && Bytes.equal(a.previousAccumulator, b.previousAccumulator);
}
