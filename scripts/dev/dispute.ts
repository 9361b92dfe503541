// npm run dispute -- --height H --liars K --position P --strategy S --seed N --json: wrong assertions against one honest challenger, on the real contracts.

import { Command, InvalidArgumentError, Option } from "commander";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { Random } from "../../src/market/Random.ts";
import type { Carrier } from "../../src/ports/Inbox.ts";
import { blocksLost } from "./dispute/BlockProducer.ts";
import type { Gas, Played, Rules } from "./dispute/Game.ts";
import { play, prepare } from "./dispute/Game.ts";
import { STRATEGIES } from "./dispute/Strategies.ts";
import { ENDS, build } from "./dispute/World.ts";

function whole(lowest: number, highest: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < lowest || value > highest)
			throw new InvalidArgumentError(`a whole number from ${lowest} to ${highest} is needed.`);
		return value;
	};
}

type Options = {
	readonly height: number;
	readonly liars: number;
	readonly position: string;
	readonly strategy: Rules["strategy"];
	readonly first: "honest" | "lie" | "both";
	readonly end: (typeof ENDS)[number];
	readonly censor: number;
	readonly reorg: number;
	readonly frontrun: boolean;
	readonly restart: boolean;
	readonly chain: "edr" | "anvil";
	readonly carrier: Carrier;
	readonly seed: number;
	readonly json: boolean;
};

const program = new Command("npm run dispute --")
	.description("Plays wrong assertions against one honest challenger on the real contracts.")
	.option("--height <number>", "height of the tree: an assertion holds 2^height steps", whole(2, 22), 10)
	.option("--liars <number>", "wrong assertions at the same time", whole(1, 50), 1)
	.option("--position <step>", "step of the lie: a number, all (as many games as it takes for a lie at each), or random", "random")
	.addOption(new Option("--strategy <name>", "how the liars play").choices(STRATEGIES).default("exhaustive"))
	.addOption(new Option("--first <who>", "who asserts first").choices(["honest", "lie", "both"]).default("lie"))
	.addOption(
		new Option("--end <where>", "whether the machine halts before the last step, at it, or not at all").choices(ENDS).default("halted"),
	)
	.option("--censor <blocks>", "blocks, in all, without any transaction of the honest side", whole(0, 100_000), 0)
	.option("--reorg <depth>", "L1 takes back so many blocks, again and again", whole(0, 64), 0)
	.option("--frontrun", "what the honest side sends is copied, and the copy comes first", false)
	.option("--restart", "the challenger is killed in every round, and another goes on from its journal", false)
	.addOption(
		new Option("--chain <name>", "Hardhat's EDR, or Foundry's Anvil from npm, the PATH or ANVIL").choices(["edr", "anvil"]).default("edr"),
	)
	.addOption(new Option("--carrier <way>", "how the batches in dispute travelled").choices(["blob", "calldata"]).default("blob"))
	.option("--seed <number>", "what the messages and everything random are drawn from", whole(0, 4_294_967_295), 1)
	.option("--json", "print one JSON object as the last line of standard output", false)
	.allowExcessArguments(false);
program.parse();
const options = program.opts<Options>();
const size = 2 ** options.height;
if (options.position !== "all" && options.position !== "random" && !(/^\d+$/.test(options.position) && Number(options.position) < size)) {
	process.stderr.write(`--position is a step from 0 to ${size - 1}, all, or random; "${options.position}" is none of them.\n`);
	process.exit(1);
}

const hostility = { censorBlocks: options.censor, reorgDepth: options.reorg };
const world = await build({
	height: options.height,
	seed: options.seed,
	end: options.end,
	isAnvil: options.chain === "anvil",
	carrier: options.carrier,
	censorBlocks: blocksLost(hostility),
});
await prepare(world);
const random = new Random(options.seed * 17 + 3);
/** Lies that are told at the same time, in each game. Where there is to be one at each step, those of one game lie far from each other. */
const stepsOfGames =
	options.position === "all"
		? Array.from({ length: Math.ceil(size / options.liars) }, (_, game, games = Math.ceil(size / options.liars)) =>
				Array.from({ length: Math.ceil((size - game) / games) }, (_liar, i) => game + i * games),
			)
		: [
				Array.from({ length: options.liars }, (_, i) =>
					i > 0 || options.position === "random" ? random.below(size) : Number(options.position),
				),
			];
const orders = options.first === "both" ? (["lie", "honest"] as const) : [options.first];
const games: Played[] = [];
for (const first of orders) {
	for (const steps of stepsOfGames) {
		const before = await world.chain.snapshot();
		const rules: Rules = {
			...hostility,
			strategy: options.strategy,
			first,
			isFrontRun: options.frontrun,
			restarts: options.restart,
			seed: options.seed + games.length,
		};
		const played = await play(world, steps, rules);
		games.push(played);
		await world.chain.revert(before);
		const lies = steps.length > 4 ? `${steps.slice(0, 4).join(", ")} and ${steps.length - 4} more` : steps.join(", ");
		if (!played.honestWon) process.stderr.write(`The honest side lost with lies at steps ${lies} (seed ${options.seed}).\n`);
		else if (!options.json)
			process.stderr.write(`lies at steps ${lies}: won in ${played.honestMoves} moves, ${played.blocksToConfirm} blocks\n`);
	}
}
await world.close();

const gasByMove: Record<string, Gas & { mean: number }> = {};
for (const game of games) {
	for (const [move, gas] of Object.entries(game.gasByMove)) {
		const before = gasByMove[move] ?? { count: 0, max: 0, sum: 0, mean: 0 };
		const count = before.count + gas.count;
		const sum = before.sum + gas.sum;
		gasByMove[move] = { count, max: Math.max(before.max, gas.max), sum, mean: Math.round(sum / count) };
	}
}
const last = games.at(-1) as Played;
const lowest = (of: (game: Played) => bigint): bigint => games.map(of).reduce((least, value) => (value < least ? value : least));
const sumOf = (of: (game: Played) => number): number => games.reduce((sum, game) => sum + of(game), 0);
const bond = BigInt(DEVNET.bond);
/** Of each game: everything but gas came back to the honest side, and each liar lost at least half of its bond. */
const honestCapitalWhole = games.every(({ honestNet, honestGas }) => honestNet + honestGas >= 0n);
const attackersPaid = games.every(
	({ attackerNet }, i) => attackerNet <= (-bond * BigInt(stepsOfGames[i % stepsOfGames.length].length)) / 2n,
);
const summary = {
	honestWon: games.every(({ honestWon }) => honestWon) && honestCapitalWhole && attackersPaid,
	games: games.length,
	rounds: Math.max(...games.map(({ rounds }) => rounds)),
	honestMoves: Math.max(...games.map(({ honestMoves }) => honestMoves)),
	gasByMove,
	blocksToConfirm: Math.max(...games.map(({ blocksToConfirm }) => blocksToConfirm)),
	confirmedRoot: last.confirmedRoot,
	forfeited: sumOf(({ forfeited }) => forfeited),
	honestCapitalWhole,
	honestNet: lowest(({ honestNet }) => honestNet).toString(),
	attackersPaid,
	attackerNet: (-lowest(({ attackerNet }) => -attackerNet)).toString(),
	censored: sumOf(({ censored }) => censored),
	reorganisations: sumOf(({ reorganisations }) => reorganisations),
	copies: sumOf(({ copies }) => copies),
	kills: sumOf(({ kills }) => kills),
};
if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
process.exit(summary.honestWon ? 0 : 1);
