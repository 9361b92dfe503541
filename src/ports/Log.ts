export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What a person must look at. Each has a runbook, docs/runbooks/<name>.md, which its log line names. */
export type Alarm =
	| "WrongAssertion"
	| "LiveAndDerivedDisagree"
	| "ExecutionFailed"
	| "NoPriceQuorum"
	| "NoStateQuorum"
	| "LowBalance"
	| "BudgetSpent"
	| "NoEndpoint"
	| "ForeignEndpoint"
	| "ApiFailed"
	| "OrderingFailed"
	| "Equivocation"
	| "FalseState";

/** Structured log. No secrets in fields. */
export interface Log {
	debug(message: string, fields?: Fields): void;
	info(message: string, fields?: Fields): void;
	warn(message: string, fields?: Fields): void;
	alarm(name: Alarm, message: string, fields?: Fields): void;
	/** A log whose lines carry these fields too, such as the role's name. */
	child(fields: Fields): Log;
}
