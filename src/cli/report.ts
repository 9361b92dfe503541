import type { Report } from "../node/Demonstration.ts";

export type Claim = { readonly sentence: string; readonly holds: boolean };

/** LIMIT: honest moves against one wrong assertion: a bisection on each of the 16 heights, and the proof. */
const MAX_MOVES = 17;
const MAX_BISECT_GAS = 120_000;
const MAX_STEP_GAS = 10_000_000;

/** Everything that the report claims, checked against its figures. */
export function claimsOf(report: Report): Claim[] {
	return [
		{ sentence: "at least 2,000 orders came in over the WebSocket, signed", holds: report.orders >= 2000 },
		{ sentence: "at least 500 of them filled", holds: report.fills >= 500 },
		{ sentence: "over at least 40 series, by at least 20 traders", holds: report.series >= 40 && report.traders >= 20 },
		{ sentence: "what had to be refused was refused, by name", holds: report.rejected > 0 && Object.keys(report.refused).length >= 4 },
		{ sentence: "the lying proposer lost its bond", holds: report.liarForfeited },
		{ sentence: `in at most ${MAX_MOVES} honest moves`, holds: report.honestMoves > 0 && report.honestMoves <= MAX_MOVES },
		{
			sentence: "each bisection within 120,000 gas, and the proof within 10,000,000",
			holds: report.bisectGasMax <= MAX_BISECT_GAS && report.oneStepGas > 0 && report.oneStepGas <= MAX_STEP_GAS,
		},
		{ sentence: "the censored trader's message was executed without the sequencer", holds: report.forcedIncluded },
		{ sentence: "the expiry settled", holds: report.settledSeries > 0 },
		{ sentence: "L1's own oracle fixed the same settlement prices", holds: report.oracleAgrees },
		{ sentence: "withdrawals were paid on L1", holds: BigInt(report.withdrawn) > 0n },
		{ sentence: "no account ended below zero", holds: report.insolventAccounts === 0 },
		{ sentence: "the vault holds what the final state owes, to the last micro-USDC", holds: report.conserved },
	];
}

const number = (value: number): string => value.toLocaleString("en");
const usdc = (micro: string): string => {
	const value = BigInt(micro);
	return `${(value / 1_000_000n).toLocaleString("en")}.${String(value % 1_000_000n).padStart(6, "0")} USDC`;
};

/** The report that a person reads. */
export function reportText(
	report: Report & { seconds: number },
	claims: readonly Claim[],
	where: { readonly api: string; readonly l1: string; readonly stays: boolean },
): string {
	const rows: [string, string][] = [
		[
			"market",
			`${number(report.orders)} orders, ${number(report.fills)} fills, ${number(report.cancels)} cancels in ${report.series} series by ${report.traders} traders`,
		],
		[
			"refused",
			Object.entries(report.refused)
				.map(([reason, count]) => `${reason} ${count}`)
				.join(", "),
		],
		["posted", `${report.batches} batches, ${report.confirmedAssertions} assertions confirmed`],
		[
			"the lie",
			`at step ${number(report.lieStep)} of ${number(report.stepCount)}; defeated in ${report.honestMoves} moves, the dearest bisection ${number(report.bisectGasMax)} gas, the proof ${number(report.oneStepGas)} gas`,
		],
		["settled", `${report.settledSeries} series`],
		["withdrawn", usdc(report.withdrawn)],
		["vault", usdc(report.vaultBalance)],
		["owed", usdc(report.owed)],
	];
	const lines = ["", "  Strikeproof", "", ...rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`), ""];
	for (const { sentence, holds } of claims) lines.push(`  ${holds ? "✓" : "✗"} ${sentence}`);
	lines.push(
		"",
		`  ${claims.every(({ holds }) => holds) ? "Every claim was checked" : "NOT every claim holds"}, in ${report.seconds} s.`,
		"",
	);
	if (where.stays) {
		lines.push(
			"  It stays up until you stop it (Ctrl-C). Try:",
			`    the page       ${where.api.replace("ws://", "http://")}`,
			`    a call         curl -s ${where.api.replace("ws://", "http://")} -d '{"jsonrpc":"2.0","id":1,"method":"public/get_status","params":{}}'`,
			`    L1             ${where.l1} (chain 31337)`,
			"",
		);
	}
	return `${lines.join("\n")}\n`;
}
