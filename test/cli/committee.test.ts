import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploy } from "../../deploy/deploy.ts";
import { save } from "../../src/chain/Deployment.ts";
import { memberPlace, testWallet } from "../../src/chain/TestKeys.ts";
import * as SigningState from "../../src/ordering/comet/SigningState.ts";
import { L1 } from "../chain/l1.ts";
import type { Ended } from "./strikeproof.ts";
import { strikeproof } from "./strikeproof.ts";

describe("given a key that takes a seat in a committee which has posted nothing yet", () => {
	let l1: L1;
	let home = "";
	const address = testWallet(memberPlace(0, "sequencer")).address.toLowerCase();
	const signing = (): string => join(home, ".strikeproof", "signing", address);
	const engineOf = (data: string): string => join(home, data, "committee", "engine");
	const seat = (data: string): Promise<Ended> =>
		strikeproof(["committee", "seat", "--member", "0", "--listen", "127.0.0.1:26656", "--data", join(home, data), "--json"], {
			...{ HOME: home, STRIKEPROOF_HOME: home, LOCALHOST_RPC_URL: l1.chain.url },
		});

	before(async () => {
		home = mkdtempSync(join(tmpdir(), "strikeproof-seat-"));
		l1 = await L1.start();
		const treasury = l1.deployer.address;
		const facts = { network: "localhost", reporters: [treasury], quorum: 1, committee: [address], treasury };
		save(home, await deploy(l1.deployer, facts));
	});
	after(async () => {
		await l1.close();
		rmSync(home, { recursive: true, force: true });
	});

	it("begins no record of votes where it cannot be remembered", async () => {
		writeFileSync(join(home, ".strikeproof"), "no folder");
		const refused = await seat("nowhere");
		assert.match(refused.error, /cannot be remembered/);
		assert.equal(refused.code, 1);
		assert.equal(SigningState.read(engineOf("nowhere")), "unknown");
		rmSync(join(home, ".strikeproof"));
	});

	it("begins its record of votes, and keeps it when it takes the seat again", async () => {
		const first = await seat("data");
		assert.equal(first.code, 0, first.error);
		assert.equal(first.error, "");
		assert.equal(first.json.address, address);
		assert.equal(SigningState.read(engineOf("data")), 0);
		assert.deepEqual((await seat("data")).json, first.json);
		assert.equal(readdirSync(signing()).length, 1);
	});

	it("begins none a second time, neither after a loss nor elsewhere, and says where it began", async () => {
		rmSync(join(home, "data"), { recursive: true });
		for (const data of ["data", "other"]) {
			const again = await seat(data);
			assert.equal(again.code, 0, again.error);
			assert.match(again.error, /none is begun a second time/);
			assert.ok(again.error.includes(engineOf("data")));
			assert.equal(SigningState.read(engineOf(data)), "unknown", "such a member waits");
			assert.equal(again.json.address, address);
			assert.ok(existsSync(join(engineOf(data), "config", "node_key.json")));
		}
	});

	it("begins one for another order", async () => {
		const [mark] = readdirSync(signing());
		writeFileSync(join(signing(), `founded-0x${"00".repeat(32)}`), readFileSync(join(signing(), mark)));
		rmSync(join(signing(), mark));
		assert.equal((await seat("new")).error, "");
		assert.equal(SigningState.read(engineOf("new")), 0);
	});
});
