// Arguments and options as values. Each refusal ends the process with the usage code.

import { InvalidArgumentError, Option } from "commander";
import { lotsPerUnit, tickSize } from "../machine/Constants.ts";
import * as Series from "../machine/types/Series.ts";
import * as Decimal from "../wire/Decimal.ts";
import * as Names from "../wire/Names.ts";
import { ExitCode, Failure } from "./ExitCode.ts";

/** A whole number in a range. */
export function whole(lowest: number, highest: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < lowest || value > highest)
			throw new InvalidArgumentError(`a whole number from ${lowest} to ${highest} is needed.`);
		return value;
	};
}

/** What may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
	return [...before, text];
}

/** Addresses of HTTP servers, one an option. */
export function urls(text: string, before: readonly string[] = []): readonly string[] {
	if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
		throw new InvalidArgumentError("an address such as https://archive.example is needed.");
	return [...before, text];
}

/** Where a node that has no data yet begins. */
export function syncOption(): Option {
	return new Option(
		"--sync-from <where>",
		"begins with a snapshot that L1 confirmed, from a node's API or a file, instead of deriving everything; once for each, tried in this order",
	)
		.argParser(collect)
		.default([], "L1 alone");
}

/** How a batcher's batches travel to L1. */
export function carrierOption(): Option {
	return new Option("--carrier <way>", "of a sequencer: how batches travel to L1")
		.choices(["auto", "blob", "calldata"])
		.default("auto", "the cheaper one");
}

/** Dollars as micro-USDC. */
export function usdc(text: string): number {
	const micro = Decimal.parse(text, Decimal.MICRO);
	if (micro === undefined || micro <= 0) throw new InvalidArgumentError("an amount of USDC is needed, such as 1000 or 12.50.");
	return micro;
}

const WEI = 10n ** 18n;

/** ETH as wei. */
export function ether(text: string): bigint {
	const found = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text);
	const wei = found ? BigInt(found[1]) * WEI + BigInt((found[2] ?? "").padEnd(18, "0")) : 0n;
	if (wei === 0n) throw new InvalidArgumentError("an amount of ETH is needed, such as 10 or 0.5.");
	return wei;
}

/** Wei as a person reads them. */
export function inEther(wei: bigint): string {
	const part = String(wei % WEI)
		.padStart(18, "0")
		.replace(/0+$/, "");
	return `${wei / WEI}${part && "."}${part} ETH`;
}

/** 32 bytes in hexadecimal: the id of an assertion. */
export function hash(text: string): string {
	if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError("64 hexadecimal digits with 0x are needed.");
	return text.toLowerCase();
}

export function address(text: string): string {
	if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError("an address of 40 hexadecimal digits with 0x is needed.");
	return text.toLowerCase();
}

/** A series by its name. */
export function series(text: string): number {
	const found = Names.seriesOf(text.toUpperCase());
	if (found === undefined) throw new InvalidArgumentError("an instrument such as ETH-25DEC26-4000-C is needed.");
	return found;
}

/** Dollars a unit as ticks of a series. */
export function ticks(ofSeries: number, text: string): number {
	const tick = tickSize(Series.underlyingOf(ofSeries));
	const micro = Decimal.parse(text, Decimal.MICRO);
	if (micro === undefined || micro <= 0 || micro % tick !== 0)
		throw new Failure(ExitCode.Usage, `The price ${text} is not a multiple of the tick, ${Decimal.format(tick, Decimal.MICRO)}.`);
	return micro / tick;
}

/** Units of the underlying as lots of a series. */
export function lots(ofSeries: number, text: string): number {
	const scale = lotsPerUnit(Series.underlyingOf(ofSeries));
	const size = Decimal.parse(text, scale);
	if (size === undefined || size <= 0)
		throw new Failure(ExitCode.Usage, `The amount ${text} is not a multiple of the lot, ${Decimal.format(1, scale)}.`);
	return size;
}

/** Micro-USDC as a person reads them. */
export function dollars(micro: bigint | number): string {
	const value = BigInt(micro);
	const part = String(value % 1_000_000n)
		.padStart(6, "0")
		.replace(/0{1,4}$/, "");
	return `${(value / 1_000_000n).toLocaleString("en")}.${part} USDC`;
}
