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
	PositionLimit: 28,
	CashLimit: 29,
	InsufficientMargin: 30,
	InsufficientCash: 31,
	BookFull: 32,
	OrderNotFound: 33,
	NothingToSettle: 34,
	Filled: 35,
	Rested: 36,
	Completed: 37,
	Expunged: 38,
	MakerFailed: 39,
	TakerStopped: 40,
	Dropped: 41,
	Displaced: 42,
} as const;

export type Result = (typeof Result)[keyof typeof Result];

const NAMES: readonly string[] = Object.keys(Result);

/** The name of a Result, such as `BadSignature`. */
export function nameOf(result: Result): string {
	return NAMES[result];
}
