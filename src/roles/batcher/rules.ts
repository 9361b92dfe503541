/** How far L1 lets a batch end ahead of its own clock: a little less than the contract allows, because the next block's time is not known. */
const DRIFT_SECONDS = 50;

/** Whether L1 would take a batch that ends at this time now. */
export function endsInTime(maxTime: number, l1Time: number): boolean {
	return maxTime <= l1Time + DRIFT_SECONDS;
}

/** Whether it is worth a transaction: it is long enough, or old enough. */
export function isWorthPosting(bytes: number, minBytes: number, waitedMs: number, maxWaitMs: number): boolean {
	return bytes >= minBytes || waitedMs >= maxWaitMs;
}
