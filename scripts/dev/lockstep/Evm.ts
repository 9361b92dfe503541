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

export type Provider = { request(call: { method: string; params: unknown[] }): Promise<unknown> };

export class Evm {
	readonly #provider: Provider;
	readonly #close: () => Promise<void>;
	readonly #harness: Interface;
	readonly #address: string;
	readonly #entry: string;

	private constructor(provider: Provider, close: () => Promise<void>, harness: Interface, address: string, entry: string) {
		this.#provider = provider;
		this.#close = close;
		this.#harness = harness;
		this.#address = address;
		this.#entry = entry;
	}

	/** Deploys the table, the families, the harness and the entry. Reverts cost no stack traces: nobody reads them here. */
	static async start(): Promise<Evm> {
		const { network } = await import("hardhat");
		const connection = await network.connect("embedded");
		const provider = connection.provider as Provider;
		const [from] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
		const deploy = async (name: string, code: string): Promise<string> => {
			const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from, data: code, gas: CALL_GAS }] });
			const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
				contractAddress: string | null;
			};
			if (!receipt.contractAddress) throw new Error(`${name} could not be deployed`);
			return receipt.contractAddress;
		};
		const create = async (name: string, room: string, ...args: string[]): Promise<string> => {
			const { abi, bytecode } = Artifacts.of(name, room);
			return deploy(name, bytecode + new Interface(abi).encodeDeploy(args).slice(2));
		};
		const table = await deploy("NormalTable", dataContract(TABLE));
		const harness = await create("MachineHarness", "mocks");
		const families: string[] = [];
		for (const family of ["PlacingFamily", "MatchingFamily", "AccountFamily", "MarketFamily"])
			families.push(await create(family, "prover", table));
		const entry = await create("OneStepProofEntry", "prover", harness, harness, ...families);
		return new Evm(provider, () => connection.close(), new Interface(Artifacts.of("MachineHarness", "mocks").abi), harness, entry);
	}

	/** Executes the steps, each from its own pre-commitment. Throws when they need more gas together than one call has. */
	async run(steps: readonly EvmStep[]): Promise<EvmTrace[]> {
		const encoded = steps.map((step) => [
			step.target,
			step.preCommitment,
			step.proof,
			step.batch,
			step.batchBefore,
			step.batchAfter,
			step.message,
			step.messageBefore,
			step.messageAfter,
		]);
		const data = this.#harness.encodeFunctionData("run", [this.#entry, encoded]);
		const reply = (await this.#provider.request({
			method: "eth_call",
			params: [{ to: this.#address, data, gas: CALL_GAS }, "latest"],
		})) as string;
		return decodeTraces(fromHex(reply));
	}

	async close(): Promise<void> {
		await this.#close();
	}
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
