import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploy } from "../../deploy/deploy.ts";
import { Bridge } from "../../src/chain/Bridge.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { MarketQuote } from "../../src/ports/PriceSource.ts";
import { askerOf } from "../../src/roles/reporter/asking.ts";
import { proposalDigest } from "../../src/roles/reporter/Reporter.ts";
import { Connection, Trader, verify } from "../../src/sdk/index.ts";
import { Killable } from "./Killable.ts";

const TRADER = 60;
const REPORTERS = 3;
const QUORUM = 2;
/** L1 begins so far in the past: a block a second would take minutes to make an assertion old enough, and so these come at once. */
const BEHIND_SECONDS = 240;
/** LIMIT: what the systemd unit grants before it kills. */
const STOP_MS = 60_000;
const RICH = `0x${(10n ** 21n).toString(16)}`;

describe("RolesAsProcesses", () => {
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let home = "";
	const processes: Killable[] = [];
	const urls: Record<string, string> = {};
	const isOver = { value: false };
	let mining: Promise<void>;

	/** `strikeproof node` for one role; resolves with its address. */
	async function run(name: string, role: string, place: number, args: readonly string[] = []): Promise<Killable> {
		const node = new Killable(["src/cli/main.ts", "node", "--role", role, "--port", "0", "--data", join(home, name), ...args], {
			STRIKEPROOF_HOME: home,
			LOCALHOST_RPC_URL: chain.url,
			// Where the blobs are that L1's own endpoint does not keep.
			...(urls.sequencer && { STRIKEPROOF_API_URL: urls.sequencer }),
			...(role === "sequencer" ? {} : { STRIKEPROOF_KEY: `test/${place}` }),
		});
		processes.push(node);
		urls[name] = (await node.start(/^ws:\/\/\S+ \w+ runs/)).split(" ")[0];
		return node;
	}

	const ready = async (name: string): Promise<{ status: number; text: string }> => {
		const response = await fetch(`${urls[name].replace("ws:", "http:")}/readyz`);
		return { status: response.status, text: await response.text() };
	};

	async function until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
		for (const end = Date.now() + seconds * 1000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 200)))
			if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
	}

	before(async () => {
		chain = await EmbeddedChain.start({ startTime: Math.floor(Date.now() / 1000) - BEHIND_SECONDS });
		for (const place of [...Object.values(PLACES).slice(0, 8), TRADER])
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
		deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
			network: "localhost",
			reporters: Array.from({ length: REPORTERS }, (_, i) => testWallet(PLACES.reporters + i).address),
			quorum: QUORUM,
			committee: [testWallet(PLACES.sequencer).address],
			treasury: testWallet(PLACES.deployer).address,
		});
		home = mkdtempSync(join(tmpdir(), "strikeproof-roles-"));
		Deployments.save(home, deployment);
		for (let i = 0; i < REPORTERS; i++) await run(`reporter-${i}`, "reporter", PLACES.reporters + i);
		mining = (async () => {
			while (!isOver.value) {
				// Not ahead of the wall, which is the processes' clock.
				const head = await chain.provider.getBlock("latest");
				if (head && head.timestamp < Date.now() / 1000 - 2) await chain.mine(2);
				await new Promise((resolve) => setTimeout(resolve, 200));
			}
		})();
	});

	after(async () => {
		isOver.value = true;
		await mining;
		for (const node of processes) await node.kill();
		await chain.close();
		rmSync(home, { recursive: true, force: true });
	});

	it("given a key that is no reporter's, the reporter says so and ends", async () => {
		await assert.rejects(run("stranger", "reporter", TRADER), /is not one of the 3 reporters of this deployment/);
	});

	it("given every role in a process of its own, a trade is confirmed and shown to be so by L1", async () => {
		const named = Array.from({ length: REPORTERS }, (_, i) => ["--reporter", urls[`reporter-${i}`]]).flat();
		await run("sequencer", "sequencer", 0, [...named, "--strikes", "1"]);
		await run("proposer", "proposer", PLACES.proposer);
		await run("challenger", "challenger", PLACES.challenger);
		const connection = await Connection.open(urls.sequencer);
		type Ticker = { instrument_name: string; mark_price: string | null };
		const tickers = (): Promise<Ticker[]> => connection.call<Ticker[]>("public/get_tickers", { currency: "ETH", kind: "option" });
		await until("marks on every series", async () => {
			const all = await tickers();
			return all.length > 0 && all.every(({ mark_price }) => mark_price !== null);
		});
		const account = await new Bridge(chain.provider, deployment).fund(testWallet(TRADER).connect(chain.provider), 1_000_000_000n);
		await until("the deposit", () =>
			connection.call("public/get_account", { account }).then(
				() => true,
				() => false,
			),
		);
		const trader = await Trader.open(connection, testWallet(TRADER), account);
		const [{ series }] = await connection.call<{ series: number }[]>("public/get_instruments", { currency: "ETH" });
		const payload = await trader.encodeOrder({ series, side: 0, price: 3, size: 1 });
		const acknowledgement = await trader.submit(payload);
		assert.equal(acknowledgement.result, "Rested");
		await until(
			"the confirmation",
			async () => {
				const { rung } = await connection.call<{ rung: string }>("public/get_finality", { sequence: acknowledgement.sequence });
				return rung === "confirmed";
			},
			240,
		);
		const found = await verify(connection, chain.provider, deployment, { payload, acknowledgement, account });
		assert.equal(found.account?.account.cash, 1_000_000_000);
		assert.ok(found.inclusion);
		for (const name of ["sequencer", "proposer", "challenger", "reporter-0"]) {
			const { status, text } = await ready(name);
			assert.equal(status, 200, `${name}: ${text}`);
		}
		const metrics = await (await fetch(`${urls.proposer.replace("ws:", "http:")}/metrics`)).text();
		assert.match(metrics, /^strikeproof_role_running\{role="proposer"\} 1$/m);
		connection.close();
	});

	it("given a reporter killed, prices go on; started again, it signs again what it signed", async () => {
		const connection = await Connection.open(urls.sequencer);
		const timeOf = async (): Promise<number> =>
			(await connection.call<{ timestamp: number }>("public/get_index_price", { currency: "ETH" })).timestamp;
		await processes[REPORTERS - 1].kill();
		const before = await timeOf();
		await until("a report by the two that are left", async () => (await timeOf()) > before);
		type Vitals = { vitals: { name: string; value: number | null; state: string }[] };
		await until("the slack to show", async () => {
			const { vitals } = await connection.call<Vitals>("public/get_vitals");
			return vitals.some(({ name, value, state }) => name === "oracle_slack" && value === 0 && state === "warn");
		});
		connection.close();
	});

	it("given somebody who asks a reporter to sign what it does not see, or who is no member, it does not", async () => {
		const url = urls["reporter-0"].replace("ws:", "http:");
		type Answered = { result?: unknown; error?: { code: number; data?: { reason?: string } } };
		const ask = async (method: string, params: object): Promise<Answered> =>
			(await (await fetch(url, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) })).json()) as never;
		const domain = Bytes.fromHex(deployment.domainSeparator);
		const sign = async (proposal: MarketQuote, place: number = PLACES.sequencer, more: object = {}): Promise<Answered> => {
			const asker = askerOf(new KeySigner(testWallet(place).privateKey), domain, () => Math.floor(Date.now() / 1000));
			const { at, signature } = await asker(proposalDigest(domain, proposal));
			return ask("reporter/sign", { proposal: { ...proposal, ...more }, at, signature: Bytes.toHex(signature) });
		};
		const see = async (time: number): Promise<MarketQuote> =>
			(await ask("reporter/see", { underlying: 0, time, days: [] })).result as MarketQuote;
		const seen = await see(Math.floor(Date.now() / 1000));
		assert.equal((await sign({ ...seen, indexPrice: Math.round(seen.indexPrice * 1.1) })).result, null);
		assert.equal((await sign(seen, PLACES.sequencer, { more: 1 })).error?.code, -32_602);
		assert.equal((await ask("reporter/sign", { proposal: seen })).error?.code, -32_602);
		assert.equal((await ask("public/submit", { payload: "0x01" })).error?.code, -32_601);
		assert.equal((await sign(seen, TRADER)).error?.data?.reason, "NotAMember");
		assert.equal((await sign(await see(seen.time + 60))).error?.data?.reason, "ReportFromFuture");
		// For a time at which it has not signed before, and then for nothing else of that time.
		let signed = seen;
		await until("a time without a report", async () => {
			signed = await see(Math.floor(Date.now() / 1000));
			return /^0x[0-9a-f]{130}$/.test(String((await sign(signed)).result));
		});
		assert.equal((await sign({ ...signed, confidence: 999_999 })).result, null);
		assert.match(String((await sign(signed)).result), /^0x[0-9a-f]{130}$/);
	});

	it("given SIGTERM while an order is under way, every role ends with 0 within its bound, and what was acknowledged is there afterwards", async () => {
		const connection = await Connection.open(urls.sequencer);
		const [account] = await connection.call<number[]>("public/get_accounts_of", { owner: testWallet(TRADER).address });
		const trader = await Trader.open(connection, testWallet(TRADER), account);
		const [{ series }] = await connection.call<{ series: number }[]>("public/get_instruments", { currency: "ETH" });
		const acknowledged: number[] = [];
		let isFlowing = true;
		const flow = (async () => {
			while (isFlowing) {
				const answer = await trader.place({ series, side: 0, price: 2, size: 1 }).catch(() => undefined);
				if (!answer) return;
				if (answer.result === "Rested") acknowledged.push(answer.order);
			}
		})();
		await until("orders to flow", async () => acknowledged.length > 2);
		// The one that was killed before is gone already.
		const running = processes.filter(({ isRunning }) => isRunning);
		assert.equal(running.length, REPORTERS + 2);
		const began = performance.now();
		const codes = await Promise.all(running.map((node) => node.stop()));
		isFlowing = false;
		await flow;
		assert.deepEqual(
			codes,
			running.map(() => 0),
		);
		assert.ok(performance.now() - began < STOP_MS, `stopping took ${(performance.now() - began).toFixed(0)} ms`);
		const node = await run("sequencer", "sequencer", 0, ["--strikes", "1"]);
		const again = await Connection.open(urls.sequencer);
		for (const order of acknowledged) {
			const { state } = await again.call<{ state: string }>("private/get_order_state", { account, order });
			assert.equal(state, "open", `order ${order} of ${acknowledged.length}`);
		}
		again.close();
		assert.equal(await node.stop(), 0);
	});
});
