// The answer to a decided block. The package that holds the engine's messages does not know keys of kind secp256k1eth, so the changes of the members are
// written here, field by field.

import { BinaryWriter } from "cosmjs-types/binary";
import { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import * as Bytes from "../../machine/math/Bytes.ts";

/** Tags: field number times 8, and 2 for bytes. */
const RESPONSE_FINALIZE_BLOCK = 21 * 8 + 2;
const VALIDATOR_UPDATES = 3 * 8 + 2;
const PUB_KEY = 1 * 8 + 2;
const POWER = 2 * 8;
const SECP256K1ETH = 5 * 8 + 2;

/** A whole Response: every transaction has code 0, and members get these powers two blocks later; 0 takes one out. */
export function encode(
	appHash: Uint8Array,
	transactions: number,
	changes: readonly { readonly publicKey: string; readonly power: number }[],
): Uint8Array {
	const txResults = Array.from({ length: transactions }, () => ({ code: 0 }));
	const answer = ResponseFinalizeBlock.encode(ResponseFinalizeBlock.fromPartial({ appHash, txResults })).finish();
	const updates = changes.map(({ publicKey, power }) => {
		const key = new BinaryWriter().uint32(SECP256K1ETH).bytes(Bytes.fromHex(publicKey)).finish();
		const update = new BinaryWriter().uint32(PUB_KEY).bytes(key);
		if (power > 0) update.uint32(POWER).int64(BigInt(power));
		return new BinaryWriter().uint32(VALIDATOR_UPDATES).bytes(update.finish()).finish();
	});
	// Fields of a message may stand in any order.
	return new BinaryWriter()
		.uint32(RESPONSE_FINALIZE_BLOCK)
		.bytes(Bytes.concat(answer, ...updates))
		.finish();
}
