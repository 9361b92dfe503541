// The trader's wallet, by EIP-1193. The page never sees a key: it asks the wallet to sign what the wallet shows.

import type { Connection } from "../../src/sdk/Connection.ts";
import { Trader } from "../../src/sdk/Trader.ts";
import type { TypedDataSigner } from "../../src/sdk/Trader.ts";
import { typedData } from "../../src/sdk/typedData.ts";
import { call } from "./exchange.ts";

type Provider = { request(args: { method: string; params?: unknown[] }): Promise<unknown> };
declare global {
	interface Window {
		ethereum?: Provider;
	}
}

export type Wallet = { readonly address: string; readonly account: number };

type Domain = { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: string };

/** Asks the wallet for an address, and the exchange for its first account. Throws an Error with one sentence. */
export async function connectWallet(): Promise<Wallet> {
	if (!window.ethereum) throw new Error("This browser has no wallet: install one, such as Rabby or MetaMask.");
	const [address] = (await window.ethereum.request({ method: "eth_requestAccounts" })) as string[];
	if (!address) throw new Error("The wallet gave no address.");
	const [account] = await call<number[]>("public/get_accounts_of", { owner: address });
	if (account === undefined) throw new Error(`${address} has no account here: deposit first (npx strikeproof deposit).`);
	return { address, account };
}

const EIP712Domain = [
	{ name: "name", type: "string" },
	{ name: "version", type: "string" },
	{ name: "chainId", type: "uint256" },
	{ name: "verifyingContract", type: "address" },
];

/** Throws what the wallet says when it refuses. The first of the types is what is signed. */
async function askToSign(address: string, domain: object, types: object, message: object): Promise<string> {
	const data = { domain, types: { EIP712Domain, ...types }, primaryType: Object.keys(types)[0], message };
	return (await window.ethereum?.request({ method: "eth_signTypedData_v4", params: [address, JSON.stringify(data)] })) as string;
}

/** Has a message signed. `fields` are the machine's own, in ticks and lots. Throws what the wallet says when it refuses. */
export async function sign(wallet: Wallet, type: "Place" | "Cancel", fields: Record<string, number>): Promise<string> {
	const { domain } = await call<{ domain: Domain }>("public/get_domain");
	return askToSign(wallet.address, domain, typedData[type], fields);
}

/** The SDK's trader, whose signer is the wallet. */
export function traderOf(connection: Connection, { address, account }: Wallet): Promise<Trader> {
	const signer: TypedDataSigner = {
		getAddress: () => Promise.resolve(address),
		signTypedData: (domain, types, value) => askToSign(address, domain, types, value),
	};
	return Trader.open(connection, signer, account);
}

const taken = new Map<number, number>();

/** A nonce that no message of the account has used, and that was not given here before: behind the whole window. */
export async function freeNonce(account: number): Promise<number> {
	const { nonce_floor } = await call<{ nonce_floor: number }>("private/get_account_summary", { account });
	const nonce = Math.max(nonce_floor + 256, (taken.get(account) ?? 0) + 1);
	taken.set(account, nonce);
	return nonce;
}

/** How many steps of `size` a decimal is; undefined when it is not a whole number of them, or not above 0. */
export function stepsOf(text: string, size: string): number | undefined {
	const value = Number(text) / Number(size);
	const whole = Math.round(value);
	return text.trim() !== "" && whole > 0 && Math.abs(value - whole) < 1e-6 ? whole : undefined;
}
