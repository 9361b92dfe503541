import { readFileSync } from "node:fs";
import { Command } from "commander";
import { KINDS, Staking, contradiction } from "../chain/Staking.ts";
import type { Acknowledgement } from "../sdk/index.ts";
import type { Answer as Answered } from "../wire/schema.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { address, ether, inEther } from "./parse.ts";

function timeOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString().replace(".000", "");
}

async function stakingOf(context: Context): Promise<Staking> {
	return new Staking(await context.provider(), await context.deployment());
}

async function show(context: Context, options: Common & { of?: string }): Promise<Answer> {
	const account = options.of ?? (await context.wallet()).address.toLowerCase();
	const stake = await (await stakingOf(context)).stakeOf(account);
	const parts = [`${account} has ${inEther(stake.staked)} at stake`];
	if (stake.leaving > 0n) parts.push(`${inEther(stake.leaving)} may be withdrawn from ${timeOf(stake.leavesAt)} on`);
	if (stake.isSlashed) parts.push("it was slashed and signs no more");
	const power = `it signs with ${inEther(stake.power)} of ${inEther(stake.totalPower)} in epoch ${stake.epoch}`;
	parts.push(`${power}, and with ${inEther(stake.nextPower)} from ${timeOf(stake.nextEpochAt)} on`);
	return {
		text: `${parts.join("; ")}.`,
		json: {
			account,
			staked_wei: String(stake.staked),
			leaving_wei: String(stake.leaving),
			leaves_at: stake.leavesAt,
			is_slashed: stake.isSlashed,
			power_wei: String(stake.power),
			next_power_wei: String(stake.nextPower),
			total_power_wei: String(stake.totalPower),
			epoch: stake.epoch,
			next_epoch_at: stake.nextEpochAt,
		},
	};
}

async function add(context: Context, options: Common & { of?: string }, amount: unknown): Promise<Answer> {
	const wallet = await context.wallet();
	const account = options.of ?? wallet.address.toLowerCase();
	const staking = await stakingOf(context);
	const sent = await staking.add(wallet, account, amount as bigint);
	const { nextEpochAt } = await staking.stakeOf(account);
	return {
		text: `${inEther(amount as bigint)} are at stake for ${account}, and give power from ${timeOf(nextEpochAt)} on.`,
		json: { account, added_wei: String(amount), counts_from: nextEpochAt, transaction: sent.hash },
	};
}

async function leave(context: Context): Promise<Answer> {
	const wallet = await context.wallet();
	const staking = await stakingOf(context);
	const { staked } = await staking.stakeOf(wallet.address);
	if (staked === 0n) throw new Failure(ExitCode.NotFound, `${wallet.address} has nothing at stake.`);
	const sent = await staking.leave(wallet);
	const { leaving, leavesAt, nextEpochAt } = await staking.stakeOf(wallet.address);
	const until = `sign on until ${timeOf(nextEpochAt)}, and "strikeproof stake withdraw" pays from ${timeOf(leavesAt)} on`;
	return {
		text: `${inEther(leaving)} leave: ${until}. Evidence reaches them until they are withdrawn.`,
		json: { leaving_wei: String(leaving), leaves_at: leavesAt, signs_until: nextEpochAt, transaction: sent.hash },
	};
}

async function withdraw(context: Context): Promise<Answer> {
	const wallet = await context.wallet();
	const staking = await stakingOf(context);
	const { leaving } = await staking.stakeOf(wallet.address);
	if (leaving === 0n) throw new Failure(ExitCode.NotFound, `Nothing of ${wallet.address} is leaving: "strikeproof stake leave" begins it.`);
	const sent = await staking.withdraw(wallet);
	return {
		text: `${inEther(leaving)} were paid to ${wallet.address}.`,
		json: { withdrawn_wei: String(leaving), transaction: sent.hash },
	};
}

/** What a file must name beside its kind, where that is not two contradicting structures. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
	state: ["vote", "signature", "assertionId", "leaf", "path"],
	receipt: ["acknowledgement"],
};

/** Arguments of brokenReceipt: an acknowledgement as the exchange gave it, with what a node shows of the confirmed order. L1 judges both, so the node need not be trusted. */
async function promiseOf(context: Context, given: unknown): Promise<readonly unknown[]> {
	const { sequence, offset, message_hash, stream_hash, time, receipt } = given as Partial<Acknowledgement>;
	if (typeof offset !== "number" || [sequence, message_hash, stream_hash, time, receipt].includes(undefined))
		throw new Failure(ExitCode.Usage, "The acknowledgement lacks sequence, offset, message_hash, stream_hash, time or receipt.");
	const connection = await context.connection();
	const proof = await connection.call<Answered<"public/get_order_proof">>("public/get_order_proof", { offset });
	if (proof.message_hash === message_hash?.toLowerCase())
		throw new Failure(ExitCode.Refused, `The receipt was kept: at byte ${offset} of the order L1 confirmed that very message.`);
	const { assertion, game, step, path, machine, opening } = proof;
	return [
		{ sequence, offset, messageHash: message_hash, streamHash: stream_hash, time },
		receipt,
		[assertion, game, step, path],
		machine,
		opening,
	];
}

/** Arguments of the call that judges a file's evidence, in its order. */
function evidenceIn(file: string): { kind: string; args: readonly unknown[] } {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new Failure(ExitCode.NotFound, `The evidence ${file} cannot be read.`, cause);
	}
	let fields: Record<string, unknown>;
	try {
		fields = JSON.parse(text) as Record<string, unknown>;
	} catch (cause) {
		throw new Failure(ExitCode.Usage, `The evidence ${file} is no JSON.`, cause);
	}
	const kind = typeof fields?.kind === "string" ? fields.kind : "";
	if (!Object.hasOwn(KINDS, kind))
		throw new Failure(ExitCode.Usage, `The evidence ${file} names no kind: one of ${Object.keys(KINDS).join(", ")} is needed.`);
	const names = FIELDS[kind] ?? ["a", "signatureA", "b", "signatureB"];
	const missing = names.filter((name) => fields[name] === undefined);
	if (missing.length > 0) throw new Failure(ExitCode.Usage, `The evidence ${file} lacks ${missing.join(", ")}.`);
	return { kind, args: names.map((name) => fields[name]) };
}

/** As the call takes an engine's votes. */
function votesOf([a, signatureA, b, signatureB]: readonly unknown[]): readonly unknown[] {
	try {
		return contradiction("votes", a, String(signatureA), b, String(signatureB));
	} catch (cause) {
		throw new Failure(ExitCode.Usage, "A signature under a vote is 65 bytes in hexadecimal with 0x, v 27 or 28.", cause);
	}
}

async function slash(context: Context, options: Common & { evidence: string }): Promise<Answer> {
	const { kind, args: given } = evidenceIn(options.evidence);
	const args = kind === "receipt" ? await promiseOf(context, given[0]) : kind === "votes" ? votesOf(given) : given;
	const wallet = await context.wallet();
	const sent = await (await stakingOf(context)).accuse(wallet, kind, args);
	return {
		text: `The evidence holds: its signer is slashed, and a quarter of the stake was paid to ${wallet.address}.`,
		json: { kind, transaction: sent.hash, gas_used: Number(sent.gasUsed) },
	};
}

export function stakeCommands(): Command[] {
	const stake = new Command("stake").description("a validator's or reporter's stake on L1");
	const who = "whose (default: the key's own address)";
	stake.addCommand(
		does(new Command("add").description("adds to it").argument("<amount>", "ETH", ether).option("--of <address>", who, address), add),
	);
	stake.addCommand(does(new Command("leave").description("begins to take all of it out"), leave));
	stake.addCommand(does(new Command("withdraw").description("pays out what has left"), withdraw));
	stake.addCommand(does(new Command("show").description("what stands").option("--of <address>", who, address), show));
	const accuse = new Command("slash")
		.description("shows L1 evidence of what a validator or reporter signed, for a quarter of the stake")
		.requiredOption("--evidence <file>", "JSON, as docs/cli.md says");
	return [stake, does(accuse, slash)];
}
