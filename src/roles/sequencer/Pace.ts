// When a gateway hands its next bundle to a committee. Agreement takes a few blocks, and a bundle costs every member the same whether it holds one message or five hundred.

/** What a gateway has on its way to the committee, and what waits. */
export type Way = {
	readonly bundles: number;
	readonly records: number;
	readonly waiting: number;
	/** Since it handed the last bundle over. */
	readonly sinceMilliseconds: number;
};

/** LIMIT: bundles of one gateway on their way, and their records: with more of these, blocks would only fall behind. */
export const MAX_BUNDLES = 16;
export const MAX_RECORDS = 2_048;
export const MAX_BUNDLE_RECORDS = 512;
/** LIMIT: messages of one gateway that wait; beyond it senders are told to slow down. About a second's worth, since nobody wants an order that was placed long ago. */
export const MAX_WAITING = 2_000;
/** A message waits at most so long for others to share its bundle: small beside a block's time. */
export const INTERVAL_MILLISECONDS = 25;

/** Whether the next bundle goes now. */
export function isDue(way: Way): boolean {
	if (way.waiting === 0 || way.bundles >= MAX_BUNDLES || way.records >= MAX_RECORDS) return false;
	return way.waiting >= MAX_BUNDLE_RECORDS || way.sinceMilliseconds >= INTERVAL_MILLISECONDS;
}
