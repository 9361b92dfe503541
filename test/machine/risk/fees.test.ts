import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MAX_PRICE, MAX_PRICE_TICKS, MAX_SIZE_LOTS, lotsPerUnit } from "../../../src/machine/Constants.ts";
import * as Fees from "../../../src/machine/risk/Fees.ts";
import * as Trades from "../../../src/machine/step/Trades.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";

const indexes = fc.integer({ min: 1, max: MAX_PRICE - 1 });
const prices = fc.integer({ min: 1, max: MAX_PRICE_TICKS });
const sizes = fc.integer({ min: 1, max: MAX_SIZE_LOTS });
const underlyings = fc.constantFrom(0, 1);
const ceil = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** min(rate of the index notional, 12.5 % of the premium), each rounded up: as the specification says it. */
function specified(rate: bigint, index: number, price: number, size: number, underlying: number): bigint {
	const onNotional = ceil(BigInt(index) * BigInt(size) * rate, 1_000_000n * BigInt(lotsPerUnit(underlying)));
	const cap = ceil(BigInt(price) * BigInt(size) * 1000n, 8n);
	return onNotional < cap ? onNotional : cap;
}

describe("given a trade of any size at any price", () => {
	it("costs 0.03 % of the index notional for the taker and 0.01 % for the maker, at most an eighth of the premium, rounded up", () => {
		fc.assert(
			fc.property(indexes, prices, sizes, underlyings, (index, price, size, underlying) => {
				assert.equal(BigInt(Fees.taker(index, price, size, underlying)), specified(300n, index, price, size, underlying));
				assert.equal(BigInt(Fees.maker(index, price, size, underlying)), specified(100n, index, price, size, underlying));
			}),
			{ numRuns: 5000 },
		);
	});

	it("is never free, and never cheaper for the taker than for the maker", () => {
		fc.assert(
			fc.property(indexes, prices, sizes, underlyings, (index, price, size, underlying) => {
				const maker = Fees.maker(index, price, size, underlying);
				assert.ok(maker >= 1 && Fees.taker(index, price, size, underlying) >= maker);
			}),
			{ numRuns: 2000 },
		);
	});

	it("never costs less at a higher price, in a larger size or on a higher index", () => {
		fc.assert(
			fc.property(indexes, prices, sizes, underlyings, fc.nat(1e6), (index, price, size, underlying, more) => {
				const fee = Fees.taker(index, price, size, underlying);
				assert.ok(Fees.taker(Math.min(index + more, MAX_PRICE - 1), price, size, underlying) >= fee);
				assert.ok(Fees.taker(index, Math.min(price + more, MAX_PRICE_TICKS), size, underlying) >= fee);
				assert.ok(Fees.taker(index, price, Math.min(size + more, MAX_SIZE_LOTS), underlying) >= fee);
			}),
			{ numRuns: 2000 },
		);
	});

	it("costs no less in parts than as a whole, and at most a micro-USDC a part more", () => {
		fc.assert(
			fc.property(
				indexes,
				prices,
				fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 20 }),
				underlyings,
				(index, price, parts, underlying) => {
					const whole = Fees.taker(
						index,
						price,
						parts.reduce((a, b) => a + b),
						underlying,
					);
					const split = parts.reduce((sum, part) => sum + Fees.taker(index, price, part, underlying), 0);
					assert.ok(split >= whole && split - whole < parts.length);
				},
			),
			{ numRuns: 2000 },
		);
	});

	it("gives a referrer a fifth of it at most, and nobody anything where there is none", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 2 ** 52 }), fc.integer({ min: 0, max: 9 }), (fee, referrer) => {
				const account = { ...Accounts.empty(), referrer, rebate: 7 };
				const kept = Trades.charge(account, fee);
				const part = account.rebate - 7;
				assert.equal(kept + part, fee);
				assert.equal(BigInt(part), referrer === 0 ? 0n : BigInt(fee) / 5n);
			}),
			{ numRuns: 2000 },
		);
	});
});
