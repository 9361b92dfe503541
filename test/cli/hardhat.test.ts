import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";
import { hardhat } from "./hardhat.ts";

describe("given a running exchange, and Hardhat's scripts", () => {
	let world: World;
	before(async () => {
		world = await World.start();
		await world.listed();
	});
	after(() => world.close());

	function run(
		script: string,
		network: string,
		environment: Readonly<Record<string, string>> = {},
	): Promise<{ code: number; said: string }> {
		return typed(["run", "--no-compile", `scripts/${script}.ts`, "--network", network], environment);
	}

	async function typed(
		words: readonly string[],
		environment: Readonly<Record<string, string>> = {},
	): Promise<{ code: number; said: string }> {
		const { code, out, error } = await hardhat(words, {
			LOCALHOST_RPC_URL: world.chain.url,
			ANVIL_RPC_URL: world.chain.url,
			STRIKEPROOF_API_URL: world.exchange.url,
			STRIKEPROOF_HOME: world.home,
			...environment,
		});
		return { code, said: `${out}${error}`.trim() };
	}

	it("says in one sentence what is missing", async () => {
		assert.deepEqual(await run("deposit", "localhost"), { code: 1, said: "Set AMOUNT in the environment, such as AMOUNT=1000." });
		const remote = await run("deploy", "hoodi");
		assert.match(remote.said, /HOODI_RPC_URL/);
		assert.notEqual(remote.code, 0);
	});

	it("gives, deposits, trades, withdraws and forces", async () => {
		const done = async (script: string, pattern: RegExp, environment: Record<string, string> = {}): Promise<void> => {
			const { code, said } = await run(script, "localhost", environment);
			assert.match(said, pattern);
			assert.equal(code, 0);
		};
		await done("faucet", /^5000 USDC given to 0x/, { AMOUNT: "5000" });
		await done("deposit", /^4000\.5 USDC deposited into account 1;/, { AMOUNT: "4000.50" });
		await world.until("the deposit to be credited", () => world.exchange.live.queries.account(1)?.cash === 4_000_500_000);
		const INSTRUMENT = nameOf(world.exchange.live.queries.instruments()[0].series);
		await done("trade", /^Order \d+: 0 lots filled, 100 left, Rested/, { SIDE: "buy", INSTRUMENT, AMOUNT: "1", PRICE: "1.5" });
		await done("withdraw", /^100 USDC leave the account/, { AMOUNT: "100" });
		await done("force", /^The withdrawal is in L1's inbox/, { AMOUNT: "3" });
		await world.until("both withdrawals", () => world.exchange.live.queries.account(1)?.cash === 3_897_500_000);
	});

	// What needs a lie, a confirmed withdrawal or a dead exchange is in tasks.test.ts.
	for (const [name, words, pattern, status] of [
		["quote", ["INSTRUMENT"], /mark/i, 0],
		["positions", [], /3,?897\.5/, 0],
		["dispute", [], /assertion/i, 0],
		["stake", ["show"], /stake/i, 0],
		["keys", ["list"], /./, 0],
		["doctor", [], /chain|L1/i, 0],
		["status", [], /chain/i, 0],
		["trade", ["buy", "INSTRUMENT", "1", "--price", "1.5"], /order \d+, 0 lots filled, 100 stand/, 0],
		["deposit", ["10"], /10\.00 USDC deposited/, 0],
		["withdraw", ["2"], /2\.00 USDC leave/, 0],
		["faucet", ["5"], /5\.00 USDC/, 0],
		["slash", [], /missing|required|choose|usage/i, 2],
		["escape", ["--list"], /./, 0],
	] as const)
		it(`does ${name} as a task`, async () => {
			const instrument = nameOf(world.exchange.live.queries.instruments()[0].series);
			const given = words.map((word) => (word === "INSTRUMENT" ? instrument : word));
			const { code, said } = await typed(["--network", "localhost", name, "--", ...given]);
			assert.match(said, pattern);
			assert.equal(code, status, said);
		});

	it("deploys to a second network of the same node, and finds it the second time", async () => {
		assert.match((await run("deploy", "anvil")).said, /The deployment of 23 contracts on anvil was deployed: /);
		assert.ok(existsSync(join(world.home, "deployments", "anvil.json")));
		assert.match((await run("deploy", "anvil")).said, /was found: /);
	});
});
