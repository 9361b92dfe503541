import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deployRecorded } from "../../deploy/record.ts";
import { Bridge } from "../../src/chain/Bridge.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import { PLACES, testParties, testWallet } from "../../src/chain/TestKeys.ts";
import { SECONDS_PER_DAY } from "../../src/machine/Constants.ts";
import { FUTURE } from "../../src/machine/types/Series.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import { SystemClock } from "../../src/node/Clock.ts";
import { Exchange } from "../../src/node/Exchange.ts";
import { openLog } from "../../src/node/Log.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import type { RealNode } from "../chain/realNodes.ts";
import { KINDS, start } from "../chain/realNodes.ts";

const TRADER = 60;
const WITHDRAWN = 1_000_000;

for (const kind of KINDS)
	describe(`given ${kind.name} as L1`, { skip: kind.skip }, () => {
		let node: RealNode;
		let home = "";
		let deployment: Deployment;
		let exchange: Exchange;
		let connection: Connection;
		let trader: Trader;

		async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 240): Promise<void> {
			for (const end = Date.now() + seconds * 1000; !(await holds()); await node.pass())
				if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
		}

		before(async () => {
			node = await start(kind);
			home = mkdtempSync(join(tmpdir(), "strikeproof-real-"));
			for (const place of [...Object.values(PLACES).slice(0, 8), TRADER]) await node.fund(testWallet(place).address);
		});

		after(async () => {
			connection?.close();
			await exchange?.stop();
			await node?.close();
			rmSync(home, { recursive: true, force: true });
		});

		it("deploys every contract, and finds the deployment when asked again", async () => {
			const wallet = testWallet(PLACES.deployer).connect(node.provider);
			const options = {
				network: "real",
				...testParties(),
			};
			const recorded = await deployRecorded(home, wallet, options);
			assert.equal(recorded.how, "deployed");
			deployment = recorded.deployment;
			assert.equal((await deployRecorded(home, wallet, options)).how, "found");
		});

		it("lists, takes a deposit and an order, posts, asserts, confirms, and pays a withdrawal", async () => {
			const { timestamp = 0 } = (await node.provider.getBlock("latest")) ?? {};
			const now = Math.max(timestamp, Math.floor(Date.now() / 1000));
			exchange = await Exchange.open({
				provider: node.provider,
				l1Url: node.url,
				deployment,
				dataDirectory: join(home, "data"),
				market: new SyntheticMarket(1, now),
				clock: new SystemClock(),
				log: openLog(join(home, "node.log")),
				metrics: new PrometheusMetrics(),
				host: "127.0.0.1",
				port: 0,
				days: [Math.floor(now / SECONDS_PER_DAY) + 2],
				strikesPerSide: 1,
			});
			await exchange.start();
			exchange.proposer.start();
			exchange.challenger.start();
			const { queries } = exchange.live;
			const wallet = testWallet(TRADER).connect(node.provider);
			const bridge = new Bridge(node.provider, deployment);
			const account = await bridge.fund(wallet, 10_000_000_000n);
			await until("the deposit", () => queries.account(account)?.cash === 10_000_000_000);
			await until("prices", () =>
				queries.instruments().some(({ series, kind: one }) => one !== FUTURE && (queries.ticker(series)?.mark ?? 0) > 0),
			);
			const option = queries.instruments().find(({ series, kind: one }) => one !== FUTURE && (queries.ticker(series)?.mark ?? 0) > 0);
			assert.ok(option);
			connection = await Connection.open(exchange.url);
			trader = await Trader.open(connection, wallet, account);
			assert.equal((await trader.place({ series: option.series, side: 0, price: 1, size: 1 })).result, "Rested");
			assert.equal((await trader.withdraw(wallet.address, WITHDRAWN)).result, "Ok");
			await until("the withdrawal to be confirmed", () => exchange.finality.withdrawalProof(0) !== undefined);
			const proof = await connection.call<Parameters<Bridge["claim"]>[1]>("public/get_withdrawal_proof", { index: 0 });
			await bridge.claim(wallet, proof);
			assert.equal(await bridge.usdcOf(wallet.address), BigInt(WITHDRAWN));
		});
	});
