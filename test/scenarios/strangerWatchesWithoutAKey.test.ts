import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PLACES } from "../../src/chain/TestKeys.ts";
import { FaultyEndpoint } from "../chain/FaultyEndpoint.ts";
import { strikeproof } from "../cli/strikeproof.ts";
import { lie } from "../node/lie.ts";
import { World } from "../node/world.ts";
import { Killable } from "./Killable.ts";

describe("StrangerWatchesWithoutAKey", () => {
	let world: World;
	let home = "";
	let endpoint: FaultyEndpoint;
	let assertion = "";

	/** As on a machine that never saw the exchange: no deployment, no key, one address of the exchange and one of L1. */
	const watch = (args: readonly string[], more: readonly string[] = []): ReturnType<typeof strikeproof> =>
		strikeproof(["challenger", "--watch", "--rpc", endpoint.url, "--data", join(home, "data"), ...args, ...more], {
			STRIKEPROOF_HOME: join(home, "nothing"),
		});
	const record = (): string => `${world.exchange.url.replace("ws:", "http:")}/deployment.json`;

	before(async () => {
		// What is asserted is executed by a process of its own, from L1 and nothing else.
		world = await World.start([PLACES.liar]);
		home = mkdtempSync(join(tmpdir(), "strikeproof-watch-"));
		endpoint = await FaultyEndpoint.start(world.chain.url);
		await world.listed();
		world.exchange.proposer.start();
		await world.until("an assertion", async () => {
			await world.mine(5);
			return (await world.exchange.game.look()).assertions.size >= 2;
		});
		await world.exchange.proposer.stop();
	});

	after(async () => {
		await world.close();
		await endpoint.close();
		rmSync(home, { recursive: true, force: true });
	});

	it("given a record that is none, of another chain, or of nothing, it says so and ends", async () => {
		const none = await watch(["--once", "--deployment", record().replace("deployment.json", "nowhere.json")]);
		assert.equal(none.code, 6, none.error);
		assert.match(none.error, /There is no deployment at http.*nowhere\.json/);
		const file = join(home, "wrong.json");
		for (const [text, code, sentence] of [
			["{", 6, /it is not JSON/],
			["null", 6, /its network is missing or wrong/],
			[JSON.stringify({ ...world.deployment, contracts: {} }), 6, /its contracts\.NormalTable is missing or wrong/],
			[JSON.stringify({ ...world.deployment, chainId: 1 }), 4, /is of chain 1, and the node is of chain 31337/],
			[
				JSON.stringify({ ...world.deployment, contracts: { ...world.deployment.contracts, AssertionChain: `0x${"12".repeat(20)}` } }),
				6,
				/does not stand on chain 31337/,
			],
		] as const) {
			writeFileSync(file, text);
			const ended = await watch(["--once", "--deployment", file]);
			assert.match(ended.error, sentence);
			assert.equal(ended.code, code, ended.error);
		}
	});

	it("given true assertions only, it agrees with each and ends with 0, and sends nothing", async () => {
		const ended = await watch(["--once", "--json", "--deployment", record()]);
		assert.equal(ended.code, 0, ended.error + ended.out);
		assert.equal(ended.json.verdict, "agree");
		assert.ok(Number(ended.json.assertions) >= 1);
		assert.equal(endpoint.count("eth_sendRawTransaction"), 0);
	});

	it("given a fresh clone and nothing in the environment, the README's three commands end with a verdict", async (t) => {
		const root = join(import.meta.dirname, "..", "..");
		if (!existsSync(join(root, ".git"))) return t.skip("this is no clone that could be cloned");
		const [, block] = /## Watch an exchange[^]*?```sh\n([^]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
		const commands = String(block)
			.trim()
			.split("\n")
			.map((line) => line.replace(/\s+#.*$/, ""));
		assert.equal(commands.length, 3);
		const empty = join(home, "empty");
		mkdirSync(join(empty, "npm"), { recursive: true });
		const clone = join(empty, "strikeproof");
		const here = commands.map((command) =>
			command
				.replace("REPOSITORY", `file://${root}`)
				.replace("--network sepolia", "--network localhost")
				.replace("https://NODE", endpoint.url)
				.replace("https://EXCHANGE/deployment.json", record()),
		);
		// What the second command would fetch and compile is put where it puts it: then it has only to find that all is there.
		const built = ["artifacts", "cache", "typechain-types"].map((folder) => `cp -R "${join(root, folder)}" .`);
		const script = [here[0], `ln -s "${join(root, "node_modules")}" node_modules`, ...built, here[1], `${here[2]} --once`].join(" && ");
		const child = spawn("sh", ["-c", script], {
			cwd: empty,
			env: { PATH: "/usr/bin:/bin:/usr/local/bin", HOME: empty, npm_config_cache: join(empty, "npm") },
		});
		let said = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
		const code = await new Promise((resolve) => child.on("close", resolve));
		assert.equal(code, 0, said);
		assert.match(said, /\d+ assertions at block \d+: the machine does what each of them says/);
		assert.doesNotMatch(said, /Installing|npm (warn|notice)/i);
		assert.ok(existsSync(join(clone, "data", "localhost", "watcher", "watcher.log")), "its data is in the clone");
	});

	it("given no endpoint that answers, it ends with 4 and judges nothing", async () => {
		endpoint.faults = { isDead: true };
		const ended = await watch(["--once", "--deployment", record()]);
		assert.equal(ended.code, 4, ended.error);
		endpoint.faults = {};
	});

	it("given a lie while it watches, it alarms, counts it and goes on; stopped, it ends with 7", async () => {
		const watcher = new Killable(
			[
				"src/cli/main.ts",
				"challenger",
				"--watch",
				"--rpc",
				endpoint.url,
				"--data",
				join(home, "data"),
				"--deployment",
				record(),
				"--port",
				"0",
			],
			{ STRIKEPROOF_HOME: join(home, "nothing") },
		);
		const [, address] = /are at (\S+),/.exec(await watcher.start(/^watching embedded without a key/)) as RegExpExecArray;
		({ assertion } = await lie(world));
		await world.mine(1);
		await world.until("the verdict", () => watcher.lines.some((line) => line.startsWith("disagree pending assertion")));
		assert.ok(watcher.lines.some((line) => line.startsWith("agree ")));
		const metrics = await (await fetch(`${address}/metrics`)).text();
		assert.match(metrics, /^strikeproof_watcher_verdicts\{verdict="disagree"\} 1$/m);
		assert.match(metrics, /^strikeproof_alarms\{alarm="WrongAssertion"\} 1$/m);
		assert.match(metrics, /^strikeproof_l1_endpoint_healthy\{endpoint="http:\/\/127\.0\.0\.1:\d+"\} 1$/m);
		assert.equal((await fetch(`${address}/readyz`)).status, 200);
		assert.equal(await watcher.stop(), 7);
		assert.equal(endpoint.count("eth_sendRawTransaction"), 0);
	});

	it("given the lie, a look from an empty folder or from a copy of the record disagrees with it by name", async () => {
		const file = join(home, "deployment.json");
		cpSync(join(world.home, "deployments", "embedded.json"), file);
		// A file does not say where the blobs are that L1's endpoint forgot.
		const archive = new URL(record()).origin;
		const ended = await watch(["--once", "--json", "--deployment", file, "--archive", archive], ["--data", join(home, "fresh")]);
		assert.equal(ended.code, 7, ended.error + ended.out);
		const lines = ended.out
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as Record<string, unknown>);
		assert.deepEqual(
			lines.filter((line) => line.verdict === "disagree" && line.assertion !== undefined).map((line) => line.assertion),
			[assertion],
		);
	});
});
