/**
 * What became of a step, in order of precedence within a message. A user's bad message is a Result, never an exception.
 * The twin is contracts/machine/Result.sol; docs/spec/machine.md says what each means.
 */
export const Result = {
	Ok: 0,
	Halted: 1,
	NextBatch: 2,
	Junk: 3,
	UnknownKind: 4,
	Malformed: 5,
	NoAccount: 6,
	BadSignature: 7,
	NoQuorum: 8,
	NonceTooOld: 9,
	NonceUsed: 10,
	NonceTooFar: 11,
	OwnerMismatch: 12,
	UnknownUnderlying: 13,
	StaleReport: 14,
	ReportFromFuture: 15,
	ReportLeavesGap: 16,
	BadSurface: 17,
	BadExpiry: 18,
	SlotOccupied: 19,
	AlreadyListed: 20,
	BadStrike: 21,
	ListingFull: 22,
	NotListed: 23,
	Expired: 24,
	StalePrice: 25,
	OrderExpired: 26,
	WouldCross: 27,
	NotReducing: 28,
	PositionLimit: 29,
	CashLimit: 30,
	InsufficientMargin: 31,
	InsufficientCash: 32,
	BookFull: 33,
	OrderNotFound: 34,
	NothingToSettle: 35,
	Filled: 36,
	Rested: 37,
	Completed: 38,
	Expunged: 39,
	MakerFailed: 40,
	TakerStopped: 41,
	Dropped: 42,
	Displaced: 43,
	Probed: 44,
	Killed: 45,
	SelfTradeTaker: 46,
	SelfTradeBoth: 47,
	SelfTradeDecremented: 48,
	OutOfScope: 49,
	SessionsFull: 50,
	NoSession: 51,
	Unprotected: 52,
	Frozen: 53,
	Tripped: 54,
	StillAlive: 55,
	Healthy: 56,
	UnderAuction: 57,
	NoAuction: 58,
	StaleState: 59,
	BeyondLimit: 60,
	Unbacked: 61,
	NothingToCollect: 62,
	AlreadyReferred: 63,
} as const;

export type Result = (typeof Result)[keyof typeof Result];

const NAMES: readonly string[] = Object.keys(Result);

/** The name of a Result, such as `BadSignature`. */
export function nameOf(result: Result): string {
	return NAMES[result];
}
