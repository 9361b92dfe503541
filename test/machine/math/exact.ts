// Real functions to 60 decimal places and more, in integers with 256 fractional bits. It shares no code and no method with src/machine/math, so that a
// mistake in one is not a mistake in both: ln by Newton's iteration on exp where the kernel has a series, the normal distribution by series and continued fraction
// where the kernel has a table.

export const BITS = 256n;
export const ONE = 1n << BITS;
const HALF = ONE >> 1n;

/** Extra bits within a function, so that what it drops on its way stays below the last place. */
const GUARD = 64n;

/** p / q; q above 0. */
export function ratio(p: bigint, q: bigint): bigint {
	return (p << BITS) / q;
}

/** A number with `bits` fractional bits, at most 256. */
export function fromFixed(value: bigint, bits: bigint): bigint {
	return value << (BITS - bits);
}

/** A decimal such as -12.5 or 3e-4. Throws a RangeError when it is none. */
export function fromDecimal(text: string): bigint {
	const match = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
	if (!match || match[2] + match[3] === "") throw new RangeError(`"${text}" is no decimal`);
	const exponent = Number(match[4] ?? 0) - match[3].length;
	const digits = BigInt(match[2] + match[3]) * (match[1] ? -1n : 1n);
	return exponent >= 0 ? (digits * 10n ** BigInt(exponent)) << BITS : (digits << BITS) / 10n ** BigInt(-exponent);
}

/** With `places` decimals, cut off. */
export function toDecimal(value: bigint, places: number): string {
	const digits = (((value < 0n ? -value : value) * 10n ** BigInt(places)) >> BITS).toString().padStart(places + 1, "0");
	return `${value < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The nearest double, of numbers whose leading 53 bits are within 2^-256. */
export function toDouble(value: bigint): number {
	return Number(value) / 2 ** 256;
}

export function mul(a: bigint, b: bigint): bigint {
	return (a * b) >> BITS;
}

export function div(a: bigint, b: bigint): bigint {
	return (a << BITS) / b;
}

/** Square root of x >= 0, by Newton's iteration from a power of two that is above it. */
export function sqrt(x: bigint): bigint {
	if (x === 0n) return 0n;
	const wide = x << BITS;
	let root = 1n << BigInt((wide.toString(2).length + 1) >> 1);
	for (;;) {
		const next = (root + wide / root) >> 1n;
		if (next >= root) return root;
		root = next;
	}
}

/** exp x for x up to 80: the argument is halved until it is below 2^-12, and the result of the power series squared as often. */
export function exp(x: bigint): bigint {
	if (x < 0n) {
		// Beyond it the result is below the last place.
		if (x < -200n * ONE) return 0n;
		const up = exp(-x);
		return (ONE << BITS) / up;
	}
	const bits = BITS + GUARD;
	const one = 1n << bits;
	const halvings = BigInt(Math.max(0, x.toString(2).length - Number(BITS) + 12));
	const r = (x << GUARD) >> halvings;
	let sum = one;
	let term = one;
	for (let n = 1n; term > 0n; n++) {
		term = ((term * r) >> bits) / n;
		sum += term;
	}
	for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> bits;
	return sum >> GUARD;
}

/** ln x for x above 0 within 2^-100 .. 2^100: y' = y + 2 (x - e^y) / (x + e^y), of which every step triples the correct digits (Halley). */
export function ln(x: bigint): bigint {
	const exponent = x.toString(2).length - Number(BITS);
	const mantissa = exponent > 0 ? x >> BigInt(exponent) : x << BigInt(-exponent);
	let y = BigInt(Math.round((Math.log(toDouble(mantissa)) + exponent * Math.LN2) * 2 ** 40)) << (BITS - 40n);
	// From 40 correct bits to 120, and to all.
	for (let i = 0; i < 2; i++) {
		const e = exp(y);
		y += ((2n * (x - e)) << BITS) / (x + e);
	}
	return y;
}

/** pi by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239). */
export const PI = 16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n);

function arctanOfInverse(q: bigint): bigint {
	let term = (ONE << GUARD) / q;
	let sum = term;
	for (let n = 3n; term !== 0n; n += 2n) {
		term = -term / (q * q);
		sum += term / n;
	}
	return sum >> GUARD;
}

const ROOT_TWO_PI = sqrt(2n * PI);

/** Density of the standard normal. */
export function density(x: bigint): bigint {
	return div(exp(-mul(x, x) >> 1n), ROOT_TWO_PI);
}

/** From here on the tail is taken by its continued fraction. */
const TAIL = 7n * ONE;
/** Beyond it the tail is below 2^-256. */
const END = 20n * ONE;

/** 1/2 + density * (x + x^3/3 + x^5/(3*5) + x^7/(3*5*7) ...) (Abramowitz and Stegun 26.2.11), for x >= 0: no term is negative, so nothing cancels. */
export function normalBySeries(x: bigint): bigint {
	const square = mul(x, x);
	let term = x;
	let sum = x;
	for (let n = 3n; term > 0n; n += 2n) {
		term = mul(term, square) / n;
		sum += term;
	}
	return HALF + mul(density(x), sum);
}

/** 1 - density / (x + 1/(x + 2/(x + 3/(x + ...)))) (Abramowitz and Stegun 26.2.14), for x >= 4. */
export function normalByFraction(x: bigint): bigint {
	const terms = Math.ceil((190 / (2 * toDouble(x))) ** 2 / 2) + 10;
	let below = x;
	for (let n = BigInt(terms); n > 0n; n--) below = x + div(n * ONE, below);
	return ONE - div(density(x), below);
}

/** Distribution function of the standard normal. */
export function normal(x: bigint): bigint {
	if (x < 0n) return ONE - normal(-x);
	if (x > END) return ONE;
	return x < TAIL ? normalBySeries(x) : normalByFraction(x);
}

/** erfc x = 2 N(-x sqrt 2). */
export function erfc(x: bigint): bigint {
	return 2n * normal(-mul(x, sqrt(2n * ONE)));
}

/** Parameters of a slice of total variance, each a real number. */
export type Slice = { readonly a: bigint; readonly b: bigint; readonly rho: bigint; readonly m: bigint; readonly sigma: bigint };

/** Total variance a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)) at k = ln(K / F). */
export function totalVariance({ a, b, rho, m, sigma }: Slice, k: bigint): bigint {
	const distance = k - m;
	return a + mul(b, mul(rho, distance) + sqrt(mul(distance, distance) + mul(sigma, sigma)));
}

export type Option = {
	readonly forward: bigint;
	readonly strike: bigint;
	/** sigma sqrt(T), above 0. */
	readonly volatility: bigint;
	readonly discount: bigint;
	readonly isPut: boolean;
};

/** Black's value of 1976, and its derivative by the forward. */
export function black76({ forward, strike, volatility, discount, isPut }: Option): { value: bigint; delta: bigint } {
	const d1 = div(ln(div(forward, strike)), volatility) + (volatility >> 1n);
	const d2 = d1 - volatility;
	const value = isPut ? mul(strike, normal(-d2)) - mul(forward, normal(-d1)) : mul(forward, normal(d1)) - mul(strike, normal(d2));
	return { value: mul(discount, value), delta: mul(discount, isPut ? -normal(-d1) : normal(d1)) };
}
