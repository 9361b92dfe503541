// A deployment that survives its process: what has begun is written down before the first transaction, what is complete after the last.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Signer } from "ethers";
import * as Deployments from "../src/chain/Deployment.ts";
import { DEVNET } from "../src/chain/Deployment.ts";
import type { Deployment } from "../src/chain/Deployment.ts";
import { STEPS, deploy, planOf } from "./deploy.ts";
import type { Options } from "./deploy.ts";
import { verificationOf } from "./verification.ts";

type Started = {
	readonly deployer: string;
	readonly chainId: number;
	readonly nonce: number;
	readonly block: number;
	/** What was asked for: what stands already was made of it. */
	readonly asked?: Readonly<Record<string, string>>;
};

export type Recorded = {
	readonly deployment: Deployment;
	/** Whether it stood already, it was gone on with, or all of it was made now. */
	readonly how: "found" | "resumed" | "deployed";
};

/**
 * Deploys to the signer's chain and writes deployments/<network>.json under `root`. Called again it finds a complete deployment, or goes on with one that
 * was interrupted. Throws an Error with one sentence when a contract does not land, or when another account began.
 */
export async function deployRecorded(root: string, signer: Signer, options: Omit<Options, "startedAt">): Promise<Recorded> {
	const provider = signer.provider;
	if (!provider) throw new Error("The signer is not connected to a chain.");
	const file = Deployments.fileOf(root, options.network);
	const chainId = Number((await provider.getNetwork()).chainId);
	if (existsSync(file)) {
		const known = Deployments.load(root, options.network);
		if (known.chainId !== chainId)
			throw new Error(`${file} is a deployment on chain ${known.chainId}, but the node is of chain ${chainId}: name another network.`);
		const last = known.contracts[STEPS[STEPS.length - 1].name];
		if ((await provider.getCode(last)) !== "0x") return { deployment: known, how: "found" };
	}
	const deployer = (await signer.getAddress()).toLowerCase();
	const asked = askedFor(options);
	const before = readStarted(file, deployer, chainId);
	// A development chain that was started anew knows nothing of what an older one began.
	const isAlive = before !== undefined && (await provider.getTransactionCount(deployer)) >= before.nonce;
	const started: Started = isAlive
		? before
		: { deployer, chainId, nonce: await provider.getTransactionCount(deployer), block: (await provider.getBlockNumber()) + 1, asked };
	const changed = Object.keys(asked).filter((name) => started.asked?.[name] !== asked[name]);
	if (changed.length > 0)
		throw new Error(
			`This deployment was begun with other ${changed.join(", ")}: go on with the same, or remove ${file}.started to begin anew.`,
		);
	writeWhole(`${file}.started`, started);
	const deployment = await deploy(signer, { ...options, startedAt: started });
	// Before the record: where that stands, everything does.
	const verification = verificationOf(await planOf(signer, { ...options, startedAt: started }));
	writeWhole(verificationFileOf(root, options.network), verification);
	Deployments.save(root, deployment);
	rmSync(`${file}.started`);
	return { deployment, how: isAlive ? "resumed" : "deployed" };
}

/** What contracts are made of, besides each other, in a form to compare. */
function askedFor({ reporters, quorum, committee, treasury, parameters = DEVNET }: Omit<Options, "startedAt">): Record<string, string> {
	const facts = { reporters, quorum, committee, treasury, ...parameters };
	return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value).toLowerCase()]));
}

function readStarted(file: string, deployer: string, chainId: number): Started | undefined {
	if (!existsSync(`${file}.started`)) return undefined;
	const started = JSON.parse(readFileSync(`${file}.started`, "utf8")) as Started;
	if (started.chainId !== chainId) return undefined;
	if (started.deployer !== deployer)
		throw new Error(`${started.deployer} began this deployment: go on with its key, or remove ${file}.started to begin anew.`);
	return started;
}

/** File of what verifies a network's deployment (deploy/verification.ts). */
export function verificationFileOf(root: string, network: string): string {
	return Deployments.fileOf(root, network).replace(/\.json$/, ".verification.json");
}

/** What `deployRecorded` would do: the addresses, and the contracts that do not stand yet. Sends and writes nothing. */
export async function dryRun(
	root: string,
	signer: Signer,
	options: Omit<Options, "startedAt">,
): Promise<{ readonly contracts: Readonly<Record<string, string>>; readonly missing: readonly string[] }> {
	const provider = signer.provider;
	if (!provider) throw new Error("The signer is not connected to a chain.");
	const file = Deployments.fileOf(root, options.network);
	const chainId = Number((await provider.getNetwork()).chainId);
	const missingOf = async (contracts: Readonly<Record<string, string>>): Promise<string[]> => {
		const codes = await Promise.all(Object.entries(contracts).map(async ([name, at]) => [name, await provider.getCode(at)] as const));
		return codes.filter(([, code]) => code === "0x").map(([name]) => name);
	};
	if (existsSync(file)) {
		const known = Deployments.load(root, options.network);
		const missing = known.chainId === chainId ? await missingOf(known.contracts) : ["all"];
		if (missing.length === 0) return { contracts: known.contracts, missing };
	}
	const started = readStarted(file, (await signer.getAddress()).toLowerCase(), chainId);
	const { deployment } = await planOf(signer, { ...options, ...(started ? { startedAt: started } : {}) });
	return { contracts: deployment.contracts, missing: await missingOf(deployment.contracts) };
}

function writeWhole(file: string, content: object): void {
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(`${file}.part`, `${JSON.stringify(content)}\n`);
	renameSync(`${file}.part`, file);
}
