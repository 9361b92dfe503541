// The log of L1 messages (docs/spec/rollup.md).

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

const TAG_L1_MESSAGE = Keccak.hashText("strikeproof.l1.message.v1");

/** keccak256(TAG_L1_MESSAGE || kind u8 || sender || timestamp u64 || index u64 || keccak256(payload)) */
export function messageHash(kind: number, sender: string, timestamp: number, index: number, payload: Uint8Array): Uint8Array {
	const fields = new Uint8Array(37);
	fields[0] = kind;
	fields.set(Bytes.fromHex(sender), 1);
	Bytes.put(fields, 21, 8, timestamp);
	Bytes.put(fields, 29, 8, index);
	return Keccak.hash(Bytes.concat(TAG_L1_MESSAGE, fields, Keccak.hash(payload)));
}

/** Accumulator after a message. */
export function accumulate(before: Uint8Array, hash: Uint8Array): Uint8Array {
	return Keccak.hashPair(before, hash);
}
