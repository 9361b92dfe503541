// Opens cosets of a blob as contracts/prover/BlobOpening.sol reads it: commitment 96 | quotient 96 | proof 48 | elements.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Blob from "../protocol/Blob.ts";
import * as Field from "./Field.ts";
import * as Kzg from "./Kzg.ts";
import { decompress } from "./Point.ts";

/** Opens `cosets` cosets from `first` on. */
export function open(blob: Uint8Array, first: number, cosets: number): Uint8Array {
	const commitment = Kzg.commit(blob);
	const values = Field.fromBlob(blob);
	const size = 32 * Blob.COSET_ELEMENTS;
	const elements = blob.subarray(first * size, (first + cosets) * size);

	// The quotient of the polynomial by the one that vanishes on the cosets; what remains is the polynomial through the elements.
	let coefficients = Field.coefficients(values);
	for (let i = 0; i < cosets; i++) coefficients = Field.divide(coefficients, Blob.power8(Blob.shift(first + i)));
	const quotient = Field.evaluations(coefficients);

	const quotientPoint = decompress(Kzg.commit(Field.toBlob(quotient)));
	const z = Blob.challenge(Kzg.versionedHash(commitment), first, quotientPoint, elements);
	const { vanishing, value } = Blob.interpolate(first, elements, z);
	const folded = values.map((one, i) => (((one - vanishing * quotient[i]) % Blob.MODULUS) + Blob.MODULUS) % Blob.MODULUS);
	const place = new Uint8Array(32);
	Bytes.putBig(place, 0, 32, z);
	const opened = Kzg.prove(Field.toBlob(folded), place);
	if (Bytes.big(opened.value, 0, 32) !== value) throw new Error("A blob's opening does not open it: the arithmetic is wrong.");
	return Bytes.concat(decompress(commitment), quotientPoint, opened.proof, elements);
}
