// What the runs of each cell came to.

import type { Played } from "./play.ts";

export type CellReport = {
	readonly cell: string;
	readonly times: number;
	readonly expected: string;
	readonly observed: string;
	readonly note?: string;
	/** The worst of the runs. */
	readonly acknowledgedDuring: number;
	readonly firstBlockMs: number;
	readonly recoveryMs: number;
	readonly healthyMs: number;
	readonly returnedMs?: number;
	readonly longestGapMs: number;
	readonly lost: number;
	readonly wrongStates: number;
	readonly slashed: number;
	/** Runs in which the trader's position settled for the right amount, and in which he was paid on L1. */
	readonly settledRight: number;
	readonly paid: number;
};

export type Report = {
	readonly played: number;
	/** Cells in which something else was seen than expected, something was lost or wrong, or a trader was not paid what was due. */
	readonly unexpected: number;
	readonly lost: number;
	readonly wrongStates: number;
	readonly paid: number;
	/** The most between the machine's settlement price and that of L1's own oracle, micro-USDC. */
	readonly oracleDifference: number;
	readonly cells: readonly CellReport[];
	readonly skipped: readonly { readonly name: string; readonly why: string }[];
};

export function isAsExpected(cell: CellReport): boolean {
	const { expected, observed, lost, wrongStates, times, settledRight, paid } = cell;
	return observed === expected && lost === 0 && wrongStates === 0 && settledRight === times && paid === times;
}

export function summary(played: readonly Played[], skipped: Report["skipped"], oracleDifference: number): Report {
	const cells: CellReport[] = [];
	for (const name of new Set(played.map(({ cell }) => cell))) {
		const runs = played.filter(({ cell }) => cell === name);
		const worst = (of: (run: Played) => number): number => Math.max(...runs.map(of));
		const [{ expected, note }] = runs;
		cells.push({
			...{ cell: name, times: runs.length, expected, observed: runs.find((run) => run.observed !== expected)?.observed ?? expected, note },
			acknowledgedDuring: Math.min(...runs.map(({ acknowledgedDuring }) => acknowledgedDuring)),
			firstBlockMs: worst(({ firstBlockMs }) => firstBlockMs),
			recoveryMs: worst(({ recoveryMs }) => recoveryMs),
			healthyMs: worst(({ healthyMs }) => healthyMs),
			...(runs[0].returnedMs === undefined ? {} : { returnedMs: worst(({ returnedMs }) => returnedMs ?? 0) }),
			longestGapMs: worst(({ longestGapMs }) => longestGapMs),
			lost: runs.reduce((sum, { lost }) => sum + lost, 0),
			wrongStates: runs.reduce((sum, { wrongStates }) => sum + wrongStates, 0),
			slashed: worst(({ slashed }) => slashed),
			settledRight: runs.filter(({ settledRight }) => settledRight).length,
			paid: runs.filter(({ paid }) => paid).length,
		});
	}
	const sum = (of: (cell: CellReport) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
	return {
		played: sum(({ times }) => times),
		unexpected: cells.filter((cell) => !isAsExpected(cell)).length,
		lost: sum(({ lost }) => lost),
		wrongStates: sum(({ wrongStates }) => wrongStates),
		paid: sum(({ paid }) => paid),
		oracleDifference,
		cells,
		skipped,
	};
}
