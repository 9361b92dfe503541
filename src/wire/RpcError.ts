/** Codes of JSON-RPC 2.0, and of this exchange (docs/api). */
export const Code = {
	ParseError: -32_700,
	InvalidRequest: -32_600,
	MethodNotFound: -32_601,
	InvalidParams: -32_602,
	Internal: -32_603,
	/** The message was not taken: data.reason names why. It has no effect. */
	NotTaken: 10_001,
	/** Too much at once: data.retry_after_ms. */
	Overloaded: 10_002,
	NotFound: 10_003,
	/** More than a connection or an account may: data.limit names which limit, data.retry_after_ms when there is room again. */
	LimitReached: 10_004,
	/** Whether the message is ordered is not known here: ask `public/get_receipt` of another gateway, and send it there again. */
	Undecided: 10_005,
} as const;

/** A refusal with a code, and data for programs. */
export class RpcError extends Error {
	readonly code: number;
	readonly data: Readonly<Record<string, unknown>> | undefined;

	constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>) {
		super(message);
		this.code = code;
		this.data = data;
	}
}
