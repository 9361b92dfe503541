// Decimal strings and fixed point with 60 fractional bits, without a double between them.

import { z } from "zod";
import { BITS } from "../../../src/machine/math/FixedPoint.ts";

/** LIMIT: 60 digits on either side of the point, of which one must be there, and an exponent of two. */
const PATTERN = /^([+-]?)(?=\.?\d)(\d{0,60})(?:\.(\d{0,60}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** A decimal as digits / 10^places. Throws a RangeError when the text is none. */
function parts(text: string): { digits: bigint; places: number } {
	const match = PATTERN.exec(text);
	if (!match) throw new RangeError(`"${text}" is no decimal`);
	const [, sign, whole, part = "", exponent = "0"] = match;
	const digits = BigInt(whole + part);
	return { digits: sign === "-" ? -digits : digits, places: part.length - Number(exponent) };
}

/** Whether the text is a decimal: digits, perhaps a sign before them, a point before, among or behind them, or an exponent of ten. */
export function isDecimal(text: string): boolean {
	return PATTERN.test(text);
}

/** The decimal times `unit`, rounded towards zero. Throws a RangeError when the text is no decimal. */
export function scaled(text: string, unit: bigint): bigint {
	const { digits, places } = parts(text);
	return places > 0 ? (digits * unit) / 10n ** BigInt(places) : digits * unit * 10n ** BigInt(-places);
}

/** The decimal times `unit` when that is a whole number, and otherwise nothing. */
export function exactly(text: string, unit: bigint): bigint | undefined {
	const { digits, places } = parts(text);
	if (places > 0 && (digits * unit) % 10n ** BigInt(places) !== 0n) return undefined;
	return scaled(text, unit);
}

/** The decimal in fixed point. */
export function toFixed(text: string): bigint {
	return scaled(text, 1n << BITS);
}

/** All of a fixed-point number's digits: at most 60 stand behind the point, and trailing zeros are left out. */
export function ofFixed(value: bigint): string {
	return ofScaled(value * 5n ** BITS, Number(BITS));
}

/** value / 10^places as a decimal, without trailing zeros. */
export function ofScaled(value: bigint, places: number): string {
	const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
	const point = digits.length - places;
	const part = digits.slice(point).replace(/0+$/, "");
	return `${value < 0n ? "-" : ""}${digits.slice(0, point)}${part === "" ? "" : `.${part}`}`;
}

/** A field of a line that holds a decimal. */
export const decimal = z
	.string({
		error: ({ input }) =>
			input === undefined
				? "is missing"
				: `must be a decimal string, such as "3010.5", not ${input === null ? "null" : `a ${typeof input}`}`,
	})
	.refine(isDecimal, "must be a decimal string: at most 60 digits on either side of the point, and an exponent of at most two");
