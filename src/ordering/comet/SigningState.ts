// What a member's engine voted last: the one file that keeps its key from voting twice. The engine writes it before every vote and votes below it never again.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The engine's largest height: who voted there votes no more. */
const NEVER = 9_223_372_036_854_775_807n;
/** The engine's largest round, and its name for the last vote of a round: who voted there votes no more at that height. */
const LAST_ROUND = 2_147_483_647;
const PRECOMMIT = 3;

/** The height of the last vote; `never` while the key may not vote, `unknown` when the file is gone or cannot be read. */
export type LastVote = number | "never" | "unknown";

function fileIn(home: string): string {
	return join(home, "data", "priv_validator_state.json");
}

/** Begins a key's life as a voter. SAFETY: once, before it ever voted, and never to mend something: who lost the file is told to wait by `forbid`. */
export function begin(home: string): void {
	if (!existsSync(fileIn(home))) write(home, 0n, 0, 0);
}

/** Lets the engine follow without a vote. */
export function forbid(home: string): void {
	write(home, NEVER, 0, 0);
}

/** Lets the engine vote above a height, and in no round of it. SAFETY: only where the key voted on nothing above it. */
export function allowAbove(home: string, height: number): void {
	write(home, BigInt(height), LAST_ROUND, PRECOMMIT);
}

/**
 * Ends the voting at the height of the last vote. SAFETY: what an engine is locked on there stands in its log alone; without it the key could help another block
 * of a later round to a decision, without voting twice.
 */
export function leaveHeight(home: string): void {
	const last = read(home);
	if (typeof last === "number" && last > 0) allowAbove(home, last);
}

export function read(home: string): LastVote {
	try {
		const { height } = JSON.parse(readFileSync(fileIn(home), "utf8")) as { height?: unknown };
		if (typeof height !== "string" || !/^\d+$/.test(height)) return "unknown";
		return BigInt(height) === NEVER ? "never" : Number(height);
	} catch {
		return "unknown";
	}
}

/** What the engine signed last at a height that it may still vote at, or undefined. */
export function lastSignature(home: string): Uint8Array | undefined {
	try {
		const { signature } = JSON.parse(readFileSync(fileIn(home), "utf8")) as { signature?: unknown };
		return typeof signature === "string" && signature !== "" ? new Uint8Array(Buffer.from(signature, "base64")) : undefined;
	} catch {
		return undefined;
	}
}

function write(home: string, height: bigint, round: number, step: number): void {
	mkdirSync(join(home, "data"), { recursive: true });
	// Whole or not at all: half a file would stop the engine.
	const draft = `${fileIn(home)}.draft`;
	writeFileSync(draft, JSON.stringify({ height: String(height), round, step }), { mode: 0o600, flush: true });
	renameSync(draft, fileIn(home));
}
