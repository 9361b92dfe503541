// What `npm run bench` measures on the realistic mix (mix.ts). Each function works for about `seconds` of measured time.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LeafFile } from "../src/executor/LeafFile.ts";
import { Result } from "../src/machine/Result.ts";
import * as Valuations from "../src/machine/risk/Valuations.ts";
import * as State from "../src/machine/state/State.ts";
import { NONE } from "../src/machine/types/Machine.ts";
import * as Series from "../src/machine/types/Series.ts";
import type { CellBytes } from "../src/executor/TrackedState.ts";
import { START } from "./market.ts";
import * as Mix from "./mix.ts";

const SEED = 1;
/** Two seconds' worth, with their two reports. */
const MESSAGES = 100_000;

export type Venue = { readonly cells: readonly CellBytes[]; readonly mix: Mix.Mix };

export function venue(): Venue {
	const cells = [...Mix.venue(Mix.VENUE, SEED)];
	return { cells, mix: Mix.mix(cells, Mix.VENUE, SEED + 1, MESSAGES) };
}

/** Messages and steps a second on one core; with leaves, with the commitment after every step written to them. */
function run({ cells, mix }: Venue, seconds: number, leaves?: LeafFile): { readonly messages: number; readonly steps: number } {
	let [messages, steps, elapsed] = [0, 0, 0];
	while (elapsed < seconds * 1000) {
		const { runner, tracked } = Mix.open(cells);
		const start = performance.now();
		for (const input of mix.inputs) {
			runner.advance(input);
			if (leaves) leaves.append(runner.commitment());
			while (runner.machine.registers.kind !== NONE) {
				runner.advance(Mix.pendingAt(input.clock));
				if (leaves) leaves.append(runner.commitment());
			}
			messages++;
			// As in a node, which notes after every bundle what there is to hash and to save.
			if (!leaves && messages % 256 === 0) tracked.collect();
			if (messages % 256 === 0 && elapsed + performance.now() - start > seconds * 1000) break;
		}
		elapsed += performance.now() - start;
		steps += runner.step;
	}
	return { messages: (messages / elapsed) * 1000, steps: (steps / elapsed) * 1000 };
}

/** Messages a second, nothing committed to. */
export function messages(at: Venue, seconds: number): number {
	return run(at, seconds).messages;
}

/** Steps a second with the commitment after every one of them, on the disk. */
export function commitments(at: Venue, seconds: number): number {
	const directory = mkdtempSync(join(tmpdir(), "strikeproof-bench-"));
	const leaves = LeafFile.open(join(directory, "leaves"));
	try {
		return run(at, seconds, leaves).steps;
	} finally {
		leaves.close();
		rmSync(directory, { recursive: true, force: true });
	}
}

/** Milliseconds from a signed report of every expiry to the values of all 500 series in all scenarios: the median of as many reports. */
export function report({ cells }: Venue, count: number): number {
	const { runner, state } = Mix.open(cells);
	const times = Array.from({ length: count }, (_, i) => {
		const clock = START + 1 + i;
		const payload = Mix.reportOf(4_000_000_000 + 1_000_000 * (i % 7), clock);
		const start = performance.now();
		const { result } = runner.advance(Mix.inputOf(payload, 0, clock));
		if (result !== Result.Ok) throw new Error(`the report is refused: ${result}`);
		for (const series of Mix.SERIES) Valuations.of(state.live, series, State.expiry(state.live, Series.expirySlotOf(series)));
		return performance.now() - start;
	});
	return times.sort((a, b) => a - b)[Math.floor(count / 2)];
}

/** Resident megabytes of a process with 100,000 accounts and 50,000 orders (weigh.ts). */
export function memory(): number {
	const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, "weigh.ts")], { encoding: "utf8" });
	if (status !== 0) throw new Error(`the venue could not be weighed: ${stderr}`);
	const { accounts, orders, residentMegabytes } = JSON.parse(stdout) as { accounts: number; orders: number; residentMegabytes: number };
	if (accounts !== 100_000 || orders !== 50_000) throw new Error(`weighed ${accounts} accounts and ${orders} orders`);
	return residentMegabytes;
}
