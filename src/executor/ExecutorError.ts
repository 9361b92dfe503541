/**
 * Why an executor cannot go on. The message is one sentence for the operator; MISMATCH means that the world contradicts what was executed.
 */
export type ExecutorErrorCode = "UNWRITABLE" | "FULL" | "CORRUPT" | "MISMATCH" | "NOT_DERIVED" | "REFUSED" | "CLOSED";

export class ExecutorError extends Error {
	readonly code: ExecutorErrorCode;

	constructor(code: ExecutorErrorCode, sentence: string, cause?: unknown) {
		super(sentence, cause === undefined ? undefined : { cause });
		this.name = "ExecutorError";
		this.code = code;
	}

	/** What the system said about a file, as a sentence. */
	static ofDisk(error: unknown, file: string): ExecutorError {
		if (error instanceof ExecutorError) return error;
		const code = String((error as { code?: unknown }).code ?? error);
		if (code === "ENOSPC" || code === "EFBIG" || code === "EDQUOT")
			return new ExecutorError("FULL", `${file} cannot grow (${code}): free disk space and start again.`, error);
		return new ExecutorError("UNWRITABLE", `${file} cannot be written (${code}): check the folder and the disk and start again.`, error);
	}
}
