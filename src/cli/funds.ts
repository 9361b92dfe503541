import { Command } from "commander";
import { ChainError } from "../chain/ChainError.ts";
import type { Claim } from "../chain/Bridge.ts";
import { DEVELOPMENT_CHAIN_ID } from "../chain/Networks.ts";
import { PLACES, testWallet } from "../chain/TestKeys.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { address, dollars, usdc, whole } from "./parse.ts";
import { answerOf } from "./trade.ts";

const ETHER = 10n ** 18n;
/** How long a command waits for what the exchange does by itself. */
const PATIENCE_MS = 30_000;
const POLL_MS = 250;

async function faucet(context: Context, options: Common & { to?: string }, amount: unknown): Promise<Answer> {
	const wallet = await context.wallet();
	const provider = await context.provider();
	const bridge = await context.bridge();
	const to = options.to ?? wallet.address;
	const { chainId } = await provider.getNetwork();
	let ether = 0n;
	// On a development chain a public test key has ETH for everybody.
	if (!options.dryRun && Number(chainId) === DEVELOPMENT_CHAIN_ID && (await provider.getBalance(to)) < ETHER) {
		const rich = testWallet(PLACES.deployer).connect(provider);
		await (await rich.sendTransaction({ to, value: 10n * ETHER })).wait();
		ether = 10n;
	}
	const sent = await bridge.mint(wallet, to, BigInt(amount as number));
	return {
		text: `${dollars(amount as number)}${ether > 0n ? ` and ${ether} ETH` : ""} given to ${to}.`,
		json: { to, micro_usdc: amount, ether: Number(ether), transaction: sent.hash },
	};
}

async function deposit(
	context: Context,
	options: Common & { to?: string; subaccount: number; wait: boolean },
	amount: unknown,
): Promise<Answer> {
	const wallet = await context.wallet();
	const bridge = await context.bridge();
	const micro = BigInt(amount as number);
	const held = await bridge.usdcOf(wallet.address);
	if (held < micro)
		throw new ChainError(
			"CANNOT_PAY",
			`${wallet.address} holds ${dollars(held)} only${held === 0n ? ': try "strikeproof faucet 1000" first' : ""}.`,
		);
	const account = await bridge.deposit(wallet, options.to ?? wallet.address, options.subaccount, micro);
	if (options.wait) await credited(context, account);
	return {
		text: `${dollars(micro)} deposited into account ${account}${options.wait ? ", and credited" : "; the exchange credits it when it has seen it on L1"}.`,
		json: { account, micro_usdc: Number(micro), credited: options.wait },
	};
}

/** Waits until the exchange knows an account. */
async function credited(context: Context, account: number): Promise<void> {
	const connection = await context.connection();
	for (const end = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
		try {
			await connection.call("public/get_account", { account });
			return;
		} catch (error) {
			if (Date.now() > end)
				throw new Failure(
					ExitCode.NotFound,
					`Account ${account} was paid in on L1, but the exchange has not credited it for ${PATIENCE_MS / 1000} s.`,
					error,
				);
		}
	}
}

async function withdraw(context: Context, options: Common & { to?: string }, amount: unknown): Promise<Answer> {
	const trader = await context.trader();
	const to = options.to ?? (await context.wallet()).address;
	const ack = await trader.withdraw(to, amount as number);
	return answerOf(ack, `${dollars(amount as number)} leave account ${trader.account} for ${to}; claim them on L1 once they are confirmed`);
}

async function claim(context: Context, _: Common, given: unknown): Promise<Answer> {
	const bridge = await context.bridge();
	const connection = await context.connection();
	const indices = given === undefined ? await confirmedOf(context) : [given as number];
	const paid: object[] = [];
	const lines: string[] = [];
	for (const index of indices) {
		if (await bridge.isClaimed(index)) {
			if (given !== undefined) lines.push(`Withdrawal ${index} is paid already.`);
			continue;
		}
		const proof = await connection.call<Claim>("public/get_withdrawal_proof", { index });
		const sent = await bridge.claim(await context.wallet(), proof);
		lines.push(`Withdrawal ${index}: ${dollars(proof.amount)} paid to ${proof.recipient}.`);
		paid.push({ index, micro_usdc: proof.amount, recipient: proof.recipient, transaction: sent.hash });
	}
	if (lines.length === 0) lines.push("No confirmed withdrawal waits to be paid.");
	return { text: lines.join("\n"), json: { paid } };
}

/** Numbers of the account's confirmed withdrawals. */
async function confirmedOf(context: Context): Promise<number[]> {
	const account = await context.account();
	const all = await (await context.connection()).call<{ index: number; confirmed: boolean }[]>("public/get_withdrawals", { account });
	return all.filter(({ confirmed }) => confirmed).map(({ index }) => index);
}

export function fundsCommands(): Command[] {
	return [
		does(
			new Command("faucet")
				.description("mints mock USDC; on a development chain it gives ETH for gas too")
				.argument("[amount]", "USDC", usdc, 10_000_000_000)
				.option("--to <address>", "who gets it (default: the key's own address)", address),
			faucet,
		),
		does(
			new Command("deposit")
				.description("moves USDC from the wallet into an account at the exchange, through L1")
				.argument("<amount>", "USDC", usdc)
				.option("--to <address>", "owner of the account (default: the key's own address)", address)
				.option("--subaccount <number>", "which of the owner's accounts", whole(0, 0xffffffff), 0)
				.option("--wait", "end when the exchange has credited it", false),
			deposit,
		),
		does(
			new Command("withdraw")
				.description("takes USDC out of an account; they are claimed on L1 once confirmed")
				.argument("<amount>", "USDC", usdc)
				.option("--to <address>", "who may claim them (default: the key's own address)", address),
			withdraw,
		),
		does(
			new Command("claim")
				.description("has the outbox on L1 pay what is confirmed of the account's withdrawals, or one by its number")
				.argument("[index]", "number of a withdrawal", whole(0, 2 ** 24 - 1)),
			claim,
		),
	];
}
