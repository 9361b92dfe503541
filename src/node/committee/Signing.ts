// What this machine remembers of a key that signs, whatever data folder it is given: whether a process signs with it now, and whether its record of votes began.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as Home from "../../ordering/comet/Home.ts";
import * as SigningState from "../../ordering/comet/SigningState.ts";

/** The key's own folder: the lock of the process that signs with it, and the marks of where it began to. */
export function folderOf(address: string): string {
	return join(homedir(), ".strikeproof", "signing", address);
}

/**
 * Begins a key's record of votes in the engine's folder, once for an order on this machine. SAFETY: a folder without the record is one that was lost as soon as
 * the key may have voted from another, and blocks are voted on before L1 has a batch that would tell.
 * @param order names the order, in characters of a file's name
 * @returns the folder in which the record began, when that was another time: then there is none here, and the member waits before it votes.
 * Throws what the system says when the mark cannot be written.
 */
export function found(address: string, order: string, engine: string): string | undefined {
	const mark = join(folderOf(address), `founded-${order}`);
	mkdirSync(folderOf(address), { recursive: true });
	const hasRecord = SigningState.read(engine) !== "unknown";
	try {
		// Before the record: who falls in between waits, and never votes twice.
		writeFileSync(mark, `${resolve(engine)}\n`, { flag: "wx", flush: true });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		if (!hasRecord) return readFileSync(mark, "utf8").trim();
	}
	Home.found(engine);
	return undefined;
}
