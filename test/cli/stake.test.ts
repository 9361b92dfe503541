import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseEther } from "ethers";
import { deploy } from "../../deploy/deploy.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import { DEVNET, save } from "../../src/chain/Deployment.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { L1 } from "../chain/l1.ts";
import { signedCheckpoint } from "./evidence.ts";
import type { Ended } from "./strikeproof.ts";
import { strikeproof } from "./strikeproof.ts";

describe("given a deployed registry with a committee of two", () => {
	let l1: L1;
	let home = "";
	let deployment: Deployment;
	const run = (key: number, ...args: string[]): Promise<Ended> =>
		strikeproof([...args, "--json"], { STRIKEPROOF_HOME: home, LOCALHOST_RPC_URL: l1.chain.url, STRIKEPROOF_KEY: `test/${key}` });

	before(async () => {
		home = mkdtempSync(join(tmpdir(), "strikeproof-stake-"));
		l1 = await L1.start();
		const [{ address }, other] = await Promise.all([l1.wallet(1), l1.wallet(2), l1.wallet(3)]);
		const committee = [address, other.address];
		deployment = await deploy(l1.deployer, { network: "localhost", reporters: committee, quorum: 2, committee, treasury: address });
		save(home, deployment);
	});
	after(async () => {
		await l1.close();
		rmSync(home, { recursive: true, force: true });
	});

	function refuses(ended: Ended, code: number, sentence: RegExp): void {
		assert.match(ended.error, sentence);
		assert.equal(ended.code, code);
		assert.equal(ended.out, "");
	}

	it("refuses no amount, nothing at stake, nothing that leaves, and who has no standing", async () => {
		refuses(await run(3, "stake", "add", "0"), 2, /an amount of ETH is needed/);
		refuses(await run(3, "stake", "add", "1.5"), 5, /StakeRegistry\.stake was refused: NotAValidator/);
		refuses(await run(3, "stake", "leave"), 6, /has nothing at stake/);
		refuses(await run(1, "stake", "withdraw"), 6, /Nothing of .* is leaving: "strikeproof stake leave" begins it/);
	});

	it("adds stake that counts from the next epoch on", async () => {
		const added = await run(3, "stake", "add", "1.5", "--of", testWallet(1).address);
		assert.equal(added.code, 0, added.error);
		const { json } = await run(1, "stake", "show");
		assert.equal(json.staked_wei, String(parseEther("11.5")));
		assert.equal(json.power_wei, DEVNET.validatorStake);
		assert.equal(json.next_power_wei, String(parseEther("11.5")));
		assert.equal(json.next_epoch_at, added.json.counts_from);
	});

	it("lets a validator leave, and pays after the unbonding time", async () => {
		const left = await run(2, "stake", "leave");
		assert.equal(left.code, 0, left.error);
		assert.equal(left.json.leaves_at, (left.json.signs_until as number) + DEVNET.unbondingSeconds);
		refuses(await run(2, "stake", "withdraw"), 5, /StakeRegistry\.withdraw was refused: StillBonded/);
		await l1.at(left.json.leaves_at);
		await l1.chain.mine(1);
		const paid = await run(2, "stake", "withdraw");
		assert.equal(paid.json.withdrawn_wei, DEVNET.validatorStake, paid.error);
	});

	it("refuses evidence that is none, and shows evidence that holds", async () => {
		const file = join(home, "evidence.json");
		const slash = (): Promise<Ended> => run(3, "slash", "--evidence", file);
		refuses(await run(3, "slash"), 2, /--evidence/);
		refuses(await slash(), 6, /cannot be read/);
		writeFileSync(file, "{");
		refuses(await slash(), 2, /is no JSON/);
		writeFileSync(file, JSON.stringify({ kind: "gossip" }));
		refuses(await slash(), 2, /names no kind: one of receipts, receipt, batches, checkpoints, votes, reports, state is needed/);
		writeFileSync(file, JSON.stringify({ kind: "checkpoints", a: {} }));
		refuses(await slash(), 2, /lacks signatureA, b, signatureB/);
		const [a, b] = [1, 2].map((byte) => signedCheckpoint(deployment, testWallet(1), byte));
		writeFileSync(file, JSON.stringify({ kind: "checkpoints", a: a.vote, signatureA: a.signature, b: a.vote, signatureB: a.signature }));
		refuses(await slash(), 5, /SlashingEvidence\.conflictingCheckpoints was refused: NotConflicting/);
		writeFileSync(file, JSON.stringify({ kind: "checkpoints", a: a.vote, signatureA: a.signature, b: b.vote, signatureB: b.signature }));
		assert.equal((await slash()).code, 0);
		const { json } = await run(1, "stake", "show");
		assert.equal(json.is_slashed, true);
		assert.equal(json.staked_wei, "0");
		refuses(await slash(), 5, /IsSlashed/);
	});
});
