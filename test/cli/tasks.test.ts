// Hardhat's tasks that need a lie, a confirmed withdrawal, a dishonest signer or a dead exchange. One exchange has all of it, one after the other.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import type { Liar } from "../../src/node/Liar.ts";
import { lie } from "../node/lie.ts";
import { World } from "../node/world.ts";
import { Killable } from "../scenarios/Killable.ts";
import { signedCheckpoint } from "./evidence.ts";
import type { Ended } from "./strikeproof.ts";
import { HARDHAT, hardhat } from "./hardhat.ts";

/** Hardhat's first account, with which a task signs where no key is named. */
const OWNER = testWallet(0);
const DEPOSIT = 5_000_000_000n;
const WITHDRAWN = 100_000_000n;

describe("given a lie about an exchange that dies later, and Hardhat's tasks", () => {
	let world: World;
	let liar: Liar;
	let account = 0;
	let environment: Record<string, string> = {};
	/** As it is typed: npx hardhat TASK --network localhost -- WORDS. */
	const task = (name: string, ...words: string[]): Promise<Ended> =>
		hardhat([name, "--network", "localhost", "--", ...words, "--json"], environment);
	const usdc = (): Promise<bigint> => world.bridge.usdcOf(OWNER.address);

	before(async () => {
		// In calldata, so that what derives from L1 alone needs no archive when the exchange is gone.
		world = await World.start([PLACES.liar], { carrier: "calldata" });
		environment = { LOCALHOST_RPC_URL: world.chain.url, STRIKEPROOF_API_URL: world.exchange.url, STRIKEPROOF_HOME: world.home };
		await world.listed();
		account = await world.bridge.fund(OWNER.connect(world.chain.provider), DEPOSIT);
		await world.until("the deposit to be credited", () => world.exchange.live.queries.account(account)?.cash === Number(DEPOSIT));
		world.exchange.proposer.start();
		await world.until("an assertion", async () => {
			await world.mine(5);
			return (await world.exchange.game.look()).assertions.size >= 2;
		});
		await world.exchange.proposer.stop();
	});
	after(() => world.close());

	it("watch: agrees with the truth, and names the lie", async () => {
		const agreed = await task("watch", "--once", "--data", join(world.home, "watcher"));
		assert.equal(agreed.json.verdict, "agree", agreed.error);
		assert.equal(agreed.code, 0);
		liar = await lie(world);
		await world.mine(1);
		const ended = await task("watch", "--once", "--data", join(world.home, "watcher"));
		assert.equal(ended.code, 7, ended.error);
		assert.match(ended.out, new RegExp(`"assertion":"${liar.assertion}","verdict":"disagree"`));
	});

	it("challenger: defeats the lie, and ends with 0 when Hardhat is told to end", async () => {
		const challenger = new Killable(
			[HARDHAT, "challenger", "--network", "localhost", "--", "--json", "--data", join(world.home, "challenger")],
			{ ...environment, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
		);
		try {
			await challenger.start(/^watching/);
			await world.until(
				"the lie to lose its bond",
				async () => {
					await liar.play();
					await world.mine(1);
					const { assertions, stakes } = await world.exchange.game.look();
					return assertions.get(liar.assertion)?.status === "rejected" && !stakes.has(testWallet(PLACES.liar).address.toLowerCase());
				},
				120,
			);
			assert.equal((await task("withdraw", "100")).code, 0);
			world.exchange.proposer.start();
			await world.until(
				"the withdrawal to be confirmed",
				async () => {
					await world.mine(4);
					return world.exchange.finality.withdrawalProof(0) !== undefined;
				},
				120,
			);
			assert.equal(await challenger.stop(), 0);
		} finally {
			await challenger.kill();
		}
		const { moves, stopped } = JSON.parse(challenger.lines.at(-1) ?? "{}") as { moves: number; stopped: boolean };
		assert.equal(stopped, true);
		assert.ok(moves > world.exchange.game.parameters.height, `${moves} moves`);
	});

	it("claim: has the outbox pay the withdrawal that the challenger confirmed", async () => {
		const before = await usdc();
		const { json, error } = await task("claim");
		assert.deepEqual((json.paid as { micro_usdc: number }[] | undefined)?.length, 1, error);
		assert.equal((await usdc()) - before, WITHDRAWN);
	});

	it("slash: takes the stake of a sequencer that signed two states for one height", async () => {
		const file = join(world.home, "evidence.json");
		const member = testWallet(PLACES.sequencer);
		const [a, b] = [1, 2].map((byte) => signedCheckpoint(world.deployment, member, byte));
		const evidence = { kind: "checkpoints", a: a.vote, signatureA: a.signature, b: b.vote, signatureB: b.signature };
		writeFileSync(file, JSON.stringify({ ...evidence, b: a.vote, signatureB: a.signature }));
		const refused = await task("slash", "--evidence", file);
		assert.match(refused.error, /NotConflicting/);
		assert.equal(refused.code, 5);
		writeFileSync(file, JSON.stringify(evidence));
		const shown = await task("slash", "--evidence", file);
		assert.equal(shown.code, 0, shown.error);
		const { json } = await task("stake", "show", "--of", member.address);
		assert.deepEqual([json.is_slashed, json.staked_wei], [true, "0"]);
	});

	it("escape: from L1 alone, freezes what is dead, registers, and pays in full when time is over", async () => {
		await world.stop();
		const alive = await task("escape", "--list");
		assert.equal(alive.json.phase, "alive", alive.error);
		await world.chain.mine(world.deployment.parameters.deadAfterBlocks + 1);
		const steps = async (): Promise<string[]> => {
			const { json, error } = await task("escape", "--account", String(account));
			return ((json.steps as { step: string }[] | undefined) ?? [{ step: error }]).map(({ step }) => step);
		};
		assert.deepEqual(await steps(), ["freeze", "register"]);
		await world.chain.mineAt((await world.bridge.freezeState()).registrationEndsAt);
		const before = await usdc();
		assert.deepEqual(await steps(), ["escape"]);
		assert.equal((await usdc()) - before, DEPOSIT - WITHDRAWN);
	});
});
