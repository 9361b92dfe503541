import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError, systemCode } from "./StoreError.ts";

const FILE = "in-use";

/** Lock files that this very process holds: it may not open one store twice either. */
const held = new Set<string>();

/**
 * Makes a directory this process's own, so that two nodes never write one store. The file holds the owner's process id: a lock whose
 * owner died is taken over, because nobody should have to delete a file by hand after a crash.
 * LIMIT: a process id that the system gave to somebody else in between looks alive; the sentence names the file for that case.
 * @returns the release; throws StoreError IN_USE or UNWRITABLE
 */
export function lockDirectory(directory: string): () => void {
	const file = join(resolve(directory), FILE);
	try {
		mkdirSync(directory, { recursive: true });
		for (let attempt = 0; ; attempt++) {
			const owner = take(file);
			if (owner === undefined) break;
			if (attempt > 0 || held.has(file) || isAlive(owner)) {
				throw new StoreError(
					"IN_USE",
					directory,
					`The data directory ${directory} is in use by process ${owner}: stop it, or choose another directory (lock file: ${file}).`,
				);
			}
			rmSync(file, { force: true });
		}
	} catch (error) {
		if (error instanceof StoreError) throw error;
		throw new StoreError(
			"UNWRITABLE",
			directory,
			`The data directory ${directory} cannot be written (${systemCode(error) ?? String(error)}): choose one that is yours.`,
			error,
		);
	}
	held.add(file);
	return () => {
		if (held.delete(file)) rmSync(file, { force: true });
	};
}

/** Takes the lock file, or returns the process id that it holds (0 when it holds none). */
function take(file: string): number | undefined {
	try {
		const handle = openSync(file, "wx");
		writeSync(handle, String(process.pid));
		closeSync(handle);
		return undefined;
	} catch (error) {
		if (systemCode(error) !== "EEXIST") throw error;
		return Number.parseInt(readFileSync(file, "utf8"), 10) || 0;
	}
}

/** Our own id in a file that we do not hold is a leftover: containers give every run the same one. */
function isAlive(pid: number): boolean {
	if (pid === 0 || pid === process.pid) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return systemCode(error) === "EPERM";
	}
}
