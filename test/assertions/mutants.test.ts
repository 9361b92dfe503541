// The three smallest violations that lose the bridge. Each is made in the committed text, compiled beside the build and played: what holds on the true contracts must
// fail on the mutant, or the tests would not notice.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { HDNodeWallet } from "ethers";
import type { Artifact } from "../../src/chain/Artifacts.ts";
import { compile } from "../../scripts/dev/solidity/Compiler.ts";
import { ROOT } from "../../scripts/checks/files.ts";
import { Arena, BOND, HEIGHT, History, PERIOD, stateAt } from "./arena.ts";
import { refuses, send } from "../chain/l1.ts";

const CHAIN = "contracts/assertions/AssertionChain.sol";
const GAMES = "contracts/assertions/ChallengeManager.sol";
const STEP = 6;

/** The committed contract with one place of its text changed. Throws when the text is not there exactly once: the mutant would be the contract itself. */
function mutant(file: string, text: string, changed: string): Map<string, Artifact> {
	const source = readFileSync(join(ROOT, file), "utf8");
	const parts = source.split(text);
	if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times what the mutant changes: ${text}`);
	return compile([file], new Map([[file, parts.join(changed)]]));
}

async function within(arena: Arena, property: (arena: Arena) => Promise<void>): Promise<void> {
	try {
		await property(arena);
	} finally {
		await arena.close();
	}
}

/** The property holds on the committed contracts, and fails by one of its own assertions on the mutant. */
async function catches(
	start: () => Promise<Arena>,
	startMutant: () => Promise<Arena>,
	property: (arena: Arena) => Promise<void>,
): Promise<void> {
	await within(await start(), property);
	await assert.rejects(within(await startMutant(), property), assert.AssertionError);
}

const honest = new History(stateAt(0), 1);
const lie = new History(stateAt(0), 1, 1, STEP);

/** What a liar tries: L1 may refuse it. */
async function tries(move: Promise<unknown>): Promise<void> {
	await move.catch(() => undefined);
}

async function liarCannotWin(arena: Arena, mallory: HDNodeWallet): Promise<void> {
	await tries(arena.updateTimer(mallory, lie.edge(await arena.gameOf(arena.genesis), HEIGHT, 0)));
	await tries(arena.updateTimers(mallory, arena.genesis, lie, STEP));
	const id = await arena.idOf(arena.genesis, lie);
	await refuses(send(arena.chain, mallory, "declareWinner", [id, lie.root()]), arena.chain.interface, "TooSoon");
}

describe("given the three mutants of the dispute game", () => {
	it("makes no mutant of a text that is not there", () => {
		assert.throws(() => mutant(GAMES, "(beside > timer && timer > beside)", ""), /holds 0 times/);
	});

	it("catches the better half in place of the worse: a lie would live on the half of its history that nobody answers", async () => {
		const better = mutant(GAMES, "if (beside < timer) timer", "if (beside > timer) timer");
		const property = async (arena: Arena): Promise<void> => {
			const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
			await arena.postBatch();
			await arena.assert(alice, arena.genesis, honest, BOND);
			await arena.assert(mallory, arena.genesis, lie, BOND);
			const game = await arena.gameOf(arena.genesis);
			await arena.descend(game, [honest, lie], STEP, alice, mallory);
			await arena.prove(alice, honest.edge(game, 0, STEP), honest);
			await arena.l1.chain.mine(PERIOD);
			await liarCannotWin(arena, mallory);
		};
		await catches(
			() => Arena.start(),
			() => Arena.start(better),
			property,
		);
	});

	it("catches moves on edges that stand alone: a liar's block would count once on every height", async () => {
		const lonely = mutant(GAMES, "require((mutual >> MARKS_AT) & RIVALLED != 0, NotRivalled(edgeId));", "");
		const property = async (arena: Arena): Promise<void> => {
			const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
			await arena.postBatch();
			await arena.assert(mallory, arena.genesis, lie, BOND);
			const game = await arena.gameOf(arena.genesis);
			for (const edge of arena.edgesTo(game, lie, STEP).slice(0, HEIGHT)) await tries(arena.bisect(mallory, edge, lie));
			await arena.l1.chain.mine(PERIOD / 2);
			// In time: the lie has stood alone for less than a period, though its halves have too, and a mutant adds them up.
			await arena.assert(alice, arena.genesis, honest, BOND);
			await liarCannotWin(arena, mallory);
		};
		await catches(
			() => Arena.start(),
			() => Arena.start(lonely),
			property,
		);
	});

	it("catches a period in which the honest side cannot make its moves", async () => {
		// What may be lost to a censor, and how late each move may land, in blocks.
		const budget = [6, 1] as const;
		const required = budget[0] + (budget[1] + 1) * (2 * HEIGHT + 3);
		const probe = await Arena.start();
		const refused = Arena.start(new Map(), required, budget);
		await refuses(refused, probe.chain.interface, "PeriodTooShort", [BigInt(required), BigInt(required)]);
		await probe.close();
		const text = "config.challengePeriodBlocks > required,";
		const lax = mutant(CHAIN, text, "config.challengePeriodBlocks > 0 || required == 0,");
		const property = async (arena: Arena): Promise<void> => {
			const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
			const late = async (move: () => Promise<unknown>): Promise<void> => {
				await arena.l1.chain.mine(budget[1]);
				await tries(move());
			};
			await arena.postBatch();
			await arena.assert(mallory, arena.genesis, lie, BOND);
			const game = await arena.gameOf(arena.genesis);
			await arena.l1.chain.mine(budget[0]);
			await late(() => arena.assert(alice, arena.genesis, honest, BOND));
			const [mine, theirs] = [honest, lie].map((history) => arena.edgesTo(game, history, STEP));
			for (let i = 0; i < HEIGHT; i++) {
				await tries(arena.bisect(mallory, theirs[i], lie));
				await late(() => arena.bisect(alice, mine[i], honest));
			}
			await late(() => arena.prove(alice, mine[HEIGHT], honest));
			await arena.l1.chain.mine(PERIOD);
			await liarCannotWin(arena, mallory);
		};
		await catches(
			() => Arena.start(new Map(), required + 1, budget),
			() => Arena.start(lax, budget[0] + budget[1], budget),
			property,
		);
	});
});
