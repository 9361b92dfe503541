import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";
import type { Ended } from "./strikeproof.ts";
import { strikeproof } from "./strikeproof.ts";

const PLACE = 60;
const POOR = 61;

describe("given a running exchange", () => {
	let world: World;
	let instrument = "";
	let environment: Record<string, string> = {};
	const run = (...args: string[]): Promise<Ended> => strikeproof([...args, "--json"], environment);

	before(async () => {
		world = await World.start();
		world.exchange.proposer.start();
		// The challenger confirms what nobody disputes.
		world.exchange.challenger.start();
		await world.listed();
		instrument = nameOf(world.exchange.live.queries.instruments()[0].series);
		environment = {
			STRIKEPROOF_HOME: world.home,
			STRIKEPROOF_API_URL: world.exchange.url,
			LOCALHOST_RPC_URL: world.chain.url,
			STRIKEPROOF_KEY: `test/${PLACE}`,
		};
	});
	after(() => world.close());

	it("refuses what has no key, no money, no account or a wrong number, each with its own code", async () => {
		const keyless = { ...environment, STRIKEPROOF_KEY: "" };
		delete (keyless as Record<string, string | undefined>).STRIKEPROOF_KEY;
		assert.deepEqual((({ code }) => code)(await strikeproof(["faucet"], keyless)), 3);
		const poor = await run("deposit", "10", "--key", `test/${POOR}`);
		assert.match(poor.error, /holds 0\.00 USDC only: try "strikeproof faucet 1000" first/);
		assert.equal(poor.code, 5);
		const unknown = await run("positions", "--key", `test/${POOR}`);
		assert.match(unknown.error, /has no account at this exchange yet: deposit first/);
		assert.equal(unknown.code, 6);
		const early = await run("force", "include", "--key", "test/0");
		assert.equal(early.code, 6, early.error);
		const sick = await run("doctor", "--key", `test/${POOR}`);
		assert.equal(sick.code, 1);
		const findings = sick.json.findings as { name: string; state: string }[];
		assert.deepEqual(
			findings.filter(({ state }) => state !== "fine").map(({ name, state }) => `${name} ${state}`),
			["gas failed", "account failed"],
		);
	});

	it("gives money, deposits it, quotes, trades, cancels and shows where it stands", async () => {
		assert.equal((await run("faucet", "5000")).code, 0);
		const deposited = await run("deposit", "4000.50", "--wait");
		assert.equal(deposited.code, 0, deposited.error);
		const account = deposited.json.account as number;
		assert.equal(world.exchange.live.queries.signersOf(account)?.[0], testWallet(PLACE).address.toLowerCase());
		assert.equal((await run("quote", instrument)).json.mark_price !== null, true);

		const tick = await run("trade", "buy", instrument, "1", "--price", "1.00001");
		assert.match(tick.error, /The price 1\.00001 is not a multiple of the tick, 0\.1\./);
		assert.equal(tick.code, 2);
		const dry = await run("trade", "buy", instrument, "1", "--price", "1.5", "--dry-run");
		assert.equal(dry.json.would_be_taken, true);
		const placed = await run("trade", "buy", instrument, "1", "--price", "1.5");
		assert.equal(placed.json.result, "Rested");
		const positions = await run("positions");
		assert.deepEqual(
			(positions.json.open_orders as { order_id: number }[]).map(({ order_id }) => order_id),
			[placed.json.order],
		);
		const cancelled = await run("trade", "cancel", instrument, "buy", String(placed.json.order));
		assert.equal(cancelled.code, 0, cancelled.error);
		const again = await run("trade", "cancel", instrument, "buy", String(placed.json.order));
		assert.equal(again.json.result, "OrderNotFound");
		assert.equal(again.code, 5);
		const mistyped = await run("trade", "sell", instrument, "1", "--price", "0.1");
		assert.equal(mistyped.json.result, "BeyondBand");
		const { series } = world.exchange.live.queries.instruments()[0];
		const fair = ((world.exchange.live.queries.ticker(series)?.mark ?? 0) / 1e6).toFixed(1);
		const naked = await run("trade", "sell", instrument, "10000", "--price", fair);
		assert.equal(naked.json.result, "InsufficientMargin");
		assert.equal(naked.code, 5);

		const doctor = await run("doctor");
		assert.equal(doctor.code, 0, doctor.out);
		const status = await run("status");
		assert.equal((status.json.l1 as { vault: string }).vault, "4000500000");
		assert.equal((await run("dispute", "status")).json.disputed, 0);
	});

	it("tries everything that sends, and sends nothing, with --dry-run", async () => {
		const before = [await world.chain.provider.getBlockNumber(), world.exchange.live.queries.openOrders(1).length];
		const dry = (...args: string[]): Promise<Ended> => run(...args, "--dry-run");
		for (const [args, contract] of [
			[["faucet", "5"], "MockUSDC"],
			[["deposit", "5"], "MockUSDC"],
			[["force", "withdraw", "3"], "Inbox"],
		] as const) {
			const { code, json, error } = await dry(...args);
			assert.equal(code, 0, error);
			assert.equal(json.contract, contract);
			assert.ok(Number(json.gas) > 20_000);
		}
		const stranger = await dry("stake", "add", "1");
		assert.match(stranger.error, /NotAValidator/);
		assert.equal(stranger.code, 5);
		const unable = await dry("force", "include");
		assert.match(unable.error, /BadMessageCount|TooEarlyToForce/);
		assert.equal(unable.code, 5);
		const withdrawal = await dry("withdraw", "3");
		assert.deepEqual([withdrawal.code, (withdrawal.json.execution as { result: string }).result], [0, "Ok"]);
		const refused = await dry("withdraw", "9999999");
		assert.deepEqual([refused.code, (refused.json.execution as { result: string }).result !== "Ok"], [5, true]);
		assert.equal((await dry("trade", "cancel", "--all")).code, 0);
		assert.match((await dry("keys", "new", "other")).error, /has no --dry-run/);
		const after = [await world.chain.provider.getBlockNumber(), world.exchange.live.queries.openOrders(1).length];
		assert.deepEqual(after[1], before[1]);
		assert.equal(await world.bridge.usdcOf(testWallet(PLACE).address), 999_500_000n);
	});

	it("takes money out again: an encrypted key signs, the assertion is confirmed, the outbox pays", async () => {
		const password = join(world.home, "password");
		writeFileSync(password, "correct horse battery\n");
		environment.STRIKEPROOF_PASSWORD_FILE = password;
		const key = testWallet(PLACE).privateKey;
		assert.equal((await strikeproof(["keys", "import", "trader"], environment, key)).code, 0);
		environment.STRIKEPROOF_KEY = "trader";
		assert.equal((await run("withdraw", "100")).code, 0);
		assert.equal((await run("force", "withdraw", "3")).code, 0);
		assert.match((await run("force", "include")).error, /TooEarlyToForce|refused/);
		await world.until("both withdrawals to be posted", () => world.exchange.derived.withdrawals.length === 2);
		assert.deepEqual((await run("claim")).json.paid, []);
		await world.until("the withdrawals to be confirmed", async () => {
			await world.mine(4);
			return world.exchange.finality.withdrawalProof(1) !== undefined;
		});
		const wallet = testWallet(PLACE).address;
		const before = await world.bridge.usdcOf(wallet);
		const claimed = await run("claim");
		assert.equal(claimed.code, 0, claimed.error);
		assert.equal((claimed.json.paid as object[]).length, 2);
		assert.equal((await world.bridge.usdcOf(wallet)) - before, 103_000_000n);
		assert.match((await strikeproof(["claim", "0"], environment)).out, /paid already/);
	});
});

describe("given a shell", () => {
	const complete = (script: string, words: readonly string[]): string[] => {
		const line = `${script}\nCOMP_WORDS=(strikeproof ${words.join(" ")})\nCOMP_CWORD=${words.length}\n_strikeproof\necho "\${COMPREPLY[@]}"`;
		return spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout.trim().split(" ");
	};
	const hasBash = spawnSync("bash", ["--version"]).status === 0;

	it("completes commands, their own options, and the names of networks", { skip: !hasBash && "no bash is here" }, async () => {
		const { out, code } = await strikeproof(["completion", "bash"]);
		assert.equal(code, 0);
		assert.deepEqual(complete(out, ["tra"]), ["trade"]);
		assert.deepEqual(complete(out, ["--network", "seplia".slice(0, 3)]), ["sepolia"]);
		assert.deepEqual(complete(out, ["--key", "test/60", "trade", "c"]), ["cancel"]);
		assert.deepEqual(complete(out, ["trade", "buy", "--po"]), ["--post-only"]);
		assert.deepEqual(complete(out, ["nothing", "--dry"]), ["--dry-run"]);
	});

	it("has scripts for zsh and fish, and refuses other shells", async () => {
		assert.match((await strikeproof(["completion", "zsh"])).out, /bashcompinit/);
		assert.match((await strikeproof(["completion", "fish"])).out, /complete -c strikeproof .* -a trade/);
		assert.equal((await strikeproof(["completion", "tcsh"])).code, 2);
	});
});
