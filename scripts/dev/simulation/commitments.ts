// Commitments to blobs took half of a run's time, and are not what is looked for. Here one is a point of the curve that is found by hashing: as before, other bytes
// have another commitment, and the same bytes the same one in every role. The proof about a polynomial is such a point, too; its value is computed, and whoever opens
// a blob holds it against what he reckoned.

import { createHash } from "node:crypto";
import type { DasContextJs } from "@crate-crypto/node-eth-kzg";
import library from "@crate-crypto/node-eth-kzg";
import * as Field from "../../../src/kzg/Field.ts";
import { decompress } from "../../../src/kzg/Point.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Blob from "../../../src/protocol/Blob.ts";

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

function prove(blob: Uint8Array, z: Uint8Array): [Uint8Array, Uint8Array] {
	const place = Bytes.big(z, 0, 32);
	const value = Field.coefficients(Field.fromBlob(blob)).reduceRight((sum, coefficient) => (sum * place + coefficient) % Blob.MODULUS, 0n);
	const bytes = new Uint8Array(32);
	Bytes.putBig(bytes, 0, 32, value);
	return [commit(Bytes.concat(blob, z)), bytes];
}

/** Before the first blob is committed to. */
export function imitateCommitments(): void {
	const imitation: Pick<DasContextJs, "blobToKzgCommitment" | "asyncBlobToKzgCommitment" | "computeKzgProof"> = {
		blobToKzgCommitment: commit,
		asyncBlobToKzgCommitment: async (blob) => commit(blob),
		computeKzgProof: prove,
	};
	library.DasContextJs = { create: () => imitation } as unknown as typeof DasContextJs;
}
