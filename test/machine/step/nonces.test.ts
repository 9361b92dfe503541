import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MAX_NONCE_JUMP, NONCE_WINDOW } from "../../../src/machine/Constants.ts";
import { Result, nameOf } from "../../../src/machine/Result.ts";
import * as Nonces from "../../../src/machine/step/Nonces.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";

/** A step from the highest nonce so far: mostly near it, sometimes by a whole window, sometimes far. */
const steps = fc.array(
	fc.oneof(
		{ weight: 6, arbitrary: fc.integer({ min: -300, max: 20 }) },
		{ weight: 2, arbitrary: fc.integer({ min: 250, max: 260 }) },
		{ weight: 1, arbitrary: fc.constantFrom(MAX_NONCE_JUMP - 1, MAX_NONCE_JUMP, MAX_NONCE_JUMP + 1, MAX_NONCE_JUMP + NONCE_WINDOW) },
	),
	{ maxLength: 120, size: "max" },
);

describe("given nonces in any order", () => {
	it("takes each at most once, every unused one of the last 256, and none too far ahead", () => {
		fc.assert(
			fc.property(fc.nat(2 ** 50), steps, (start, moves) => {
				const account = { ...Accounts.empty(), nonceFloor: start };
				const used = new Set<number>();
				// The window as it is meant: it begins at the start, and ends with the highest nonce once that is beyond its first 256.
				let highest = start;
				for (const move of moves) {
					const nonce = Math.max(0, highest + move);
					const floor = Math.max(start, highest - (NONCE_WINDOW - 1));
					const expected =
						nonce < floor
							? Result.NonceTooOld
							: used.has(nonce)
								? Result.NonceUsed
								: nonce >= floor + NONCE_WINDOW + MAX_NONCE_JUMP
									? Result.NonceTooFar
									: Result.Ok;
					assert.equal(nameOf(Nonces.check(account, nonce)), nameOf(expected), `${nonce} above ${floor}`);
					if (expected !== Result.Ok) continue;
					Nonces.use(account, nonce);
					used.add(nonce);
					highest = Math.max(highest, nonce);
					assert.ok(account.nonceBits < 1n << 256n);
				}
			}),
			{ numRuns: 1000 },
		);
	});
});
