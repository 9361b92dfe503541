/** Why L1 did not do what was asked: it cannot be reached, it is another chain, it refused, or the account cannot pay. */
export type ChainErrorCode = "UNREACHABLE" | "WRONG_CHAIN" | "REFUSED" | "CANNOT_PAY";

export class ChainError extends Error {
	readonly code: ChainErrorCode;

	constructor(code: ChainErrorCode, message: string, cause?: unknown) {
		super(message, { cause });
		this.code = code;
	}
}
