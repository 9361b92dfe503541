// The Solidity twin for the laboratory: LabHarness on an EVM in this process, called with as much at once as a call's gas allows.

import { Interface } from "ethers";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import { TABLE } from "../../../src/machine/math/NormalTable.ts";
import { CALL_GAS, dataContract } from "../lockstep/Evm.ts";
import type { Provider } from "../lockstep/Evm.ts";
import type { Point } from "./Points.ts";

/** An option in fixed point with 60 fractional bits, as `LabHarness.Quote`. */
export type Quote = {
	readonly forward: bigint;
	readonly strike: bigint;
	readonly volatility: bigint;
	readonly time: bigint;
	readonly rate: bigint;
	readonly isPut: boolean;
};

export type Priced = { readonly value: bigint; readonly delta: bigint };

/** A point's value in micro-USDC, its derivative by the forward, and its total volatility, in fixed point. */
export type Valued = Priced & { readonly volatility: bigint };

/** As `LabHarness.Portfolio`; `positions` is how many the account has, by which calls are filled. */
export type Portfolio = {
	readonly stateRoot: Uint8Array;
	readonly account: number;
	readonly witness: Uint8Array;
	readonly positions: number;
};

/** As `LabHarness.Report`: micro-USDC. */
export type MarginReport = {
	readonly equity: number;
	readonly initial: number;
	readonly maintenance: number;
	readonly parts: readonly Part[];
};
export type Part = { readonly mark: number; readonly changes: readonly number[]; readonly netShort: number; readonly doubt: number };

/** LIMIT: a quote needs less than 20,000 gas, a portfolio less than 500,000 and 180,000 a position; a call has 2^24. */
const QUOTES_A_CALL = 500;
const PORTFOLIO_GAS = 500_000;
const POSITION_GAS = 180_000;
const BATCH_GAS = 14_000_000;
/** LIMIT: calls at work at once. */
const CALLS_AT_ONCE = 4;

export class LabChain {
	readonly #provider: Provider;
	readonly #close: () => Promise<void>;
	readonly #harness: Interface;
	readonly #address: string;

	private constructor(provider: Provider, close: () => Promise<void>, harness: Interface, address: string) {
		this.#provider = provider;
		this.#close = close;
		this.#harness = harness;
		this.#address = address;
	}

	/** Deploys the table and the harness; another harness may be given, compiled with other parameters. */
	static async start(artifact: Artifacts.Artifact = Artifacts.of("LabHarness")): Promise<LabChain> {
		const { network } = await import("hardhat");
		const connection = await network.connect("embedded");
		const provider = connection.provider as Provider;
		const [from] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
		const deploy = async (data: string): Promise<string> => {
			const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from, data, gas: CALL_GAS }] });
			const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
				contractAddress: string | null;
			};
			if (!receipt.contractAddress) throw new Error("The laboratory's contracts could not be deployed.");
			return receipt.contractAddress;
		};
		const harness = new Interface(artifact.abi);
		const table = await deploy(dataContract(TABLE));
		const address = await deploy(artifact.bytecode + harness.encodeDeploy([table]).slice(2));
		return new LabChain(provider, () => connection.close(), harness, address);
	}

	/** Values and deltas in the order of the quotes. */
	async price(quotes: readonly Quote[]): Promise<Priced[]> {
		const chunks: (readonly Quote[])[] = [];
		for (let i = 0; i < quotes.length; i += QUOTES_A_CALL) chunks.push(quotes.slice(i, i + QUOTES_A_CALL));
		return this.#each(chunks, async (chunk) => {
			const fields = chunk.map((quote) => [quote.forward, quote.strike, quote.volatility, quote.time, quote.rate, quote.isPut]);
			const [values, deltas] = (await this.#call("price", [fields])) as [bigint[], bigint[]];
			return chunk.map((_, i) => ({ value: values[i], delta: deltas[i] }));
		});
	}

	/** Values in micro-USDC, deltas and total volatilities of points, in fixed point and in their order. LIMIT: a point needs less than 25,000 gas. */
	async priceOnSurface(points: readonly Point[]): Promise<Valued[]> {
		const reply = await this.#request(encodePoints(this.#harness.getFunction("priceOnSurface")?.selector ?? "", points));
		// Three lists of one length behind their three offsets.
		const at = (list: number, i: number): bigint => {
			const start = 2 + 2 * WORD * (3 + list * (points.length + 1) + 1 + i);
			return BigInt.asIntN(256, BigInt(`0x${reply.slice(start, start + 2 * WORD)}`));
		};
		return points.map((_, i) => ({ value: at(0, i), delta: at(1, i), volatility: at(2, i) }));
	}

	/** Reports in the order of the portfolios. */
	async margin(portfolios: readonly Portfolio[]): Promise<MarginReport[]> {
		const chunks: Portfolio[][] = [];
		let gas = Infinity;
		for (const portfolio of portfolios) {
			const needed = PORTFOLIO_GAS + POSITION_GAS * portfolio.positions;
			if (gas + needed > BATCH_GAS) {
				chunks.push([]);
				gas = 0;
			}
			gas += needed;
			chunks[chunks.length - 1].push(portfolio);
		}
		return this.#each(chunks, async (chunk) => {
			const fields = chunk.map(({ stateRoot, account, witness }) => [stateRoot, account, witness]);
			const [list] = (await this.#call("margin", [fields])) as [RawReport[]];
			return list.map(reportOf);
		});
	}

	/** Gas of opening the portfolio's cells by their proofs, and of assessing its margin then. */
	async gasOfMargin({ stateRoot, account, witness }: Portfolio): Promise<{ readonly opening: number; readonly assessment: number }> {
		const [opening, assessment] = (await this.#call("gasOfMargin", [[stateRoot, account, witness]])) as [bigint, bigint];
		return { opening: Number(opening), assessment: Number(assessment) };
	}

	/** Gas of the innermost loop of margin, at so many spots. */
	async gasOfLoop({ forward, strike, volatility, time, rate, isPut }: Quote, count: number): Promise<number> {
		const [gas] = (await this.#call("gasOfLoop", [[forward, strike, volatility, time, rate, isPut], count])) as [bigint];
		return Number(gas);
	}

	/** Works on the chunks, some at once, and joins what they give in their order. */
	async #each<T, R>(chunks: readonly T[], work: (chunk: T) => Promise<R[]>): Promise<R[]> {
		const results: R[][] = [];
		let next = 0;
		const worker = async (): Promise<void> => {
			for (let i = next++; i < chunks.length; i = next++) results[i] = await work(chunks[i]);
		};
		await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
		return results.flat();
	}

	async close(): Promise<void> {
		await this.#close();
	}

	async #call(name: string, args: unknown[]): Promise<unknown> {
		const data = this.#harness.encodeFunctionData(name, args);
		return this.#harness.decodeFunctionResult(name, await this.#request(data));
	}

	async #request(data: string): Promise<string> {
		const params = [{ to: this.#address, data, gas: CALL_GAS }, "latest"];
		return (await this.#provider.request({ method: "eth_call", params })) as string;
	}
}

const WORD = 32;

/** The call's data by hand, word by word: a million points would otherwise wait for the encoder. */
function encodePoints(selector: string, points: readonly Point[]): string {
	const word = (value: number): string => BigInt.asUintN(256, BigInt(value)).toString(16).padStart(64, "0");
	const words = [word(WORD), word(points.length)];
	for (const { forward, strike, a, b, rho, m, sigma, rateTime, isPut } of points)
		words.push(...[forward, strike, a, b, rho, m, sigma, rateTime, isPut ? 1 : 0].map(word));
	return selector + words.join("");
}

type RawReport = {
	readonly assessment: { readonly equity: bigint; readonly initial: bigint; readonly maintenance: bigint };
	readonly parts: readonly {
		readonly mark: bigint;
		readonly changes: readonly bigint[];
		readonly netShort: bigint;
		readonly doubt: bigint;
	}[];
};

function reportOf({ assessment, parts }: RawReport): MarginReport {
	const { equity, initial, maintenance } = assessment;
	return {
		equity: Number(equity),
		initial: Number(initial),
		maintenance: Number(maintenance),
		parts: parts.map(({ mark, changes, netShort, doubt }) => ({
			mark: Number(mark),
			changes: changes.map(Number),
			netShort: Number(netShort),
			doubt: Number(doubt),
		})),
	};
}
