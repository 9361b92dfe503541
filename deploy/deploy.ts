// Deploys every contract, in order of dependency, with constructor arguments alone: addresses follow from the deployer's nonce, so contracts can name each
// other before they exist. Interrupted, it goes on where it stopped.

import { ContractFactory, TypedDataEncoder, getBytes, getCreateAddress } from "ethers";
import type { Provider, Signer } from "ethers";
import * as Artifacts from "../src/chain/Artifacts.ts";
import type { ContractName, Deployment, Parameters } from "../src/chain/Deployment.ts";
import { CONTRACT_NAMES, DEVNET } from "../src/chain/Deployment.ts";
import * as Genesis from "../src/executor/Genesis.ts";
import { toHex } from "../src/machine/math/Bytes.ts";
import * as Assertion from "../src/protocol/Assertion.ts";
import { normalTable } from "./01-normal-table.ts";
import { usdc } from "./02-usdc.ts";
import { stakeRegistry } from "./03-stake-registry.ts";
import { inbox } from "./04-inbox.ts";
import { sequencerInbox } from "./05-sequencer-inbox.ts";
import { priceOracle } from "./06-price-oracle.ts";
import { placingFamily } from "./07-placing-family.ts";
import { matchingFamily } from "./08-matching-family.ts";
import { probingFamily } from "./09-probing-family.ts";
import { accountFamily } from "./10-account-family.ts";
import { controlFamily } from "./11-control-family.ts";
import { liquidationFamily } from "./12-liquidation-family.ts";
import { blockFamily } from "./13-block-family.ts";
import { marketFamily } from "./14-market-family.ts";
import { oneStepProofEntry } from "./15-one-step-proof-entry.ts";
import { challengeManager } from "./16-challenge-manager.ts";
import { assertionChain } from "./17-assertion-chain.ts";
import { vault } from "./18-vault.ts";
import { outbox } from "./19-outbox.ts";
import { escapeHatch } from "./20-escape-hatch.ts";
import { timelock } from "./21-timelock.ts";
import { slashingEvidence } from "./22-slashing-evidence.ts";
import { bondPools } from "./23-bond-pools.ts";
import type { Facts, Step } from "./Step.ts";

export const VERSION = "0.1.0";

export type Options = {
	readonly network: string;
	/** Addresses whose signatures make a price report, in order of their bits. */
	readonly reporters: readonly string[];
	readonly quorum: number;
	/** Addresses of the committee that certifies batches. */
	readonly committee: readonly string[];
	/** Who gets what forfeited bonds leave. */
	readonly treasury: string;
	readonly parameters?: Parameters;
	/** Where an interrupted deployment began: the deployer's nonce, and the first block that it could use. Without it a new one begins. */
	readonly startedAt?: { readonly nonce: number; readonly block: number };
	readonly onProgress?: (contract: ContractName, done: number, all: number) => void;
};

/** In the order of their nonces, which is the order of CONTRACT_NAMES. */
export const STEPS: readonly Step[] = [
	normalTable,
	usdc,
	stakeRegistry,
	inbox,
	sequencerInbox,
	priceOracle,
	placingFamily,
	matchingFamily,
	probingFamily,
	accountFamily,
	controlFamily,
	liquidationFamily,
	blockFamily,
	marketFamily,
	oneStepProofEntry,
	challengeManager,
	assertionChain,
	vault,
	outbox,
	escapeHatch,
	timelock,
	slashingEvidence,
	bondPools,
];

/** Everything about a deployment that is known before its first transaction. */
export type Plan = {
	readonly deployment: Omit<Deployment, "deployBlock">;
	readonly startNonce: number;
	readonly facts: Facts;
};

/** Throws an Error when the chain cannot be asked. */
export async function planOf(signer: Signer, options: Options): Promise<Plan> {
	const provider = signer.provider as Provider;
	const deployer = await signer.getAddress();
	const startNonce = options.startedAt?.nonce ?? (await provider.getTransactionCount(deployer));
	const addresses = {} as Record<ContractName, string>;
	CONTRACT_NAMES.forEach((name, i) => {
		addresses[name] = getCreateAddress({ from: deployer, nonce: startNonce + i }).toLowerCase();
	});
	const chainId = Number((await provider.getNetwork()).chainId);
	const domain = { name: "Strikeproof", version: "1", chainId, verifyingContract: addresses.Vault };
	const domainSeparator = TypedDataEncoder.hashDomain(domain);
	const reporters = options.reporters.map((reporter) => reporter.toLowerCase());
	const { quorum, committee, treasury } = options;
	const house = treasury.toLowerCase();
	const genesis = Genesis.commitment({ domainSeparator: getBytes(domainSeparator), reporters, quorum, house });
	const parameters = options.parameters ?? DEVNET;
	return {
		deployment: {
			network: options.network,
			version: VERSION,
			chainId,
			genesis: toHex(Assertion.assertionId(new Uint8Array(32), genesis.leaf)),
			contracts: addresses,
			domain,
			domainSeparator,
			reporters,
			quorum,
			house,
			parameters,
		},
		startNonce,
		facts: { domainSeparator, genesis: toHex(genesis.leaf), reporters, quorum, committee, treasury, parameters },
	};
}

/** Deploys to the signer's chain. Throws an Error with one sentence when a contract does not land. */
export async function deploy(signer: Signer, options: Options): Promise<Deployment> {
	const provider = signer.provider as Provider;
	const { deployment, startNonce, facts } = await planOf(signer, options);
	// Everybody reads events from here on, so a deployment that goes on keeps the block in which it began.
	const deployBlock = options.startedAt?.block ?? (await provider.getBlockNumber()) + 1;
	for (const [i, step] of STEPS.entries()) {
		options.onProgress?.(step.name, i, STEPS.length);
		if ((await provider.getCode(deployment.contracts[step.name])) !== "0x") continue;
		await create(signer, step, startNonce + i, deployment.contracts, facts);
	}
	return { ...deployment, deployBlock };
}

async function create(signer: Signer, step: Step, nonce: number, at: Readonly<Record<ContractName, string>>, facts: Facts): Promise<void> {
	let data = step.code?.();
	if (data === undefined) {
		const artifact = Artifacts.of(step.name);
		data = (await new ContractFactory(artifact.abi, artifact.bytecode).getDeployTransaction(...step.arguments(at, facts))).data;
	}
	try {
		const sent = await signer.sendTransaction({ data, nonce, value: step.value?.(facts) ?? 0n });
		const receipt = await sent.wait();
		if (receipt?.contractAddress?.toLowerCase() !== at[step.name])
			throw new Error(`it landed at ${receipt?.contractAddress}, not at ${at[step.name]}`);
	} catch (cause) {
		throw new Error(`${step.name} could not be deployed: ${(cause as Error).message}`, { cause });
	}
}
