import { MAX_EXPIRY_DAYS, MIN_LISTING_SECONDS, SECONDS_PER_DAY } from "../../machine/Constants.ts";
import * as Series from "../../machine/types/Series.ts";

/** Micro-USDC: a message for less would be noise. */
export const FEES_WORTH_COLLECTING = 100_000_000;

/** Whether the machine would list the day now; with a little more than its minimum, because the message takes its time. */
export function isListable(day: number, now: number): boolean {
	const left = Series.expiryTimeOf(day) - now;
	return left > MIN_LISTING_SECONDS + 60 && left < MAX_EXPIRY_DAYS * SECONDS_PER_DAY - 60;
}

/** Whether anybody may include the oldest waiting L1 message without the sequencer. Both in seconds of L1's clock. */
export function isOverdue({ allowedAt, time }: { readonly allowedAt: number; readonly time: number }): boolean {
	return time >= allowedAt;
}
