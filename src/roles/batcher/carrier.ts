// Which way a batch goes to L1: in blobs, or in the transaction's own calldata.

import type { L1Fees } from "../../ports/Chain.ts";
import type { Carrier } from "../../ports/Inbox.ts";
import * as Blob from "../../protocol/Blob.ts";
import * as Batch from "../../protocol/Batch.ts";

/** What the operator wants: the cheaper of both, or always one. */
export type CarrierChoice = "auto" | Carrier;

/** EIP-7623: a token is a zero byte, or a quarter of another; a transaction pays for so many at least. EIP-7976 makes the second figure 16. */
export const GAS_PER_TOKEN = 4n;
export const FLOOR_PER_TOKEN = 10n;
const BASE_GAS = 21_000n;
/** Units of blob gas that a blob takes, however little is in it. */
const GAS_PER_BLOB = 131_072n;
/** About what one signer's certificate brings (test/inbox/blobBatch.test.ts): what posting takes beside the content's own bytes, and hashing the content for calldata. */
export const OVERHEAD_GAS = 110_000n;
export const CALLDATA_GAS_PER_CHUNK = 1_000n;
/** A carrier is left only for one that is cheaper by a fifth, so that fees that wobble do not make it change with every batch. */
const MARGIN_PERCENT = 80n;

/** Wei that posting a content by calldata costs. */
export function calldataCost(content: Uint8Array, { gasPrice }: L1Fees): bigint {
	let tokens = 0n;
	for (const byte of content) tokens += byte === 0 ? 1n : 4n;
	const executed = OVERHEAD_GAS + CALLDATA_GAS_PER_CHUNK * BigInt(Math.ceil(content.length / Batch.CHUNK_BYTES));
	const normal = GAS_PER_TOKEN * tokens + executed;
	const floor = BASE_GAS + FLOOR_PER_TOKEN * tokens;
	return (normal > floor ? normal : floor) * gasPrice;
}

/** Wei that posting it in blobs costs, or undefined where there are none. */
export function blobCost(content: Uint8Array, { gasPrice, blobGasPrice }: L1Fees): bigint | undefined {
	if (blobGasPrice === undefined) return undefined;
	return OVERHEAD_GAS * gasPrice + BigInt(Blob.count(content.length)) * GAS_PER_BLOB * blobGasPrice;
}

/** The carrier for a content. `last` is the one of the batch before, which stays unless the other is clearly cheaper. */
export function chooseCarrier(choice: CarrierChoice, last: Carrier | undefined, content: Uint8Array, fees: L1Fees): Carrier {
	// Nothing to carry, or nothing to carry it in.
	if (content.length === 0 || fees.blobGasPrice === undefined) return "calldata";
	if (content.length > Batch.MAX_BATCH_BYTES) return "blob";
	if (choice !== "auto") return choice;
	const costs: Readonly<Record<Carrier, bigint>> = {
		calldata: calldataCost(content, fees),
		blob: blobCost(content, fees) ?? 0n,
	};
	if (last === undefined) return costs.blob <= costs.calldata ? "blob" : "calldata";
	const other = last === "blob" ? "calldata" : "blob";
	return 100n * costs[other] < MARGIN_PERCENT * costs[last] ? other : last;
}
