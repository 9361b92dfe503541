import * as Bytes from "../machine/math/Bytes.ts";

/** Bytes of a packed signature: r 32 | vs 32, where the highest bit of vs is 0 for v 27 and 1 for v 28 (ERC-2098). */
const PACKED_LENGTH = 64;

/**
 * The signatures of a certificate as StakeRegistry.requireQuorum takes them: without the byte v, one behind the other, in the order given, which must be that of
 * the signers' addresses. Each is r 32 | s 32 | v 1 with low s, as every signer here makes them.
 */
export function pack(signatures: readonly Uint8Array[]): Uint8Array {
	return Bytes.concat(
		...signatures.map((signature) => {
			const packed = signature.slice(0, PACKED_LENGTH);
			if (signature[PACKED_LENGTH] === 28) packed[32] |= 0x80;
			return packed;
		}),
	);
}

/** The signatures of a packed certificate, 65 bytes each. Bytes that are no whole signature are left out: L1 takes none with them. */
export function unpack(packed: Uint8Array): Uint8Array[] {
	return Array.from({ length: Math.floor(packed.length / PACKED_LENGTH) }, (_, i) => {
		const signature = new Uint8Array(PACKED_LENGTH + 1);
		signature.set(packed.subarray(PACKED_LENGTH * i, PACKED_LENGTH * (i + 1)), 0);
		signature[PACKED_LENGTH] = 27 + (signature[32] >> 7);
		signature[32] &= 0x7f;
		return signature;
	});
}
