import type { JsonRpcProvider } from "ethers";
import type { FeeReader, L1Fees as Fees } from "../ports/Chain.ts";
import * as Sidecar from "./Sidecar.ts";

/** What L1 asks for now. */
export class L1Fees implements FeeReader {
	readonly #provider: JsonRpcProvider;

	constructor(provider: JsonRpcProvider) {
		this.#provider = provider;
	}

	async fees(): Promise<Fees> {
		const [block, { maxPriorityFeePerGas }, blobGasPrice] = await Promise.all([
			this.#provider.getBlock("latest"),
			this.#provider.getFeeData(),
			Sidecar.baseFee(this.#provider).catch(() => undefined),
		]);
		// A chain whose blocks count no blob gas takes no blobs, whatever its endpoint says of their price.
		const hasBlobs = block?.excessBlobGas !== null && block?.excessBlobGas !== undefined;
		return {
			gasPrice: (block?.baseFeePerGas ?? 0n) + (maxPriorityFeePerGas ?? 0n),
			blobGasPrice: hasBlobs ? blobGasPrice : undefined,
		};
	}
}
