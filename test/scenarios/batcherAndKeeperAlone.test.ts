import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploy } from "../../deploy/deploy.ts";
import { freePorts } from "../../scripts/dev/freePorts.ts";
import { Bridge } from "../../src/chain/Bridge.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { FORCED_CARRIER } from "../../src/protocol/Batch.ts";
import { askerOf } from "../../src/roles/reporter/asking.ts";
import { attestationDigest } from "../../src/roles/reporter/Reporter.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { Killable } from "./Killable.ts";

const TRADER = 60;
const BACKUP = 61;
const REPORTERS = 3;
const QUORUM = 2;
const BEHIND_SECONDS = 600;
/** LIMIT: what the systemd unit grants before it kills. */
const STOP_MS = 60_000;
const RICH = `0x${(10n ** 21n).toString(16)}`;

describe("BatcherAndKeeperAlone", () => {
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let inbox: L1InboxReader;
	let home = "";
	let sequencer = "";
	let account = 0;
	let connection: Connection;
	let trader: Trader;
	const nodes: Record<string, Killable> = {};
	const urls: Record<string, string> = {};
	const isOver = { value: false };
	let mining: Promise<void>;

	async function run(name: string, role: string, place: number, args: readonly string[]): Promise<void> {
		nodes[name] ??= new Killable(["src/cli/main.ts", "node", "--role", role, "--data", join(home, name), ...args], {
			STRIKEPROOF_HOME: home,
			LOCALHOST_RPC_URL: chain.url,
			...(role === "sequencer" ? {} : { STRIKEPROOF_KEY: `test/${place}` }),
		});
		urls[name] = (await nodes[name].start(/^ws:\/\/\S+ \w+ runs/)).split(" ")[0];
	}

	async function until(what: string, holds: () => Promise<boolean>, seconds = 180): Promise<void> {
		for (const end = Date.now() + seconds * 1000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 200)))
			if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
	}

	const metricOf = async (name: string, pattern: RegExp): Promise<number> => {
		const text = await (await fetch(`${urls[name].replace("ws:", "http:")}/metrics`)).text();
		return Number(pattern.exec(text)?.[1] ?? 0);
	};

	/** Sends an order and waits until L1 has it. */
	async function posted(price: number): Promise<void> {
		const [{ series }] = await connection.call<{ series: number }[]>("public/get_instruments", { currency: "ETH" });
		const acknowledgement = await trader.submit(await trader.encodeOrder({ series, side: 0, price, size: 1 }));
		await until("the order to be posted", async () => {
			const { rung } = await connection.call<{ rung: string }>("public/get_finality", { sequence: acknowledgement.sequence });
			return ["posted", "derived", "asserted", "confirmed"].includes(rung);
		});
	}

	before(async () => {
		chain = await EmbeddedChain.start({ startTime: Math.floor(Date.now() / 1000) - BEHIND_SECONDS });
		for (const place of [...Object.values(PLACES).slice(0, 8), TRADER, BACKUP])
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
		deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
			network: "localhost",
			reporters: Array.from({ length: REPORTERS }, (_, i) => testWallet(PLACES.reporters + i).address),
			quorum: QUORUM,
			committee: [testWallet(PLACES.sequencer).address],
			treasury: testWallet(PLACES.deployer).address,
		});
		inbox = new L1InboxReader(chain.provider, deployment, { find: () => Promise.resolve(new Uint8Array(131_072)) });
		home = mkdtempSync(join(tmpdir(), "strikeproof-alone-"));
		Deployments.save(home, deployment);
		mining = (async () => {
			while (!isOver.value) {
				const head = await chain.provider.getBlock("latest");
				if (head && head.timestamp < Date.now() / 1000 - 2) await chain.mine(2);
				await new Promise((resolve) => setTimeout(resolve, 200));
			}
		})();
		// Reporters follow a sequencer that names them: its port is chosen first.
		const [port] = await freePorts(1);
		sequencer = `ws://127.0.0.1:${port}`;
		const follow = ["--sequencer", sequencer, "--port", "0"];
		for (let i = 0; i < REPORTERS; i++) await run(`reporter-${i}`, "reporter", PLACES.reporters + i, follow);
		const named = Array.from({ length: REPORTERS }, (_, i) => ["--reporter", urls[`reporter-${i}`]]).flat();
		const elsewhere = ["--elsewhere", "batcher", "--elsewhere", "keeper"];
		await run("sequencer", "sequencer", 0, [...named, ...elsewhere, "--strikes", "1", "--port", `${port}`]);
		await run("batcher", "batcher", PLACES.batcher, follow);
		await run("backup", "batcher", BACKUP, [...follow, "--patience", "3"]);
		await run("keeper", "keeper", PLACES.keeper, [...follow, "--strikes", "1"]);
		connection = await Connection.open(sequencer);
	});

	after(async () => {
		connection.close();
		isOver.value = true;
		await mining;
		for (const node of Object.values(nodes)) await node.kill();
		await chain.close();
		rmSync(home, { recursive: true, force: true });
	});

	it("given a keeper and batchers in processes of their own, series are listed and an order is posted", async () => {
		await until("marks on every series", async () => {
			const all = await connection.call<{ mark_price: string | null }[]>("public/get_tickers", { currency: "ETH", kind: "option" });
			return all.length > 0 && all.every(({ mark_price }) => mark_price !== null);
		});
		account = await new Bridge(chain.provider, deployment).fund(testWallet(TRADER).connect(chain.provider), 1_000_000_000n);
		await until("the deposit", () =>
			connection.call("public/get_account", { account }).then(
				() => true,
				() => false,
			),
		);
		trader = await Trader.open(connection, testWallet(TRADER), account);
		await posted(3);
	});

	it("given reporters in processes of their own that follow the order, they attest the state, and nothing that was not", async () => {
		await until("a quorum of attestations", async () => {
			let attesters = 0;
			for (let i = 0; i < REPORTERS; i++)
				if ((await metricOf(`reporter-${i}`, /^strikeproof_reporter_attested (\d+)$/m)) > 0) attesters += 1;
			return attesters >= QUORUM;
		});
		const url = urls["reporter-0"].replace("ws:", "http:");
		const domain = Bytes.fromHex(deployment.domainSeparator);
		const now = Math.floor(Date.now() / 1000);
		const root = new Uint8Array(32).fill(0xab);
		const asker = askerOf(new KeySigner(testWallet(PLACES.sequencer).privateKey), domain, () => now);
		const { at, signature } = await asker(attestationDigest(domain, { time: now, root }));
		const params = { time: now, root: Bytes.toHex(root), at, signature: Bytes.toHex(signature) };
		const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "reporter/attest", params });
		assert.equal(((await (await fetch(url, { method: "POST", body })).json()) as { result: unknown }).result, null);
	});

	it("given either batcher killed, the other posts; both alive, each batch is on L1 once and no order is missing", async () => {
		await nodes.batcher.kill();
		await posted(4);
		await run("batcher", "batcher", PLACES.batcher, []);
		await nodes.backup.kill();
		await posted(5);
		await run("backup", "batcher", BACKUP, []);
		await posted(6);
		const count = await inbox.batchCount();
		const indices = (await inbox.batches(0, count)).map(({ index }) => index);
		assert.deepEqual(
			indices,
			Array.from({ length: count }, (_, i) => i),
		);
	});

	it("given who asks for a certificate of his own choice, the sequencer signs nothing", async () => {
		const url = sequencer.replace("ws:", "http:");
		const ask = async (params: object): Promise<{ result?: unknown; error?: { code: number } }> =>
			(await (
				await fetch(url, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "order/certificate", params }) })
			).json()) as never;
		const none = `0x${"00".repeat(32)}`;
		assert.equal((await ask({ index: 0, previous_accumulator: none })).result, null);
		assert.equal((await ask({ index: 1_000_000, previous_accumulator: none })).result, null);
		const chosen = { index: 0, previous_accumulator: none, from_height: 1, to_height: 1, max_time: 1 };
		assert.equal((await ask(chosen)).error?.code, -32_602);
	});

	it("given the sequencer killed, batchers and keeper live on, and the keeper includes through L1 what nobody sequences", async () => {
		await nodes.sequencer.kill();
		const before = await inbox.batchCount();
		await new Bridge(chain.provider, deployment).fund(testWallet(TRADER).connect(chain.provider), 5_000_000n);
		const head = await chain.provider.getBlock("latest");
		await chain.mineAt((head?.timestamp ?? 0) + 2 * deployment.parameters.forceDelaySeconds);
		await until("a batch that the keeper forced", async () => {
			const count = await inbox.batchCount();
			return (await inbox.batches(before, count)).some(({ carrier }) => carrier === FORCED_CARRIER);
		});
		for (const name of ["batcher", "backup", "keeper"])
			assert.equal((await fetch(`${urls[name].replace("ws:", "http:")}/livez`)).status, 200, name);
	});

	it("given SIGTERM, with the sequencer that they follow gone, batchers, keeper and reporters end with 0", async () => {
		const running = Object.entries(nodes).filter(([, { isRunning }]) => isRunning);
		assert.equal(running.length, REPORTERS + 3);
		const began = performance.now();
		const codes = await Promise.all(running.map(async ([name, node]) => [name, await node.stop()]));
		assert.deepEqual(
			codes,
			running.map(([name]) => [name, 0]),
		);
		assert.ok(performance.now() - began < STOP_MS, `stopping took ${(performance.now() - began).toFixed(0)} ms`);
	});
});
