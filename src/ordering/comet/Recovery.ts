// What a member finds when it opens, and how it comes back from a loss: what is damaged is set aside, and the engine copies the blocks from the others. Every
// block is verified by the votes of more than two thirds, from the genesis on, and everything else is computed from the blocks again, so no single peer is believed.

import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Log } from "../../ports/Log.ts";
import { WriteAheadLog } from "../local/WriteAheadLog.ts";
import { OrderingError } from "../OrderingError.ts";
import * as EngineLog from "./EngineLog.ts";
import * as SigningState from "./SigningState.ts";

/** Remembers that the order's files are damaged behind what opening looks at: at the next opening they are set aside. */
const MARK = "log.damaged";
const KNOCK_MILLISECONDS = 1_000;

/** The order that this member has, or an empty one in place of one that cannot be read: the blocks bring it again. */
export async function openLog(directory: string, genesis: string, journal: Log): Promise<WriteAheadLog> {
	const folder = join(directory, "log");
	const open = (): Promise<WriteAheadLog> =>
		WriteAheadLog.open({ directory: folder, genesis, onDamage: (reason) => writeFileSync(join(directory, MARK), `${reason}\n`) });
	try {
		if (!existsSync(join(directory, MARK))) return await open();
	} catch (error) {
		if (!(error instanceof OrderingError) || error.code !== "CORRUPT") throw error;
		journal.warn("the member's own order cannot be read", { reason: error.message });
	}
	const aside = setAside(folder);
	// Only now: whoever falls in between finds the mark again.
	if (existsSync(join(directory, MARK))) renameSync(join(directory, MARK), join(aside ?? directory, "why"));
	journal.warn("the member's own order is set aside and written again from the committee's blocks", { kept: aside });
	return open();
}

/** Whether the order's files are known to be damaged. */
export function isLogDamaged(directory: string): boolean {
	return existsSync(join(directory, MARK));
}

/** Whether the engine has no blocks. */
export function hasNoBlocks(home: string): boolean {
	return !existsSync(join(home, "data", "blockstore.db"));
}

/** Whether the engine lost what it was locked on: its log is gone, or the blocks that it goes on. */
export function hasNoLocks(home: string): boolean {
	return hasNoBlocks(home) || !existsSync(join(home, "data", "cs.wal", "wal"));
}

/** Takes the engine's log out of its way where damage took the last vote. SAFETY: its locks go with it, so the member votes above that height only. */
export function setDamagedLogAside(home: string): string | undefined {
	const signature = SigningState.lastSignature(home);
	if (!signature || !EngineLog.lostVote(home, signature)) return undefined;
	SigningState.leaveHeight(home);
	return setAside(join(home, "data", "cs.wal"));
}

/** Takes the engine's blocks and log out of its way. SAFETY: never what it voted; and with the log its locks go, so it votes above that only. */
export function setEngineAside(home: string): string | undefined {
	const data = join(home, "data");
	// Before: whoever falls in between has lost no lock, or votes no more at that height.
	SigningState.leaveHeight(home);
	const vote = SigningState.read(home);
	const aside = setAside(data);
	mkdirSync(data, { recursive: true });
	if (aside !== undefined && vote !== "unknown")
		renameSync(join(aside, "priv_validator_state.json"), join(data, "priv_validator_state.json"));
	else SigningState.forbid(home);
	return aside;
}

/** How many of these (`id@host:port`) take a connection. */
export async function countAnswering(peers: readonly string[]): Promise<number> {
	const answers = await Promise.all(peers.map((peer) => isAnswering(peer.slice(peer.indexOf("@") + 1))));
	return answers.filter(Boolean).length;
}

function isAnswering(address: string): Promise<boolean> {
	const colon = address.lastIndexOf(":");
	return new Promise((resolve) => {
		const socket = connect({ host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) });
		const end = (isThere: boolean): void => {
			socket.destroy();
			resolve(isThere);
		};
		socket.setTimeout(KNOCK_MILLISECONDS, () => end(false));
		socket.once("connect", () => end(true));
		socket.once("error", () => end(false));
	});
}

/** Renames a folder; nothing is deleted, because it may be all that is left. Returns its new name, if there was any. */
function setAside(folder: string): string | undefined {
	if (!existsSync(folder) || readdirSync(folder).length === 0) return undefined;
	for (let number = 1; ; number++) {
		const aside = `${folder}.aside-${number}`;
		if (existsSync(aside)) continue;
		renameSync(folder, aside);
		return aside;
	}
}
