import { Command } from "commander";
import { PoolChain } from "../chain/PoolChain.ts";
import type { PoolView } from "../ports/Game.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { ether, hash, inEther } from "./parse.ts";

async function poolsOf(context: Context): Promise<PoolChain> {
	return new PoolChain(await context.provider(), await context.deployment());
}

/** The pool of an assertion. Throws NotFound when nobody made it. */
async function standing(pools: PoolChain, assertion: string): Promise<PoolView> {
	const pool = await pools.look(assertion);
	if (!pool.exists) throw new Failure(ExitCode.NotFound, `Nobody made a pool for ${assertion}: "strikeproof pool join" does.`);
	return pool;
}

function stateOf(pool: PoolView): string {
	if (pool.isReturned) return "its bond came back and may be claimed";
	if (pool.isInUse) return "its bond is in use";
	if (pool.missing > 0n) return `${inEther(pool.missing)} are missing`;
	return "it is full: whoever asserts may use it";
}

async function show(context: Context, _: Common & { of?: string }, assertion: unknown): Promise<Answer> {
	const pools = await poolsOf(context);
	const pool = await standing(pools, assertion as string);
	return {
		text: `The pool ${pool.address} stands for ${assertion as string}: ${stateOf(pool)}.`,
		json: { pool: pool.address, missing_wei: String(pool.missing), is_in_use: pool.isInUse, is_returned: pool.isReturned },
	};
}

async function join(context: Context, _: Common, assertion: unknown, amount: unknown): Promise<Answer> {
	const [wallet, pools] = [await context.wallet(), await poolsOf(context)];
	const before = await pools.look(assertion as string);
	if ((amount as bigint) > before.missing)
		throw new Failure(ExitCode.Refused, `The pool takes ${inEther(before.missing)} more at most, not ${inEther(amount as bigint)}.`);
	if (!before.exists) await pools.open(wallet, assertion as string);
	const sent = await pools.call(wallet, before.address, "join", amount as bigint);
	const pool = await pools.look(assertion as string);
	return {
		text: `${inEther(amount as bigint)} joined the pool ${pool.address}: ${stateOf(pool)}.`,
		json: { pool: pool.address, joined_wei: String(amount), missing_wei: String(pool.missing), transaction: sent.hash },
	};
}

/** The signer's part, which must be something. */
async function partOf(context: Context, assertion: string) {
	const [wallet, pools] = [await context.wallet(), await poolsOf(context)];
	const pool = await standing(pools, assertion);
	const part = await pools.partOf(pool.address, wallet.address);
	if (part.amount === 0n) throw new Failure(ExitCode.NotFound, `${wallet.address} has no part of the pool ${pool.address}.`);
	return { wallet, pools, pool, part };
}

async function leave(context: Context, _: Common, assertion: unknown): Promise<Answer> {
	const { wallet, pools, pool, part } = await partOf(context, assertion as string);
	const block = await (await context.provider()).getBlockNumber();
	if (part.leavesAt === 0 && !pool.isInUse) {
		await pools.call(wallet, pool.address, "startLeaving");
		const { leavesAt } = await pools.partOf(pool.address, wallet.address);
		return {
			text: `${inEther(part.amount)} may leave from block ${leavesAt} on, with this command, unless the assertion is made before.`,
			json: { leaves_at_block: leavesAt, left_wei: "0" },
		};
	}
	if (part.leavesAt > block + 1)
		throw new Failure(ExitCode.Refused, `${inEther(part.amount)} may leave from block ${part.leavesAt} on; L1 is at ${block}.`);
	const sent = await pools.call(wallet, pool.address, "leave");
	return {
		text: `${inEther(part.amount)} were paid to ${wallet.address}.`,
		json: { left_wei: String(part.amount), transaction: sent.hash },
	};
}

async function claim(context: Context, _: Common, assertion: unknown): Promise<Answer> {
	const { wallet, pools, pool, part } = await partOf(context, assertion as string);
	if (!pool.isReturned) await pools.call(wallet, pool.address, "takeBack");
	const sent = await pools.call(wallet, pool.address, "claim");
	return {
		text: `${inEther(part.amount)} were paid to ${wallet.address}.`,
		json: { claimed_wei: String(part.amount), transaction: sent.hash },
	};
}

export function poolCommand(): Command {
	const pool = new Command("pool").description("a bond that several people pay together, for one assertion that they agree with");
	const what = "id of the assertion";
	const add = (
		name: string,
		description: string,
		run: (context: Context, options: Common, assertion: unknown) => Promise<Answer>,
	): void => {
		pool.addCommand(does(new Command(name).description(description).argument("<assertion>", what, hash), run));
	};
	add("show", "what stands in it", show);
	pool.addCommand(
		does(
			new Command("join")
				.description("adds ETH to it, and makes it first if nobody did")
				.argument("<assertion>", what, hash)
				.argument("<amount>", "ETH", ether),
			join,
		),
	);
	add("leave", "gives notice, and after it takes the key's part out", leave);
	add("claim", "pays the key's part of a bond that came back", claim);
	return pool;
}
