// What a transaction carries beside itself when its data is in blobs (EIP-4844, EIP-7594).

import { concat, getBytes, hexlify } from "ethers";
import type { JsonRpcProvider, Transaction, TransactionLike, TransactionRequest } from "ethers";
import * as Kzg from "../kzg/Kzg.ts";

/** Fields of a blob transaction that ethers takes besides those of any other. */
export type Sidecar = Required<Pick<TransactionLike, "type" | "maxFeePerBlobGas" | "blobs">> & Pick<TransactionLike, "blobWrapperVersion">;

/** Units of blob gas that a blob takes (EIP-4844). */
export const GAS_PER_BLOB = 131_072n;

/** Chains of development, whose nodes may know no sidecar but the first version; every public chain wants the second since Osaka. */
const DEVELOPMENT_CHAIN = 31_337n;

/** The version of sidecar that a chain takes: 0 a proof a blob, 1 a proof a cell. */
export function versionOf(chainId: bigint): 0 | 1 {
	return chainId === DEVELOPMENT_CHAIN ? 0 : 1;
}

/** Blobs of 131,072 bytes with their commitments and proofs; at most `maxFeePerBlobGas` wei are paid for a unit of blob gas. */
export async function make(blobs: readonly Uint8Array[], maxFeePerBlobGas: bigint, version: 0 | 1): Promise<Sidecar> {
	const parts = await Promise.all(
		blobs.map(async (blob) => {
			const commitment = await Kzg.commitAside(blob);
			const proofs = version === 0 ? [await Kzg.blobProof(blob, commitment)] : await Kzg.cellProofs(blob);
			return { data: hexlify(blob), commitment: hexlify(commitment), proof: concat(proofs.map((one) => hexlify(one))) };
		}),
	);
	return { type: 3, maxFeePerBlobGas, blobs: parts, ...(version === 1 && { blobWrapperVersion: 1 }) };
}

/** The sidecar of a signed transaction under another price, or undefined when it carries no blobs. */
export function repriced(transaction: Transaction, maxFeePerBlobGas: bigint): Sidecar | undefined {
	const { blobs, blobWrapperVersion } = transaction;
	return blobs ? { type: 3, maxFeePerBlobGas, blobs, ...(typeof blobWrapperVersion === "number" && { blobWrapperVersion }) } : undefined;
}

/** What simulating it takes: the hashes, not the blobs. */
export function named({
	type,
	maxFeePerBlobGas,
	blobs,
}: Sidecar): Pick<TransactionRequest, "type" | "maxFeePerBlobGas" | "blobVersionedHashes"> {
	const blobVersionedHashes = (blobs ?? []).map((blob) =>
		hexlify(Kzg.versionedHash(getBytes((blob as { commitment: string }).commitment))),
	);
	return { type: type ?? 3, maxFeePerBlobGas: maxFeePerBlobGas ?? 0n, blobVersionedHashes };
}

/** Wei for a unit of blob gas in the next block. */
export async function baseFee(provider: JsonRpcProvider): Promise<bigint> {
	return BigInt((await provider.send("eth_blobBaseFee", [])) as string);
}
