import { join } from "node:path";
import { network } from "hardhat";
import { Bridge } from "../src/chain/Bridge.ts";
import type { ChainSigner } from "../src/chain/Bridge.ts";
import type { Deployment } from "../src/chain/Deployment.ts";
import * as Deployments from "../src/chain/Deployment.ts";
import { Connection, Trader } from "../src/sdk/index.ts";
import * as Decimal from "../src/wire/Decimal.ts";

/** Whose deployments/ is read and written: as for the command line. */
export const RECORDS = process.env.STRIKEPROOF_HOME ?? join(import.meta.dirname, "..");

/** What a script of Hardhat works with: the network that it was run for, and its first account. */
export class Desk {
	readonly networkName: string;
	/** False for Hardhat's own chain in this process, which is gone when the script ends: nothing about it is written down. */
	readonly isLasting: boolean;
	readonly signer: ChainSigner;
	readonly address: string;
	readonly chainId: number;
	#connection: Connection | undefined;

	private constructor(fields: { networkName: string; isLasting: boolean; signer: ChainSigner; address: string; chainId: number }) {
		this.networkName = fields.networkName;
		this.isLasting = fields.isLasting;
		this.signer = fields.signer;
		this.address = fields.address;
		this.chainId = fields.chainId;
	}

	static async open(): Promise<Desk> {
		const { ethers, networkName, networkConfig } = await network.create();
		const [signer] = await ethers.getSigners();
		if (!signer) throw new Error(`The node of ${networkName} holds no accounts: set STRIKEPROOF_PRIVATE_KEY, or unlock one.`);
		const { chainId } = await ethers.provider.getNetwork();
		return new Desk({
			networkName,
			isLasting: networkConfig.type === "http",
			signer,
			address: signer.address.toLowerCase(),
			chainId: Number(chainId),
		});
	}

	/** The deployment on this chain; on a local one it may be the one that `npm start` made. */
	deployment(): Promise<Deployment> {
		const provider = this.signer.provider;
		if (!provider) throw new Error("The signer is not connected to a chain.");
		const isLocal = ["localhost", "anvil"].includes(this.networkName);
		const names = isLocal ? [this.networkName, "embedded"] : [this.networkName];
		return Deployments.standing(RECORDS, names, provider);
	}

	async bridge(): Promise<Bridge> {
		const { provider } = this.signer;
		if (!provider) throw new Error("The signer is not connected to a chain.");
		return new Bridge(provider, await this.deployment());
	}

	/** The exchange at STRIKEPROOF_API_URL. */
	async exchange(): Promise<Connection> {
		this.#connection ??= await Connection.open(process.env.STRIKEPROOF_API_URL ?? "ws://127.0.0.1:8547");
		return this.#connection;
	}

	/** The signer's account at the exchange: ACCOUNT, or its first. */
	async trader(): Promise<Trader> {
		const connection = await this.exchange();
		const [first] = await connection.call<number[]>("public/get_accounts_of", { owner: this.address });
		const account = process.env.ACCOUNT === undefined ? first : Number(process.env.ACCOUNT);
		if (account === undefined) throw new Error(`${this.address} has no account at this exchange yet: run scripts/deposit.ts first.`);
		return Trader.open(connection, this.signer, account);
	}

	close(): void {
		this.#connection?.close();
	}
}

/** Runs a script's work, and says what went wrong in one sentence. */
export async function atDesk(work: (desk: Desk) => Promise<string>): Promise<void> {
	let desk: Desk | undefined;
	try {
		desk = await Desk.open();
		console.log(await work(desk));
	} catch (error) {
		console.error((error as Error).message);
		process.exitCode = 1;
	} finally {
		desk?.close();
	}
}

/** A variable of the environment that a script cannot do without. */
export function needed(name: string, example: string): string {
	const value = process.env[name];
	if (value === undefined || value === "") throw new Error(`Set ${name} in the environment, such as ${name}=${example}.`);
	return value;
}

/** AMOUNT in USDC, as micro-USDC. */
export function amountOf(fallback?: string): number {
	const text = process.env.AMOUNT ?? fallback ?? needed("AMOUNT", "1000");
	const micro = Decimal.parse(text, Decimal.MICRO);
	if (micro === undefined || micro <= 0) throw new Error(`AMOUNT=${text} is no amount of USDC, such as 1000 or 12.50.`);
	return micro;
}
