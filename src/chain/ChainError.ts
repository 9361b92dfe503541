/** Why L1 did not do what was asked: it cannot be reached, it is another chain, it refused, the account cannot pay, or a blob is nowhere to be had. */
export type ChainErrorCode = "UNREACHABLE" | "WRONG_CHAIN" | "REFUSED" | "CANNOT_PAY" | "NO_BLOB";

export class ChainError extends Error {
	readonly code: ChainErrorCode;

	constructor(code: ChainErrorCode, message: string, cause?: unknown) {
		super(message, { cause });
		this.code = code;
	}
}
