// npm run dispute -- --height H --liars K --position P --seed N --json: wrong assertions against one honest challenger, on the real contracts.

import { Command, InvalidArgumentError } from "commander";
import { Random } from "../../src/market/Random.ts";
import type { Gas, Played } from "./dispute/Game.ts";
import { play, prepare } from "./dispute/Game.ts";
import { build } from "./dispute/World.ts";

function whole(lowest: number, highest: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < lowest || value > highest)
			throw new InvalidArgumentError(`a whole number from ${lowest} to ${highest} is needed.`);
		return value;
	};
}

const program = new Command("npm run dispute --")
	.description("Plays wrong assertions against one honest challenger on the real contracts.")
	.option("--height <number>", "height of the tree: an assertion holds 2^height steps", whole(2, 22), 10)
	.option("--liars <number>", "wrong assertions at the same time", whole(1, 50), 1)
	.option("--position <step>", "step of the lie: a number, all (one game for each), or random", "random")
	.option("--seed <number>", "what the messages and the random steps are drawn from", whole(0, 4_294_967_295), 1)
	.option("--json", "print one JSON object as the last line of standard output", false)
	.allowExcessArguments(false);
program.parse();
const options = program.opts<{ height: number; liars: number; position: string; seed: number; json: boolean }>();
const size = 2 ** options.height;
if (options.position !== "all" && options.position !== "random" && !(/^\d+$/.test(options.position) && Number(options.position) < size)) {
	process.stderr.write(`--position is a step from 0 to ${size - 1}, all, or random; "${options.position}" is none of them.\n`);
	process.exit(1);
}

const world = await build(options.height, options.seed);
await prepare(world);
const random = new Random(options.seed * 17 + 3);
const stepsOf = (first: number): number[] => Array.from({ length: options.liars }, (_, i) => (i === 0 ? first : random.below(size)));
const firsts =
	options.position === "all"
		? Array.from({ length: size }, (_, i) => i)
		: [options.position === "random" ? random.below(size) : Number(options.position)];
const games: Played[] = [];
for (const [i, first] of firsts.entries()) {
	const before = await world.chain.snapshot();
	const played = await play(world, stepsOf(first));
	games.push(played);
	if (i < firsts.length - 1) await world.chain.revert(before);
	if (!played.honestWon) process.stderr.write(`The honest side lost with the lie at step ${first} (seed ${options.seed}).\n`);
	else if (!options.json)
		process.stderr.write(`lie at step ${first}: won in ${played.honestMoves} moves, ${played.blocksToConfirm} blocks\n`);
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
const summary = {
	honestWon: games.every(({ honestWon }) => honestWon),
	games: games.length,
	rounds: Math.max(...games.map(({ rounds }) => rounds)),
	honestMoves: Math.max(...games.map(({ honestMoves }) => honestMoves)),
	gasByMove,
	blocksToConfirm: Math.max(...games.map(({ blocksToConfirm }) => blocksToConfirm)),
	confirmedRoot: last.confirmedRoot,
	forfeited: games.reduce((sum, game) => sum + game.forfeited, 0),
	honestNet: games.reduce((lowest, game) => (game.honestNet < lowest ? game.honestNet : lowest), last.honestNet).toString(),
};
if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
process.exit(summary.honestWon ? 0 : 1);
