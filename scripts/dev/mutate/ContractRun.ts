// Runs the tests of the contracts around the machine against mutants of them, all of which are in one compilation: each mutant's code differs from the next by an
// address that is linked into it. A mutant is killed by the first test that fails.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../checks/files.ts";
import type { Verdicts } from "./Mutant.ts";
import { build } from "./Schemata.ts";
import { CONTRACTS, Catalogue } from "./SolidityMutants.ts";

/** The tests that hold a room's contracts, the quickest first. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
	inbox: ["inbox/inbox", "inbox/sequencerInbox", "inbox/delayBudget", "inbox/blobBatch"],
	staking: ["staking/staking", "staking/falsifiedState", "staking/conflictingVotes", "staking/invariants"],
	oracle: ["oracle/oracle"],
	bridge: [
		"bridge/vault",
		"bridge/escapeHatch",
		"bridge/returnDeposit",
		"bridge/invariants",
		"findings/freezeTakesNothing",
		"findings/nothingIsConfirmedAfterAFreeze",
	],
	assertions: [
		"assertions/assertionChain",
		"assertions/bonds",
		"assertions/challengeManager",
		"findings/refundsOnTheWinningTreeOnly",
		"findings/refundsWhatAMoveCost",
		"findings/descendantsDoNotHideABond",
		"findings/unsoundVerifierKeepsNoBond",
		"assertions/bondPool",
		"assertions/invariants",
	],
};
/** LIMIT: a mutant whose tests do not end in this time is killed: it hangs what the true contract does not. */
const TIMEOUT_MS = 900_000;
/** Runs at a time: the machine's cores are few, and each run waits for its chain half of the time. */
const CONCURRENCY = 2;

const roomOf = (file: string): string => file.split("/")[1];

/** Verdicts of `count` mutants drawn from the seed: of those at these places (`file:line`) alone, where any are given. Throws when the tests do not hold without a mutant. */
export async function run(count: number, seed: number, places: readonly string[] = []): Promise<Verdicts> {
	const catalogue = new Catalogue(CONTRACTS);
	const built = build(catalogue, CONTRACTS.files(), count, seed);
	const { artifacts, dropped } = built;
	const isAsked = (mutant: number): boolean => {
		const { file, line } = catalogue.mutants[mutant];
		return places.length === 0 || places.some((place) => `${file}:${line}`.endsWith(place));
	};
	const chosen = built.chosen.filter(isAsked);
	console.error(`compiled ${built.chosen.length} mutants, of which ${chosen.length} are tried`);
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-mutants-"));
	const linked = join(folder, "artifacts.json");
	writeFileSync(linked, JSON.stringify(Object.fromEntries(artifacts)));
	try {
		// Without a mutant everything must hold, or every mutant would seem killed.
		for (const room of new Set(chosen.map((mutant) => roomOf(catalogue.mutants[mutant].file))))
			if (await kills(linked, 0, room)) throw new Error(`The tests of contracts/${room} do not hold without any change: run them.`);
		const verdicts: Verdicts["verdicts"] = [];
		const queue = [...chosen];
		const work = async (): Promise<void> => {
			for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
				const killed = await kills(linked, mutant + 1, roomOf(catalogue.mutants[mutant].file));
				verdicts.push({ mutant: catalogue.mutants[mutant], killed });
				const { file, line } = catalogue.mutants[mutant];
				console.error(`${verdicts.length}/${chosen.length} ${killed ? "killed" : "SURVIVED"} ${file}:${line}`);
			}
		};
		await Promise.all(Array.from({ length: CONCURRENCY }, work));
		return { verdicts, dropped };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Whether any test of the room fails with this mutant chosen; 0 chooses none. */
function kills(linked: string, selected: number, room: string): Promise<boolean> {
	const files = TESTS[room].map((test) => join(ROOT, "test", `${test}.test.ts`));
	const at = (name: string): string => join(ROOT, "scripts", "dev", "mutate", name);
	const args = ["--import", at("linked.ts"), "--test", "--test-isolation=none", `--test-reporter=${at("untilOneFails.ts")}`, ...files];
	return new Promise((resolve, reject) => {
		const env = { ...process.env, STRIKEPROOF_LINKED: linked, STRIKEPROOF_MUTANT: String(selected), STRIKEPROOF_PROGRAMS: "2" };
		delete (env as Record<string, string | undefined>).NODE_TEST_CONTEXT;
		const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "ignore"], env, timeout: TIMEOUT_MS });
		child.on("error", reject);
		child.on("exit", (status) => resolve(status !== 0));
	});
}
