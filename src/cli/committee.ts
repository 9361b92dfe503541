import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { GameChain } from "../chain/GameChain.ts";
import { Staking } from "../chain/Staking.ts";
import { memberPlace, PLACES } from "../chain/TestKeys.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { ROOT, does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { whole } from "./parse.ts";

type SeatOptions = Common & { readonly listen: string; readonly data?: string; readonly member?: number; readonly out?: string };
type RosterOptions = Common & { readonly out: string };

/** What a member tells the others of itself. Its engine's keys stay in its data folder. */
async function seat(context: Context, options: SeatOptions): Promise<Answer> {
	const Home = await import("../ordering/comet/Home.ts");
	const Roster = await import("../node/committee/Roster.ts");
	const { data = join(ROOT, "data", options.network, "sequencer"), member, listen, out } = options;
	const place = member === undefined ? PLACES.sequencer : memberPlace(member, "sequencer");
	const { privateKey } = await context.walletOfRole("sequencer", place);
	const { address, publicKey } = Home.memberOf(Bytes.fromHex(privateKey));
	const { power } = await new Staking(await context.provider(), await context.deployment()).stakeOf(address);
	const votes = Number(power / Roster.WEI_PER_VOTE);
	if (votes === 0)
		throw new Failure(
			ExitCode.NotFound,
			`${address} has no power in this epoch's committee: it must be admitted, and stake 0.001 ETH at least before the epoch begins.`,
		);
	const engine = join(data, "committee", "engine");
	const node = Home.identityOf(engine);
	// SAFETY: once the committee orders, a folder without a record of its votes is one that lost it: such a member waits before it votes.
	const isFounding = (await new GameChain(await context.provider(), await context.deployment()).batchCount()) === 0;
	if (isFounding) await found(context, address, engine);
	const parsed = Roster.SEAT.safeParse({ address, public_key: Bytes.toHex(publicKey), power: votes, node, listen });
	if (!parsed.success) throw new Failure(ExitCode.Usage, `--listen is ${parsed.error.issues[0]?.message ?? "host:port"}.`);
	const text = JSON.stringify(parsed.data, undefined, "\t");
	if (out !== undefined) writeFileSync(out, `${text}\n`);
	return { text, json: parsed.data };
}

/** Begins the key's record of votes, or says why it does not. */
async function found(context: Context, address: string, engine: string): Promise<void> {
	const Signing = await import("../node/committee/Signing.ts");
	const { deployBlock } = await context.deployment();
	// A development chain that begins anew has its contracts at the same addresses.
	const block = await (await context.provider()).getBlock(deployBlock);
	if (!block?.hash) throw new Failure(ExitCode.Unreachable, `The node does not know block ${deployBlock}, in which the deployment began.`);
	let before: string | undefined;
	try {
		before = Signing.found(address, block.hash, engine);
	} catch (error) {
		const sentence = `It cannot be remembered that ${address} begins to vote, so it does not begin (${(error as Error).message}).`;
		throw new Failure(ExitCode.Failed, sentence, error);
	}
	if (before !== undefined)
		process.stderr.write(
			`${address} began to vote in ${before}, and ${engine} has no record of that: none is begun a second time, since a key that votes twice loses its stake. ` +
				"Use that folder if you have it; otherwise the member waits, and votes once the order is past what it may have voted on.\n",
		);
}

/** Puts seats together to the file that every member has. */
async function roster(context: Context, { out }: RosterOptions, ...files: string[]): Promise<Answer> {
	const Roster = await import("../node/committee/Roster.ts");
	const { RULES } = await import("../ordering/comet/Decided.ts");
	const deployment = await context.deployment();
	if (existsSync(out))
		throw new Failure(ExitCode.Usage, `${out} exists: a committee has one beginning, and members with two of them do not talk.`);
	const members = files.map((file) => {
		const parsed = Roster.SEAT.safeParse(JSON.parse(readFileSync(file, "utf8")));
		if (parsed.success) return parsed.data;
		const [issue] = parsed.error.issues;
		throw new Failure(ExitCode.Usage, `${file} is no seat: ${issue?.path.join(".")}: ${issue?.message}`);
	});
	const staking = new Staking(await context.provider(), deployment);
	for (const { address, power } of members) {
		const stake = await staking.stakeOf(address);
		const votes = Number(stake.power / Roster.WEI_PER_VOTE);
		if (votes !== power)
			throw new Failure(ExitCode.Usage, `The seat of ${address} says ${power} votes, and its stake on L1 gives ${votes}.`);
	}
	const roster = {
		deployment: deployment.genesis.toLowerCase(),
		genesis_time: new Date().toISOString(),
		rules: RULES,
		members: members.sort((a, b) => (a.address < b.address ? -1 : 1)),
	};
	writeFileSync(out, `${JSON.stringify(roster, undefined, "\t")}\n`);
	Roster.load(out, deployment);
	const slack = Math.floor((members.length - 1) / 3);
	return {
		text: `${out} names ${members.length} members, of which ${slack} may fail: give every member this file.`,
		json: { file: out, ...roster },
	};
}

export function committeeCommand(): Command {
	const command = new Command("committee").description("makes a committee that orders together, on CometBFT");
	command.addCommand(
		does(
			new Command("seat")
				.description("makes this member's connection key, and prints what the others must know of it")
				.requiredOption("--listen <address>", "host:port where the other members reach this one")
				.option("--data <folder>", "the member's data folder, as of `node` (default: data/<network>/sequencer)")
				.option("--member <number>", "on a development chain: whose public test keys, from 0", whole(0, 99))
				.option("--out <file>", "where to write it, too"),
			seat,
		),
	);
	command.addCommand(
		does(
			new Command("roster")
				.description("puts the members' seats together to one file, which every member gets")
				.argument("<seats...>", "files that `committee seat` wrote")
				.option("--out <file>", "where to write it", "committee.json"),
			(context, options: RosterOptions, ...args: unknown[]) => roster(context, options, ...(args.flat() as string[])),
		),
	);
	return command;
}
