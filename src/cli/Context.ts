import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { BlobUrls } from "../chain/blobs/Sources.ts";
import { Bridge } from "../chain/Bridge.ts";
import type { ChainWallet } from "../chain/Bridge.ts";
import type { Deployment } from "../chain/Deployment.ts";
import * as Deployments from "../chain/Deployment.ts";
import type { EndpointPool } from "../chain/EndpointPool.ts";
import { Keystore, walletOf } from "../chain/Keystore.ts";
import { DEVELOPMENT_CHAIN_ID, KEY_VARIABLE, NETWORKS, RPC_VARIABLE, connect } from "../chain/Networks.ts";
import { RemoteSigner } from "../chain/RemoteSigner.ts";
import type { TransactionSigner } from "../chain/RemoteSigner.ts";
import { NotSent, trying } from "../chain/Sending.ts";
import { testWallet } from "../chain/TestKeys.ts";
import { Connection, Trader } from "../sdk/index.ts";
import { DryRun, dryCalls, dryTransaction } from "./dryRun.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { urls } from "./parse.ts";
import { passwordFor } from "./password.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Whose deployments/ is read and written, and where keys/ is: STRIKEPROOF_HOME, or this checkout and the user's own folder. */
export const RECORDS = process.env.STRIKEPROOF_HOME ?? ROOT;
const KEYS = join(process.env.STRIKEPROOF_HOME ?? join(homedir(), ".strikeproof"), "keys");

/** Roles that are alone in their process. */
const NEEDS_ONE_KEY: readonly string[] = ["proposer", "challenger", "reporter"];

/** Options that every command takes. */
export type Common = {
	readonly network: string;
	/** One or several addresses of L1's nodes, the preferred one first. */
	readonly rpcUrl?: readonly string[];
	/** A file or an address of the deployment, instead of this check-out's own record. */
	readonly deployment?: string;
	readonly apiUrl?: readonly string[];
	/** Address of a service that signs, such as Web3Signer. */
	readonly signer?: string;
	readonly archive?: readonly string[];
	readonly beacon?: readonly string[];
	readonly key?: string;
	readonly account?: number;
	readonly json: boolean;
	readonly dryRun: boolean;
};

/** What a command needs of the world, each opened when it is first asked for and closed at the end. */
export class Context {
	readonly options: Common;
	#provider: Promise<EndpointPool> | undefined;
	#connection: Promise<Connection> | undefined;
	#wallet: Promise<ChainWallet> | undefined;

	constructor(options: Common) {
		this.options = options;
	}

	/** The exchange's gateways: the first is called, the others when it fails. */
	get apiUrls(): readonly string[] {
		const text = this.options.apiUrl?.join(" ") ?? process.env.STRIKEPROOF_API_URL ?? "";
		const urls = text.split(/[\s,]+/).filter((url) => url !== "");
		return urls.length > 0 ? urls : ["ws://127.0.0.1:8547"];
	}

	/** Where the exchange is called now. */
	get apiUrl(): string {
		return this.apiUrls.join(", ");
	}

	/** Whether somebody said where blobs may be had. */
	get namesBlobs(): boolean {
		const { archive, beacon } = this.options;
		return [archive, beacon, process.env.STRIKEPROOF_ARCHIVE, process.env.STRIKEPROOF_BEACON].some((one) => one !== undefined);
	}

	/** Where blobs may be had. Nobody there is believed, so the exchange's own archive does where none is named, and who gave the deployment's record. */
	get blobUrls(): BlobUrls {
		const listed = (variable: string): readonly string[] | undefined =>
			process.env[variable]?.split(",").reduce<readonly string[]>((all, url) => urls(url, all), []);
		const { deployment = "" } = this.options;
		const giver = /^https?:/.test(deployment) && URL.canParse(deployment) ? [new URL(deployment).origin] : [];
		return {
			archives: this.options.archive ?? listed("STRIKEPROOF_ARCHIVE") ?? [...this.apiUrls, ...giver],
			beacons: this.options.beacon ?? listed("STRIKEPROOF_BEACON") ?? [],
		};
	}

	/** Addresses of L1's nodes, the preferred one first. */
	get rpcUrls(): readonly string[] {
		const { network, rpcUrl } = this.options;
		const known = NETWORKS[network];
		const text = rpcUrl?.join(" ") ?? process.env[RPC_VARIABLE] ?? process.env[known.urlVariable] ?? known.url ?? "";
		const urls = text.split(/[\s,]+/).filter((url) => url !== "");
		if (urls.length === 0)
			throw new Failure(ExitCode.Usage, `The node of ${network} is not known: give --rpc, or set ${known.urlVariable} in the environment.`);
		return urls;
	}

	get keystore(): Keystore {
		return new Keystore(KEYS);
	}

	provider(): Promise<EndpointPool> {
		this.#provider ??= connect(this.options.network, this.rpcUrls);
		return this.#provider;
	}

	/** The deployment on the network's chain; on a local chain it may be the one that `npm start` made. */
	async deployment(): Promise<Deployment> {
		const { network } = this.options;
		if (this.options.deployment !== undefined) return this.#namedDeployment(this.options.deployment);
		const networks = NETWORKS[network].url === undefined ? [network] : [network, "embedded", "localhost"];
		try {
			return await Deployments.standing(RECORDS, networks, await this.provider());
		} catch (cause) {
			if (cause instanceof Error && cause.message.startsWith("No deployment")) throw new Failure(ExitCode.NotFound, cause.message, cause);
			throw cause;
		}
	}

	async #namedDeployment(where: string): Promise<Deployment> {
		let text: string;
		try {
			if (/^https?:\/\//.test(where)) {
				const response = await fetch(where, { signal: AbortSignal.timeout(10_000) });
				if (!response.ok) throw new Error(`HTTP ${response.status}`);
				text = await response.text();
			} else text = readFileSync(where, "utf8");
		} catch (cause) {
			const { message, cause: inner } = cause as Error & { cause?: Error };
			throw new Failure(ExitCode.NotFound, `There is no deployment at ${where} (${inner?.message || message}).`, cause);
		}
		let found: Deployment;
		try {
			found = Deployments.parse(text, where);
		} catch (cause) {
			throw new Failure(ExitCode.NotFound, (cause as Error).message, cause);
		}
		const provider = await this.provider();
		const { chainId } = await provider.getNetwork();
		if (found.chainId !== Number(chainId))
			throw new Failure(
				ExitCode.Unreachable,
				`The deployment at ${where} is of chain ${found.chainId}, and the node is of chain ${chainId}.`,
			);
		if ((await provider.getCode(found.contracts.AssertionChain)) === "0x")
			throw new Failure(
				ExitCode.NotFound,
				`The deployment at ${where} does not stand on chain ${chainId}: there is no contract at its addresses.`,
			);
		return found;
	}

	async bridge(): Promise<Bridge> {
		return new Bridge(await this.provider(), await this.deployment());
	}

	connection(): Promise<Connection> {
		this.#connection ??= Connection.open(this.apiUrls);
		return this.#connection;
	}

	/** Who signs and pays: the service that is named by --signer or STRIKEPROOF_SIGNER, which keeps its key to itself, or else the key's wallet. */
	async signer(): Promise<TransactionSigner> {
		return (await this.#remoteSigner()) ?? this.wallet();
	}

	/** Who signs and pays for one of a node's roles: a service, the key that is named, or the keystore's key under the role's name; on a development chain its public test key. */
	async signerOfRole(role: string, place: number): Promise<TransactionSigner> {
		return (await this.#remoteSigner()) ?? this.walletOfRole(role, place);
	}

	async #remoteSigner(): Promise<TransactionSigner | undefined> {
		const url = this.options.signer ?? process.env.STRIKEPROOF_SIGNER;
		if (url === undefined || url === "") return undefined;
		return RemoteSigner.open(url, process.env.STRIKEPROOF_SIGNER_ADDRESS);
	}

	/** The key's wallet, connected to the node. A key comes from the environment or from an encrypted file, never from an argument. */
	wallet(): Promise<ChainWallet> {
		this.#wallet ??= this.#openWallet().then((wallet) => (this.options.dryRun ? trying(wallet) : wallet));
		return this.#wallet;
	}

	/**
	 * The wallet of one of a node's roles: the key that is named, or the keystore's key under the role's name; on a development chain its public test key.
	 */
	async walletOfRole(role: string, place: number): Promise<ChainWallet> {
		const { keystore } = this;
		if (this.options.key !== undefined || process.env[KEY_VARIABLE] || process.env.STRIKEPROOF_KEY) {
			// One key is one lane of nonces: a sequencer's roles each need their own.
			if (NEEDS_ONE_KEY.includes(role)) return this.wallet();
		}
		if (!keystore.has(role)) return this.#testWallet(place);
		const wallet = await keystore.unlock(role, await passwordFor(`Password of the key ${role}: `));
		return wallet.connect(await this.provider());
	}

	async #openWallet(): Promise<ChainWallet> {
		const name = this.options.key ?? process.env.STRIKEPROOF_KEY;
		const fromEnvironment = process.env[KEY_VARIABLE];
		if (name === undefined && fromEnvironment) return walletOf(fromEnvironment, KEY_VARIABLE).connect(await this.provider());
		const place = /^test\/(\d{1,3})$/.exec(name ?? "");
		if (place) return this.#testWallet(Number(place[1]));
		const { keystore } = this;
		const chosen = name ?? "default";
		if (name === undefined && !keystore.has(chosen)) {
			throw new Failure(
				ExitCode.NoKey,
				`No key: make one with "strikeproof keys new", or set ${KEY_VARIABLE} in the environment; on a local chain --key test/60 is a public test key.`,
			);
		}
		keystore.addressOf(chosen);
		const wallet = await keystore.unlock(chosen, await passwordFor(`Password of the key ${chosen}: `));
		return wallet.connect(await this.provider());
	}

	/** PUBLIC TEST KEYS: anybody knows them, so they are refused wherever something could be of value. */
	async #testWallet(place: number): Promise<ChainWallet> {
		const provider = await this.provider();
		const { chainId } = await provider.getNetwork();
		if (Number(chainId) !== DEVELOPMENT_CHAIN_ID)
			throw new Failure(
				ExitCode.NoKey,
				`test/${place} is a public test key, and chain ${chainId} is no development chain: use a key of your own.`,
			);
		return testWallet(place).connect(provider);
	}

	/** The account given, or the key's first one. */
	async account(): Promise<number> {
		if (this.options.account !== undefined) return this.options.account;
		const { address } = await this.wallet();
		const [first] = await (await this.connection()).call<number[]>("public/get_accounts_of", { owner: address });
		if (first === undefined)
			throw new Failure(
				ExitCode.NotFound,
				`${address} has no account at this exchange yet: deposit first, and wait for the deposit to be credited.`,
			);
		return first;
	}

	async trader(): Promise<Trader> {
		const connection = await this.connection();
		return Trader.open(this.options.dryRun ? dryCalls(connection) : connection, await this.wallet(), await this.account());
	}

	async close(): Promise<void> {
		await this.#connection?.then((connection) => connection.close()).catch(() => undefined);
		await this.#provider?.then((provider) => provider.destroy()).catch(() => undefined);
	}
}

/** What a command says: to a person, and to a program. */
export type Answer = { readonly text: string; readonly json: object; readonly exitCode?: number };

/** Commands that write files or run on. */
const ACTS_OTHERWISE: ReadonlySet<string> = new Set(["up", "node", "challenger", "new", "import", "backup", "restore"]);

/** Adds a command's work: it gets a context, and what it answers is printed in the form that was asked for. */
export function does<Options extends object>(
	command: Command,
	work: (context: Context, options: Options & Common, ...args: string[]) => Promise<Answer>,
): Command {
	return command.action(async (...all: unknown[]) => {
		const self = all.at(-1) as Command;
		const options = self.optsWithGlobals<Options & Common>();
		const args = self.processedArgs as string[];
		if (options.dryRun && ACTS_OTHERWISE.has(self.name()))
			throw new Failure(ExitCode.Usage, `"${self.name()}" does more than send one thing: it has no --dry-run.`);
		const context = new Context(options);
		try {
			const { text, json, exitCode } = await work(context, options, ...args).catch(async (error: unknown): Promise<Answer> => {
				if (error instanceof DryRun) return error.answer;
				if (error instanceof NotSent) return dryTransaction(error, await context.deployment());
				throw error;
			});
			process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
			process.exitCode = exitCode ?? ExitCode.Ok;
		} finally {
			await context.close();
		}
	});
}
