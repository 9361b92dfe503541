import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Member } from "../../../src/node/committee/Member.ts";
import type { MemberOptions } from "../../../src/node/committee/Member.ts";
import type { Roster } from "../../../src/node/committee/Roster.ts";
import { RULES } from "../../../src/ordering/comet/Decided.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import { lockDirectory } from "../../../src/store/DirectoryLock.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import { SILENT } from "../../executor/liveProcessParts.ts";

const home = mkdtempSync(join(tmpdir(), "sp-member-"));
const before = process.env.HOME;
process.env.HOME = home;
after(() => {
	process.env.HOME = before;
	rmSync(home, { recursive: true, force: true });
});

/** What a member is opened with, as far as it is looked at before its engine starts. */
function optionsOf(key: Uint8Array, data: string, listed: boolean): MemberOptions {
	const { address, publicKey } = Home.memberOf(key);
	const seat = { address, public_key: Bytes.toHex(publicKey), power: 1, node: "0".repeat(40), listen: "127.0.0.1:1" };
	const roster: Roster = {
		deployment: `0x${"ab".repeat(32)}`,
		genesis_time: "2026-02-02T09:00:00.000Z",
		rules: RULES,
		members: listed ? [seat] : [{ ...seat, address: `0x${"11".repeat(20)}` }],
	};
	const privateKey = Bytes.toHex(key);
	return {
		...{ roster, rpc: "127.0.0.1:1", turnSeconds: 1, dataDirectory: join(home, data), privateKey, signer: new KeySigner(privateKey) },
		...{ log: SILENT, binary: join(home, "no engine"), batchDomain: new Uint8Array(32), streamStart: () => undefined },
		...{ store: new MemoryStore(), staking: { committee: async () => [] }, clock: { now: () => 0, sleep: async () => undefined } },
	} as unknown as MemberOptions;
}

describe("given a key that is to sign for a committee", () => {
	const key = new Uint8Array(32).fill(7);

	it("refuses to start where the key signs already on this machine, whatever data directory it is given", async () => {
		const unlock = lockDirectory(join(home, ".strikeproof", "signing", Home.memberOf(key).address));
		await assert.rejects(Member.open(optionsOf(key, "another", true)), { code: "IN_USE" });
		unlock();
	});

	it("lets go of the key when it could not start", async () => {
		for (let i = 0; i < 2; i++) await assert.rejects(Member.open(optionsOf(key, "member", true)), /comet:build/);
	});

	it("asks a member that is no founder where it listens", async () => {
		await assert.rejects(Member.open(optionsOf(key, "newcomer", false)), /none of the 1 founders: .*--engine-listen/);
	});
});
