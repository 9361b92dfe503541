import {
	EXPIRY_SECOND_OF_DAY,
	MAX_ATTESTATION_AGE_SECONDS,
	MAX_PRICE,
	MAX_REPORT_GAP_SECONDS,
	MAX_UNDERLYINGS,
	PPM,
	SECONDS_PER_DAY,
	SETTLEMENT_WINDOW_SECONDS,
	lotsPerUnit,
} from "../Constants.ts";
import * as Signature from "../math/Signature.ts";
import { Result } from "../Result.ts";
import * as Svi from "../math/Svi.ts";
import * as State from "../state/State.ts";
import * as GlobalsCell from "../types/Globals.ts";
import type { Globals } from "../types/Globals.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import type { Underlying } from "../types/Underlying.ts";
import * as DealMessages from "./DealMessages.ts";
import * as Messages from "./Messages.ts";
import type { Report, Surface } from "./Messages.ts";

/** The largest rate either way: 100 % a year, in 1e-6. */
const MAX_RATE = 1_000_000;

/** Report: prices and surfaces of one underlying under a quorum of reporters; fixes the settlement price when it passes 08:00 UTC. */
export function report(state: State.Body, machine: Machine, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.REPORT);
	const message = Messages.parseReport(payload);
	if (!message) return { ...out, result: Result.Malformed };
	if (message.underlying >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	out.series = message.underlying;
	const globals = State.globals(state);
	if (globals.quorum === 0 || message.signatures.length < globals.quorum) return { ...out, result: Result.NoQuorum };
	const digest = Messages.reportDigest(globals.domainSeparator, message);
	if (!areReporters(globals, digest, message.signers, message.signatures)) return { ...out, result: Result.BadSignature };
	const underlying = State.underlying(state, message.underlying);
	if (message.time <= underlying.time) return { ...out, result: Result.StaleReport };
	if (message.time > machine.clock) return { ...out, result: Result.ReportFromFuture };
	if (leavesGap(underlying.time, message.time)) return { ...out, result: Result.ReportLeavesGap };
	if (!isSound(message)) return { ...out, result: Result.BadSurface };

	// After this point the message must succeed.
	out.amount = accumulate(state, message.underlying, underlying, message.time);
	underlying.indexPrice = message.indexPrice;
	underlying.time = message.time;
	underlying.confidence = message.confidence;
	State.putUnderlying(state, message.underlying, underlying);
	for (let i = 0; i < message.surfaces.length; i++) adopt(state, message.underlying, underlying, message.surfaces[i]);
	return out;
}

/**
 * Attest: a quorum of reporters stands behind a state of the machine. Liquidations ask for a fresh one; after a hole between attestations auctions begin
 * anew, because nobody could bid in it.
 */
export function attest(state: State.Body, machine: Machine, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.ATTEST);
	const message = DealMessages.parseAttest(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.amount = message.time;
	const globals = State.globals(state);
	if (globals.quorum === 0 || message.signatures.length < globals.quorum) return { ...out, result: Result.NoQuorum };
	const digest = DealMessages.attestDigest(globals.domainSeparator, message);
	if (!areReporters(globals, digest, message.signers, message.signatures)) return { ...out, result: Result.BadSignature };
	if (message.time <= globals.attestedAt) return { ...out, result: Result.StaleReport };
	if (message.time > machine.clock) return { ...out, result: Result.ReportFromFuture };

	// After this point the message must succeed.
	if (message.time - globals.attestedAt > MAX_ATTESTATION_AGE_SECONDS) globals.attestedSince = machine.clock;
	globals.attestedAt = message.time;
	State.putGlobals(state, globals);
	return out;
}

function areReporters(globals: Globals, digest: Uint8Array, signers: number, signatures: readonly Uint8Array[]): boolean {
	let next = 0;
	for (let bit = 0; bit < 16; bit++) {
		if (((signers >> bit) & 1) === 0) continue;
		const reporter = GlobalsCell.reporterAt(globals, bit);
		if (reporter === undefined || Signature.recover(digest, signatures[next]) !== reporter) return false;
		next += 1;
	}
	return true;
}

/** Whether a settlement window would have more than MAX_REPORT_GAP_SECONDS without a report. The first report may not come inside a window. */
export function leavesGap(before: number, time: number): boolean {
	if (before !== 0 && time - before <= MAX_REPORT_GAP_SECONDS) return false;
	const since = before === 0 ? time - 1 : before;
	const day = Math.floor((since + SECONDS_PER_DAY - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
	const windowEnd = day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
	const windowStart = windowEnd - SETTLEMENT_WINDOW_SECONDS;
	// Nothing tells what the price was before the first report: at the window's first second it would be inside already.
	return before === 0 ? windowStart <= time : windowStart < time;
}

/** Whether prices and surfaces are within what the kernel can reckon with. */
export function isSound(message: Report): boolean {
	if (message.time < SECONDS_PER_DAY || message.indexPrice === 0 || message.indexPrice >= MAX_PRICE || message.confidence > PPM)
		return false;
	for (let i = 0; i < message.surfaces.length; i++) {
		const surface = message.surfaces[i];
		if (i > 0 && surface.day <= message.surfaces[i - 1].day) return false;
		if (Series.expiryTimeOf(surface.day) <= message.time) return false;
		if (surface.forward === 0 || surface.forward >= MAX_PRICE || surface.confidence > PPM) return false;
		if (surface.rate > MAX_RATE || surface.rate < -MAX_RATE) return false;
		if (!Svi.isValid(surface.a, surface.b, surface.rho, surface.m, surface.sigma)) return false;
	}
	return true;
}

/** Carries the accumulator to `time`, and settles the expiry that the interval passes. Returns the settlement price, 0 when there is none. */
function accumulate(state: State.Body, index: number, underlying: Underlying, time: number): number {
	const { day, settlementPrice } = average(underlying, lotsPerUnit(index), time);
	if (settlementPrice === 0) return 0;
	const slot = Series.slotOf(index, day);
	const expiry = State.expiry(state, slot);
	if (expiry.day === day && expiry.settlementPrice === 0) {
		expiry.settlementPrice = settlementPrice;
		State.putExpiry(state, slot, expiry);
	}
	return settlementPrice;
}

/**
 * Carries an underlying's accumulator to `time`. When the interval passes 08:00 UTC of a day whose window was entered, returns that day and the
 * average of the window; otherwise a price of 0. `lots` are those of a unit.
 */
export function average(underlying: Underlying, lots: number, time: number): { day: number; settlementPrice: number } {
	const before = underlying.time;
	if (before === 0) return { day: 0, settlementPrice: 0 };
	const start = underlying.accumulator;
	const price = BigInt(underlying.indexPrice);
	let settlementPrice = 0;
	const windowOffset = EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS;
	const windowDay = Math.floor((time - windowOffset) / SECONDS_PER_DAY);
	const windowTime = windowDay * SECONDS_PER_DAY + windowOffset;
	if (windowTime > before) {
		underlying.windowDay = windowDay;
		underlying.windowStart = start + price * BigInt(windowTime - before);
	}
	const day = Math.floor((time - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
	const expiryTime = Series.expiryTimeOf(day);
	if (expiryTime > before && underlying.windowDay === day) {
		const end = start + price * BigInt(expiryTime - before);
		// ROUNDING: to the nearest whole micro-USDC per lot, half up, and at least one: it favours neither side, and no payout ever rounds.
		const window = BigInt(SETTLEMENT_WINDOW_SECONDS * lots);
		settlementPrice = Number((end - underlying.windowStart + window / 2n) / window) * lots;
		if (settlementPrice === 0) settlementPrice = lots;
	}
	underlying.accumulator = start + price * BigInt(time - before);
	return { day, settlementPrice };
}

/** Takes over a surface when its expiry is listed and not settled. */
function adopt(state: State.Body, index: number, underlying: Underlying, surface: Surface): void {
	const slot = Series.slotOf(index, surface.day);
	const expiry = State.expiry(state, slot);
	if (expiry.day !== surface.day || expiry.settlementPrice !== 0) return;
	expiry.forward = expected(underlying, surface);
	expiry.a = surface.a;
	expiry.b = surface.b;
	expiry.rho = surface.rho;
	expiry.m = surface.m;
	expiry.sigma = surface.sigma;
	expiry.rate = surface.rate;
	expiry.confidence = surface.confidence;
	expiry.time = underlying.time;
	State.putExpiry(state, slot, expiry);
}

/**
 * The settlement price that is to be expected: inside the settlement window the part of the average that is fixed, and the reported forward for what is to
 * come. ROUNDING: down, by less than a micro-USDC.
 */
export function expected(underlying: Underlying, surface: Surface): number {
	const left = Series.expiryTimeOf(surface.day) - underlying.time;
	if (left >= SETTLEMENT_WINDOW_SECONDS || underlying.windowDay !== surface.day) return surface.forward;
	const fixed = underlying.accumulator - underlying.windowStart;
	return Number((fixed + BigInt(surface.forward) * BigInt(left)) / BigInt(SETTLEMENT_WINDOW_SECONDS));
}
