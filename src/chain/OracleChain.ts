import { Contract } from "ethers";
import * as Artifacts from "./Artifacts.ts";
import type { ChainProvider } from "./Bridge.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { Oracle } from "../ports/Oracle.ts";

/** Reads L1's oracle and encodes its transactions. */
export class OracleChain implements Oracle {
	readonly #contract: Contract;
	readonly #address: string;

	constructor(provider: ChainProvider, deployment: Deployment) {
		this.#address = deployment.contracts.PriceOracle;
		this.#contract = new Contract(this.#address, Artifacts.of("PriceOracle").abi, provider);
	}

	async lastTime(underlying: number): Promise<number> {
		const { time } = (await this.#contract.getFunction("feedOf")(underlying)) as { time: bigint };
		return Number(time);
	}

	report(underlying: number, time: number, payload: Uint8Array, attempt: number): TransactionRequest {
		const data = codecOf("PriceOracle").encodeFunctionData("report", [payload]);
		return { key: `report/${underlying}/${time}/${attempt}`, to: this.#address, data };
	}
}
