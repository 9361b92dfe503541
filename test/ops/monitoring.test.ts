import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { EndpointPool } from "../../src/chain/EndpointPool.ts";
import { DEVELOPMENT_CHAIN_ID } from "../../src/chain/Networks.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { openLog } from "../../src/node/Log.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { World } from "../node/world.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const RULES = join(ROOT, "ops/prometheus/alerts.yml");
const PROMTOOL = process.env.PROMTOOL ?? "promtool";
const PROMETHEUS = process.env.PROMETHEUS ?? "prometheus";
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const skipTool = !has(PROMTOOL) && "no promtool is installed here: apt-get install prometheus, or name one in PROMTOOL";
const skipServer = !has(PROMETHEUS) && "no Prometheus is installed here: apt-get install prometheus, or name one in PROMETHEUS";

/** Names of our metrics that a text of rules or panels asks for. */
function askedIn(text: string): string[] {
	return [...new Set([...text.matchAll(/strikeproof_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, "")))];
}

describe("given the rules that are shipped", { skip: skipTool }, () => {
	for (const [what, args] of [
		["are well formed", ["check", "rules", RULES]],
		["alert on what they should, and on nothing else", ["test", "rules", join(ROOT, "ops/prometheus/alerts.test.yml")]],
		["are found by the configuration", ["check", "config", join(ROOT, "ops/prometheus/prometheus.yml")]],
	] as const) {
		it(what, () => {
			const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { encoding: "utf8" });
			assert.equal(status, 0, stdout + stderr);
		});
	}
});

describe("given a node that is watched", () => {
	let world: World;
	let url = "";
	const get = async (path: string): Promise<{ status: number; text: string }> => {
		const response = await fetch(`${url}${path}`);
		return { status: response.status, text: await response.text() };
	};

	before(async () => {
		world = await World.start([60]);
		await world.listed();
		url = world.exchange.url.replace("ws:", "http:");
		const account = await world.bridge.fund(testWallet(60), 1_000_000_000n);
		await world.until("the deposit", () => world.exchange.live.queries.accounts().length > 1);
		const connection = await Connection.open(world.exchange.url);
		await (await Trader.open(connection, testWallet(60), account)).cancelAll();
		connection.close();
		world.exchange.challenger.start();
		world.exchange.proposer.start();
		await world.until("every role's first success", async () => (await get("/readyz")).status === 200);
	});

	after(() => world.close());

	it("is alive, and ready role by role", async () => {
		assert.deepEqual(await get("/livez"), { status: 200, text: "ok\n" });
		const { ready, checks } = JSON.parse((await get("/readyz")).text) as { ready: boolean; checks: Record<string, { ok: boolean }> };
		assert.equal(ready, true);
		assert.ok(["sequencer", "batcher", "challenger", "proposer", "caught_up", "agrees_with_l1"].every((name) => checks[name].ok));
		assert.equal((await get("/readyz/batcher")).status, 200);
		assert.equal((await get("/readyz/nobody")).status, 404);
	});

	it("exposes every metric that an alert or a panel asks for", async () => {
		await world.until("the ladder", async () => (await get("/metrics")).text.includes("strikeproof_vital_time_to_posted"));
		await world.until("a confirmation", async () => {
			await world.mine(3);
			return (await get("/metrics")).text.includes("strikeproof_vital_time_to_confirmed");
		});
		// Endpoints of L1 are watched where a node is given some; this one has the chain inside it.
		const ofEndpoints = new PrometheusMetrics();
		const pool = new EndpointPool([world.chain.url], DEVELOPMENT_CHAIN_ID);
		pool.watch(openLog(join(world.home, "pool.log")), ofEndpoints);
		pool.destroy();
		const text = (await get("/metrics")).text + (await ofEndpoints.text());
		const exposed = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
		const panels = readFileSync(join(ROOT, "ops/grafana/strikeproof.json"), "utf8");
		for (const name of [...askedIn(readFileSync(RULES, "utf8")), ...askedIn(panels)]) assert.ok(exposed.has(name), `${name} is exposed`);
	});

	it("tells its vitals: what is not known is unknown, and the headline is the worst", async () => {
		const connection = await Connection.open(world.exchange.url);
		type Vitals = { headline: string; vitals: { name: string; value: number | null; state: string; definition: string; unit: string }[] };
		const { headline, vitals } = await connection.call<Vitals>("public/get_vitals");
		connection.close();
		for (const { name, value, state, definition, unit } of vitals) {
			assert.equal(value === null, state === "unknown", name);
			assert.ok(definition.length > 10 && unit.length > 0, name);
		}
		assert.ok(vitals.some(({ state }) => state === "unknown"));
		assert.equal(headline, vitals.some(({ state }) => state === "alarm") ? "alarm" : "unknown");
	});

	it("is a text that promtool accepts", { skip: skipTool }, async () => {
		const { text } = await get("/metrics");
		const { stderr } = spawnSync(PROMTOOL, ["check", "metrics"], { input: text, encoding: "utf8" });
		// Its style advice is not an error; what it cannot read is.
		assert.doesNotMatch(stderr, /error|parsing/i);
	});

	it("is scraped by a real Prometheus, whose alerts are silent on it", { skip: skipServer }, async () => {
		const folder = mkdtempSync(join(tmpdir(), "strikeproof-prometheus-"));
		const config = readFileSync(join(ROOT, "ops/prometheus/prometheus.yml"), "utf8")
			.replace("127.0.0.1:8547", new URL(url).host)
			.replaceAll("10s", "1s")
			.replace("alerts.yml", RULES);
		writeFileSync(join(folder, "prometheus.yml"), config);
		const port = 20_000 + (process.pid % 10_000);
		const server = spawn(PROMETHEUS, [
			`--config.file=${join(folder, "prometheus.yml")}`,
			`--storage.tsdb.path=${join(folder, "data")}`,
			`--web.listen-address=127.0.0.1:${port}`,
		]);
		try {
			const ask = async (query: string): Promise<{ value: [number, string] }[]> => {
				const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => undefined);
				if (!response?.ok) return [];
				return ((await response.json()) as { data: { result: { value: [number, string] }[] } }).data.result;
			};
			await world.until("a scrape", async () => (await ask("strikeproof_ready"))[0]?.value[1] === "1");
			await world.until("the rules", async () => (await ask('up{job="strikeproof"}'))[0]?.value[1] === "1");
			assert.deepEqual(await ask('ALERTS{alertstate="firing"}'), []);
		} finally {
			server.kill();
			await new Promise((resolve) => server.once("exit", resolve));
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it("is not ready when a role stops", async () => {
		await world.exchange.batcher.stop();
		const { status, text } = await get("/readyz");
		assert.equal(status, 503);
		assert.deepEqual((JSON.parse(text) as { checks: Record<string, { reason: string }> }).checks.batcher.reason, "does not run");
		assert.match((await get("/metrics")).text, /^strikeproof_ready 0$/m);
		world.exchange.batcher.start();
	});
});
