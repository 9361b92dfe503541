// Decimal strings of whole numbers of a unit: no quantity crosses the wire as a floating-point number.

/** 12345 at scale 1000 is "12.345". */
export function format(value: number, scale: number): string {
	const digits = Math.round(Math.log10(scale));
	const text = String(Math.abs(value)).padStart(digits + 1, "0");
	const whole = text.slice(0, text.length - digits);
	const part = text.slice(text.length - digits).replace(/0+$/, "");
	return `${value < 0 ? "-" : ""}${whole}${part ? `.${part}` : ""}`;
}

/** The whole number of units, or undefined when the text is no decimal or not a whole number of them. */
export function parse(text: string, scale: number): number | undefined {
	if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return undefined;
	const digits = Math.round(Math.log10(scale));
	const [whole, part = ""] = text.replace("-", "").split(".") as [string, string?];
	if (/[1-9]/.test(part.slice(digits))) return undefined;
	const value = Number(`${whole}${part.slice(0, digits).padEnd(digits, "0")}`);
	if (!Number.isSafeInteger(value)) return undefined;
	return text.startsWith("-") ? -value : value;
}

export const MICRO = 1_000_000;
