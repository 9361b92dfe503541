/** Why a store cannot serve; the message is one sentence for the operator. */
export type StoreErrorCode = "UNWRITABLE" | "IN_USE" | "OTHER_CHAIN" | "OTHER_VERSION" | "FULL" | "BROKEN" | "CLOSED";

export class StoreError extends Error {
	readonly code: StoreErrorCode;
	readonly directory: string;

	constructor(code: StoreErrorCode, directory: string, sentence: string, cause?: unknown) {
		super(sentence, cause === undefined ? undefined : { cause });
		this.name = "StoreError";
		this.code = code;
		this.directory = directory;
	}
}

/** The system's code of an error, such as EACCES, or undefined. */
export function systemCode(error: unknown): string | undefined {
	const code = (error as { code?: unknown } | undefined)?.code;
	return typeof code === "string" ? code : undefined;
}
