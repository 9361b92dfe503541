// The Solidity twin: the real one-step-proof entry on an EVM in this process, behind the harness that stands in for the inboxes.

import { Interface } from "ethers";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import { fromHex, toHex } from "../../../src/machine/math/Bytes.ts";
import { TABLE } from "../../../src/machine/math/NormalTable.ts";
import type { Outcome } from "../../../src/machine/types/Machine.ts";

/** One step as the harness takes it; accumulators are those around the cursor. */
export type EvmStep = {
	readonly target: number;
	readonly preCommitment: Uint8Array;
	readonly proof: Uint8Array;
	readonly batch: number;
	readonly batchBefore: Uint8Array;
	readonly batchAfter: Uint8Array;
	readonly message: number;
	readonly messageBefore: Uint8Array;
	readonly messageAfter: Uint8Array;
};

/** What the entry did: a revert leaves `error`, its bytes, and nothing else. */
export type EvmTrace = {
	readonly error: string | undefined;
	readonly commitment: string;
	readonly outcome: Outcome;
	readonly gasUsed: number;
};

/** The outcome's fields in their order in the struct. */
export const OUTCOME_FIELDS = [
	"result",
	"kind",
	"account",
	"series",
	"side",
	"order",
	"maker",
	"makerOrder",
	"price",
	"size",
	"remaining",
	"amount",
] as const satisfies readonly (keyof Outcome)[];

/** LIMIT: a transaction may use 2^24 gas (EIP-7825), and eth_call obeys it. */
export const CALL_GAS = "0xffffff";
/** Enough for any step of code that is not optimised, and little enough that one without end is soon over. */
const LOOSE_GAS = 200_000_000n;

/** Contracts that hold the machine's steps, in the order in which the entry takes them. */
export const FAMILIES = [
	"PlacingFamily",
	"MatchingFamily",
	"ProbingFamily",
	"AccountFamily",
	"ControlFamily",
	"LiquidationFamily",
	"BlockFamily",
	"MarketFamily",
] as const;

export type Provider = { request(call: { method: string; params: unknown[] }): Promise<unknown> };

export class Evm {
	readonly #provider: Provider;
	readonly #close: () => Promise<void>;
	readonly #harness: Interface;
	readonly #address: string;
	readonly #entry: string;
	readonly #gas: string;

	private constructor(provider: Provider, close: () => Promise<void>, harness: Interface, address: string, entry: string, gas: string) {
		this.#provider = provider;
		this.#close = close;
		this.#harness = harness;
		this.#address = address;
		this.#entry = entry;
		this.#gas = gas;
	}

	/**
	 * Deploys the table, the families, the harness and the entry. Reverts cost no stack traces: nobody reads them here. Families may be given that were compiled otherwise, of
	 * any size and hunger: then the chain has no limit of a transaction's gas.
	 */
	static async start(families: ReadonlyMap<string, Artifacts.Artifact> = new Map()): Promise<Evm> {
		const { network } = await import("hardhat");
		const free = { hardfork: "prague", allowUnlimitedContractSize: true, blockGasLimit: LOOSE_GAS, initialBaseFeePerGas: 0n } as const;
		const connection = await network.connect(families.size > 0 ? { network: "embedded", override: free } : "embedded");
		const gas = families.size > 0 ? `0x${LOOSE_GAS.toString(16)}` : CALL_GAS;
		const provider = connection.provider as Provider;
		const [from] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
		const deploy = async (name: string, code: string): Promise<string> => {
			const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from, data: code, gas }] });
			const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
				contractAddress: string | null;
			};
			if (!receipt.contractAddress) throw new Error(`${name} could not be deployed`);
			return receipt.contractAddress;
		};
		const create = async (name: string, ...args: string[]): Promise<string> => {
			const { abi, bytecode } = families.get(name) ?? Artifacts.of(name);
			return deploy(name, bytecode + new Interface(abi).encodeDeploy(args).slice(2));
		};
		const table = await deploy("NormalTable", dataContract(TABLE));
		const harness = await create("MachineHarness");
		const addresses: string[] = [];
		for (const family of FAMILIES) addresses.push(await create(family, table));
		const entry = await create("OneStepProofEntry", harness, harness, ...addresses);
		return new Evm(provider, () => connection.close(), new Interface(Artifacts.of("MachineHarness").abi), harness, entry, gas);
	}

	/** Executes the steps, each from its own pre-commitment. Throws when they need more gas together than one call has. Mutants read the gas price. */
	async run(steps: readonly EvmStep[], gasPrice?: number): Promise<EvmTrace[]> {
		const data = this.#harness.encodeFunctionData("run", [this.#entry, steps.map(tupleOf)]);
		return decodeTraces(fromHex(await this.#call(data, gasPrice)));
	}

	/** The commitment that a dispute's last step gives, by the same door. Throws when the entry refuses the proof. */
	async prove(step: EvmStep): Promise<string> {
		return this.#call(this.#harness.encodeFunctionData("prove", [this.#entry, tupleOf(step)]));
	}

	async #call(data: string, gasPrice?: number): Promise<string> {
		const price = gasPrice === undefined ? {} : { gasPrice: `0x${gasPrice.toString(16)}` };
		const call = { to: this.#address, data, gas: this.#gas, ...price };
		return (await this.#provider.request({ method: "eth_call", params: [call, "latest"] })) as string;
	}

	async close(): Promise<void> {
		await this.#close();
	}
}

/** A step as the harness's struct. */
function tupleOf(step: EvmStep): readonly (number | Uint8Array)[] {
	const batch = [step.batch, step.batchBefore, step.batchAfter];
	return [step.target, step.preCommitment, step.proof, ...batch, step.message, step.messageBefore, step.messageAfter];
}

/** Creation code of a contract whose code is a zero byte (STOP) and then the data. */
export function dataContract(data: Uint8Array): string {
	const length = (data.length + 1).toString(16).padStart(4, "0");
	// PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
	return `0x61${length}80600a5f395ff300${toHex(data).slice(2)}`;
}

const WORD = 32;

/** Decodes the harness's reply by hand, word by word: it is most of what a lockstep run would otherwise spend its time on. */
function decodeTraces(bytes: Uint8Array): EvmTrace[] {
	const word = (at: number): bigint => BigInt(toHex(bytes.subarray(at, at + WORD)));
	const number = (at: number): number => Number(word(at));
	const list = number(0);
	const count = number(list);
	const base = list + WORD;
	return Array.from({ length: count }, (_, i) => {
		const at = base + number(base + WORD * i);
		const errorAt = at + number(at + WORD);
		const error = number(at) === 1 ? undefined : toHex(bytes.subarray(errorAt + WORD, errorAt + WORD + number(errorAt)));
		const outcome: Record<string, number> = {};
		for (const [field, name] of OUTCOME_FIELDS.entries()) {
			outcome[name] = Number(BigInt.asIntN(256, word(at + WORD * (3 + field))));
		}
		return {
			error,
			commitment: toHex(bytes.subarray(at + 2 * WORD, at + 3 * WORD)),
			outcome: outcome as Outcome,
			gasUsed: number(at + WORD * (3 + OUTCOME_FIELDS.length)),
		};
	});
}
