// What every example begins with: a connection, a wallet, and an account with money in it.
//
//   STRIKEPROOF_URL         the exchange, ws://127.0.0.1:8547 unless set
//   STRIKEPROOF_L1          an L1 endpoint of your own, http://127.0.0.1:8545 unless set
//   STRIKEPROOF_DEPLOYMENT  deployments/embedded.json unless set: what you know of the contracts from somewhere you trust
//   STRIKEPROOF_KEY         a private key; without one, account 60 of the development chains' public mnemonic

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Contract, HDNodeWallet, JsonRpcProvider, Mnemonic, Wallet } from "ethers";
import type { BaseWallet } from "ethers";
import { Connection, Trader } from "../src/sdk/index.ts";

const { STRIKEPROOF_URL, STRIKEPROOF_L1, STRIKEPROOF_DEPLOYMENT, STRIKEPROOF_KEY } = process.env;

export type Deployment = {
	readonly chainId: number;
	readonly deployBlock: number;
	readonly contracts: Readonly<
		Record<"Vault" | "MockUSDC" | "Inbox" | "Outbox" | "SequencerInbox" | "AssertionChain" | "StakeRegistry", string>
	>;
};

export const deployment = JSON.parse(
	readFileSync(STRIKEPROOF_DEPLOYMENT ?? join(import.meta.dirname, "..", "deployments", "embedded.json"), "utf8"),
) as Deployment;

export const l1 = new JsonRpcProvider(STRIKEPROOF_L1 ?? "http://127.0.0.1:8545", deployment.chainId, {
	staticNetwork: true,
	cacheTimeout: -1,
});

const TEST_MNEMONIC = "test test test test test test test test test test test junk";

/** A wallet: your key, or one of the public test accounts. */
export function walletOf(place = 60): BaseWallet {
	if (STRIKEPROOF_KEY) return new Wallet(STRIKEPROOF_KEY, l1);
	return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(TEST_MNEMONIC), `m/44'/60'/0'/0/${place}`).connect(l1);
}

export function connect(): Promise<Connection> {
	return Connection.open(STRIKEPROOF_URL ?? "ws://127.0.0.1:8547");
}

/** Tries until something is there. Throws with what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, seconds = 120): Promise<T> {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 250))) {
		const answer = await ask();
		if (answer) return answer;
	}
	throw new Error(`Waited ${seconds} s in vain for ${what}.`);
}

const USDC = [
	"function mint(address to, uint256 amount)",
	"function approve(address spender, uint256 amount) returns (bool)",
	"function balanceOf(address) view returns (uint256)",
];
const VAULT = [
	"function deposit(address owner, uint32 subaccount, uint256 amount)",
	"function accountOf(address owner, uint32 subaccount) view returns (uint24)",
];

export const usdc = new Contract(deployment.contracts.MockUSDC, USDC, l1);
export const vault = new Contract(deployment.contracts.Vault, VAULT, l1);

/** Mints test USDC (whole ones) and deposits them into the wallet's account 0, which is opened if need be. Returns the account. */
export async function deposit(wallet: BaseWallet, dollars: number): Promise<number> {
	const amount = BigInt(dollars) * 1_000_000n;
	const send = async (contract: Contract, method: string, ...values: unknown[]): Promise<void> => {
		const sent = (await (contract.connect(wallet) as Contract).getFunction(method)(...values)) as { wait(): Promise<unknown> };
		await sent.wait();
	};
	await send(usdc, "mint", wallet.address, amount);
	await send(usdc, "approve", deployment.contracts.Vault, amount);
	await send(vault, "deposit", wallet.address, 0, amount);
	return Number(await vault.accountOf(wallet.address, 0));
}

/** A trader whose account has at least some money: the first account of the wallet, opened by a deposit when it has none. */
export async function open(connection: Connection, place = 60): Promise<Trader> {
	const wallet = walletOf(place);
	const [known] = await connection.call<number[]>("public/get_accounts_of", { owner: wallet.address });
	const account = known ?? (await deposit(wallet, 1_000_000));
	await until("the deposit", () => connection.call("public/get_account", { account }).catch(() => false));
	return Trader.open(connection, wallet, account);
}

export type Instrument = { readonly instrument_name: string; readonly series: number; readonly strike: string; readonly tick_size: string };

/** The ETH call in the middle of the first expiry's strikes, with its mark in ticks. */
export async function callNearTheMoney(connection: Connection): Promise<Instrument & { readonly mark: number }> {
	const calls = await connection.call<Instrument[]>("public/get_instruments", {
		currency: "ETH",
		kind: "option",
		option_type: "call",
		expired: false,
	});
	const chosen = calls[Math.floor(calls.length / 2)];
	const { mark_price } = await until("a price", async () => {
		const ticker = await connection.call<{ mark_price: string | null }>("public/ticker", { instrument_name: chosen.instrument_name });
		return ticker.mark_price !== null && { mark_price: ticker.mark_price };
	});
	return { ...chosen, mark: Math.round(Number(mark_price) / Number(chosen.tick_size)) };
}
