/** Why an order of bundles cannot go on; the message is one sentence for the operator. */
export type OrderingErrorCode = "UNWRITABLE" | "FULL" | "CORRUPT" | "OTHER_CHAIN" | "BAD_BUNDLE" | "NOT_ORDERED" | "CLOSED" | "OVERLOADED";

export class OrderingError extends Error {
	readonly code: OrderingErrorCode;

	constructor(code: OrderingErrorCode, sentence: string, cause?: unknown) {
		super(sentence, cause === undefined ? undefined : { cause });
		this.name = "OrderingError";
		this.code = code;
	}
}
