import type { PostedBatch } from "../../src/ports/Chain.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { MemoryChain } from "./memoryChain.ts";
import { DEPOSIT, Program, START, TRADERS, deposit, opening } from "./world.ts";

/** A chain that shows only its first batches, until told to show more. */
export class GradualChain extends MemoryChain {
	#shown = Number.POSITIVE_INFINITY;

	show(count: number): void {
		this.#shown = count;
	}

	override async batchCount(): Promise<number> {
		return Math.min(this.#shown, await super.batchCount());
	}

	override async batches(from: number, to: number): Promise<readonly PostedBatch[]> {
		return super.batches(from, Math.min(to, this.#shown));
	}
}

/** The same few batches every time: an open market, then random programs, each with a deposit that its end takes. */
export function fixedChain(batches = 8, messages = 80): GradualChain {
	const chain = new GradualChain();
	for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
	chain.post(Bytes.concat(...opening(START).map((payload) => Batch.encodeRecord(payload, 0))), START, START, TRADERS.length);
	const program = new Program(42, START);
	for (let batch = 1; batch < batches; batch++) {
		const began = program.clock;
		chain.send(DEPOSIT_KIND, deposit(1 + (batch % TRADERS.length), 1_000_000 * batch), began);
		const records = Array.from({ length: messages }, () => {
			const { payload, delay } = program.next();
			return Batch.encodeRecord(payload, delay);
		});
		chain.post(Bytes.concat(...records), began, program.clock, TRADERS.length + batch);
	}
	return chain;
}
