// Commitments to blobs took half of a run's time, and are not what is looked for. Here one is a point of the curve that is found by hashing: as before, other bytes
// have another commitment, and the same bytes the same one in every role. What is asked of a polynomial for a proof is computed as ever.

import { createHash } from "node:crypto";
import type { DasContextJs } from "@crate-crypto/node-eth-kzg";
import library from "@crate-crypto/node-eth-kzg";
import { decompress } from "../../../src/kzg/Point.ts";

const COMMITMENT_BYTES = 48;
const IS_COMPRESSED = 0x80;

function commit(blob: Uint8Array): Uint8Array {
	const commitment = new Uint8Array(COMMITMENT_BYTES);
	let hash = createHash("sha256").update(blob).digest();
	for (;;) {
		// The first sixteen bytes stay zero: every such x is below the field's order, and about every other one is that of a point.
		commitment.set(hash, 16);
		commitment[0] = IS_COMPRESSED;
		try {
			decompress(commitment);
			return commitment;
		} catch {
			hash = createHash("sha256").update(hash).digest();
		}
	}
}

/** Before the first blob is committed to. */
export function imitateCommitments(): void {
	const { DasContextJs: Library } = library;
	let real: DasContextJs | undefined;
	const imitation: Pick<DasContextJs, "blobToKzgCommitment" | "asyncBlobToKzgCommitment" | "computeKzgProof"> = {
		blobToKzgCommitment: commit,
		asyncBlobToKzgCommitment: async (blob) => commit(blob),
		computeKzgProof: (blob, z) => (real ??= Library.create({ usePrecomp: false })).computeKzgProof(blob, z),
	};
	library.DasContextJs = { create: () => imitation } as unknown as typeof DasContextJs;
}
