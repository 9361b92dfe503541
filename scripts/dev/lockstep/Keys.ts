// Keys and signatures for programs. PUBLIC TEST KEYS: anybody can compute them; never use one for value.

import secp256k1 from "secp256k1";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";

export type Key = { readonly secret: Uint8Array; readonly address: string };

const known = new Map<string, Key>();

/** A test key from a name. */
export function keyOf(name: string): Key {
	let key = known.get(name);
	if (key) return key;
	const secret = Keccak.hashText(`public test key ${name}`);
	key = { secret, address: Bytes.address(Keccak.hash(secp256k1.publicKeyCreate(secret, false).subarray(1)), 12) };
	known.set(name, key);
	return key;
}

/** r 32 | s 32 | v 1 over the digest. */
export function sign(key: Key, digest: Uint8Array): Uint8Array {
	const { signature, recid } = secp256k1.ecdsaSign(digest, key.secret);
	return Bytes.concat(signature, Uint8Array.of(27 + recid));
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const HALF_ORDER = ORDER >> 1n;

/** Every way in which a signature can be wrong though somebody signed: each is refused by both twins, for its own reason. */
export const SPOILINGS: readonly ((signature: Uint8Array) => Uint8Array)[] = [
	// The other root of the same signature: valid for ecrecover, malleable, and refused.
	(signature) => {
		const spoiled = with_(signature, 32, ORDER - Bytes.big(signature, 32, 32));
		spoiled[64] = signature[64] === 27 ? 28 : 27;
		return spoiled;
	},
	(signature) => withV(signature, 0),
	(signature) => withV(signature, 1),
	(signature) => withV(signature, 29),
	(signature) => withV(signature, 255),
	(signature) => withV(signature, 55 - signature[64]),
	(signature) => with_(signature, 0, 0n),
	(signature) => with_(signature, 32, 0n),
	(signature) => with_(signature, 0, ORDER),
	(signature) => with_(signature, 0, (1n << 256n) - 1n),
	(signature) => with_(signature, 32, HALF_ORDER),
	(signature) => with_(signature, 32, HALF_ORDER + 1n),
	// r is not the first coordinate of a point.
	(signature) => with_(signature, 0, 5n),
	() => new Uint8Array(65),
];

function with_(signature: Uint8Array, at: number, value: bigint): Uint8Array {
	const spoiled = signature.slice();
	Bytes.putBig(spoiled, at, 32, value);
	return spoiled;
}

function withV(signature: Uint8Array, v: number): Uint8Array {
	const spoiled = signature.slice();
	spoiled[64] = v;
	return spoiled;
}
