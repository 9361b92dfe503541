// Deploys every contract, in order of dependency, with constructor arguments alone: addresses follow from the deployer's nonce, so contracts can name each
// other before they exist. Interrupted, it goes on where it stopped.

import { ContractFactory, TypedDataEncoder, concat, dataLength, getBytes, getCreateAddress, toBeHex } from "ethers";
import type { Provider, Signer } from "ethers";
import * as Artifacts from "../src/chain/Artifacts.ts";
import type { ContractName, Deployment, Parameters } from "../src/chain/Deployment.ts";
import { CONTRACT_NAMES, DEVNET } from "../src/chain/Deployment.ts";
import * as Genesis from "../src/executor/Genesis.ts";
import { TABLE } from "../src/machine/math/NormalTable.ts";
import { toHex } from "../src/machine/math/Bytes.ts";
import * as Assertion from "../src/protocol/Assertion.ts";

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

type Step = { readonly name: ContractName; readonly arguments: readonly unknown[]; readonly value?: bigint };

/** Deploys to the signer's chain. Throws an Error with one sentence when a contract does not land. */
export async function deploy(signer: Signer, options: Options): Promise<Deployment> {
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
	const genesis = Genesis.commitment({ domainSeparator: getBytes(domainSeparator), reporters, quorum: options.quorum });
	const parameters = options.parameters ?? DEVNET;
	const steps = stepsOf(addresses, options, parameters, domainSeparator, toHex(genesis.leaf));
	// Everybody reads events from here on, so a deployment that goes on keeps the block in which it began.
	const deployBlock = options.startedAt?.block ?? (await provider.getBlockNumber()) + 1;
	for (const [i, step] of steps.entries()) {
		options.onProgress?.(step.name, i, steps.length);
		if ((await provider.getCode(addresses[step.name])) !== "0x") continue;
		await create(signer, step, startNonce + i, addresses[step.name]);
	}
	return {
		network: options.network,
		version: VERSION,
		chainId,
		genesis: toHex(Assertion.assertionId(new Uint8Array(32), genesis.leaf)),
		deployBlock,
		contracts: addresses,
		domain,
		domainSeparator,
		reporters,
		quorum: options.quorum,
		parameters,
	};
}

/** One step a contract. */
function stepsOf(at: Record<ContractName, string>, options: Options, p: Parameters, domainSeparator: string, genesis: string): Step[] {
	const config = {
		verifier: at.OneStepProofEntry,
		height: p.height,
		challengePeriodBlocks: p.challengePeriodBlocks,
		gracePeriodBlocks: p.gracePeriodBlocks,
		minimumPeriodBlocks: p.minimumPeriodBlocks,
		bond: BigInt(p.bond),
		refundCap: BigInt(p.refundCap),
	};
	const budget = { censorshipBlocks: p.censorshipBudgetBlocks, delayBlocks: p.delayBlocks };
	const stake = BigInt(p.validatorStake) * BigInt(options.committee.length);
	const families = [at.TradingFamily, at.AccountFamily, at.MarketFamily];
	return [
		{ name: "NormalTable", arguments: [] },
		{ name: "MockUSDC", arguments: [] },
		{ name: "StakeRegistry", arguments: [at.SlashingEvidence, p.unbondingSeconds, options.committee], value: stake },
		{ name: "Inbox", arguments: [at.Vault] },
		{ name: "SequencerInbox", arguments: [at.Inbox, at.StakeRegistry, p.forceDelaySeconds] },
		{ name: "PriceOracle", arguments: [domainSeparator, options.reporters, options.quorum] },
		{ name: "TradingFamily", arguments: [at.NormalTable] },
		{ name: "AccountFamily", arguments: [at.NormalTable] },
		{ name: "MarketFamily", arguments: [at.NormalTable] },
		{ name: "OneStepProofEntry", arguments: [at.Inbox, at.SequencerInbox, ...families] },
		{ name: "ChallengeManager", arguments: [at.AssertionChain] },
		{
			name: "AssertionChain",
			arguments: [at.ChallengeManager, at.SequencerInbox, at.Outbox, options.treasury, config, budget, genesis],
		},
		{ name: "Vault", arguments: [at.MockUSDC, at.Inbox, at.Outbox, at.EscapeHatch] },
		{ name: "Outbox", arguments: [at.AssertionChain, at.Vault, at.EscapeHatch] },
		{
			name: "EscapeHatch",
			arguments: [
				at.AssertionChain,
				at.Vault,
				at.PriceOracle,
				at.Inbox,
				at.SequencerInbox,
				p.deadAfterBlocks,
				p.unservedSeconds,
				p.registrationSeconds,
			],
		},
		{ name: "SlashingEvidence", arguments: [at.StakeRegistry, at.SequencerInbox] },
	];
}

/** Creation code of a data contract: returns a zero byte and then the data. */
function dataContract(data: Uint8Array): string {
	const code = concat(["0x00", data]);
	// PUSH2 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes before the code.
	return concat(["0x61", toBeHex(dataLength(code), 2), "0x80600a5f395ff3", code]);
}

async function create(signer: Signer, step: Step, nonce: number, expected: string): Promise<void> {
	let data: string;
	if (step.name === "NormalTable") data = dataContract(TABLE);
	else {
		const artifact = Artifacts.of(step.name);
		data = (await new ContractFactory(artifact.abi, artifact.bytecode).getDeployTransaction(...step.arguments)).data;
	}
	try {
		const sent = await signer.sendTransaction({ data, nonce, value: step.value ?? 0n });
		const receipt = await sent.wait();
		if (receipt?.contractAddress?.toLowerCase() !== expected)
			throw new Error(`it landed at ${receipt?.contractAddress}, not at ${expected}`);
	} catch (cause) {
		throw new Error(`${step.name} could not be deployed: ${(cause as Error).message}`, { cause });
	}
}
