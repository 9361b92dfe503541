import { ChainError } from "../chain/ChainError.ts";
import { KeystoreError } from "../chain/Keystore.ts";
import { ConnectionError } from "../sdk/index.ts";

/** Exit codes, as docs/cli.md lists them. Scripts rely on them: a number never changes its meaning. */
export const ExitCode = {
	Ok: 0,
	Failed: 1,
	Usage: 2,
	NoKey: 3,
	Unreachable: 4,
	Refused: 5,
	NotFound: 6,
	Disagrees: 7,
	Unknown: 8,
} as const;

/** What a command could not do, in one sentence, with the code that the process ends with. */
export class Failure extends Error {
	readonly exitCode: number;

	constructor(exitCode: number, sentence: string, cause?: unknown) {
		super(sentence, { cause });
		this.exitCode = exitCode;
	}
}

/** JSON-RPC's code for what does not exist (docs/api). */
const NOT_FOUND = 10_003;

export function exitCodeOf(error: unknown): number {
	if (error instanceof Failure) return error.exitCode;
	if (error instanceof KeystoreError) return ExitCode.NoKey;
	if (error instanceof ChainError)
		return error.code === "UNREACHABLE" || error.code === "WRONG_CHAIN" ? ExitCode.Unreachable : ExitCode.Refused;
	if (error instanceof ConnectionError) {
		if (error.code === 0) return ExitCode.Unreachable;
		return error.code === NOT_FOUND ? ExitCode.NotFound : ExitCode.Refused;
	}
	return ExitCode.Failed;
}
