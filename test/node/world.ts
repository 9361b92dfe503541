// A whole exchange on an embedded L1 for tests: every role, a clock that moves with the chain, and stores that outlive it.

import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../deploy/deploy.ts";
import { Bridge } from "../../src/chain/Bridge.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { PLACES, testParties, testWallet } from "../../src/chain/TestKeys.ts";
import { SECONDS_PER_DAY } from "../../src/machine/Constants.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import { MovableClock } from "../../src/node/Clock.ts";
import { Exchange } from "../../src/node/Exchange.ts";
import type { ExchangeOptions } from "../../src/node/Exchange.ts";
import { openLog } from "../../src/node/Log.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { FUTURE } from "../../src/machine/types/Series.ts";

/** Monday 2 February 2026, 09:00 UTC. */
export const START = Date.UTC(2026, 1, 2, 9) / 1000;
export const DAY = Math.floor(START / SECONDS_PER_DAY) + 2;

const RICH = `0x${(10n ** 21n).toString(16)}`;

/** A market whose prices a test moves. */
export class MovableMarket extends SyntheticMarket {
	/** By which every index is multiplied. */
	factor = 1;

	override index(underlying: number, time: number): number {
		return super.index(underlying, time) * this.factor;
	}
}

/** What one account may send, and one connection call; how batches travel; and what the exchange calls its L1 node. */
export type Limits = Pick<ExchangeOptions, "messages" | "calls" | "carrier"> & { readonly l1Url?: string };

export class World {
	readonly chain: EmbeddedChain.EmbeddedChain;
	readonly deployment: Deployment;
	readonly bridge: Bridge;
	readonly clock: MovableClock;
	/** Holds the stores, the log, and deployments/embedded.json. */
	readonly home: string;
	readonly #market: SyntheticMarket;
	readonly #limits: Limits;
	#isStopped = false;
	exchange: Exchange;

	private constructor(
		chain: EmbeddedChain.EmbeddedChain,
		deployment: Deployment,
		clock: MovableClock,
		home: string,
		market: SyntheticMarket,
		limits: Limits,
		exchange: Exchange,
	) {
		this.#limits = limits;
		this.chain = chain;
		this.deployment = deployment;
		this.bridge = new Bridge(chain.provider, deployment);
		this.clock = clock;
		this.home = home;
		this.#market = market;
		this.exchange = exchange;
	}

	/** Every role but the proposer and the challenger runs when it resolves. */
	static async start(wallets: readonly number[] = [], limits: Limits = {}, market = new SyntheticMarket(1, START)): Promise<World> {
		const chain = await EmbeddedChain.start({ startTime: START });
		for (const place of [...Object.values(PLACES).slice(0, 8), ...wallets])
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
		const deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
			network: "embedded",
			...testParties(),
		});
		const home = mkdtempSync(join(tmpdir(), "strikeproof-world-"));
		Deployments.save(home, deployment);
		const clock = new MovableClock((await chain.provider.getBlock("latest"))?.timestamp ?? START);
		const exchange = await World.#open(chain, deployment, clock, home, market, limits);
		return new World(chain, deployment, clock, home, market, limits, exchange);
	}

	static async #open(
		chain: EmbeddedChain.EmbeddedChain,
		deployment: Deployment,
		clock: MovableClock,
		home: string,
		market: SyntheticMarket,
		limits: Limits,
	): Promise<Exchange> {
		const exchange = await Exchange.open({
			provider: chain.provider,
			l1Url: chain.url,
			deployment,
			dataDirectory: join(home, "data"),
			market,
			clock,
			log: openLog(join(home, "node.log")),
			metrics: new PrometheusMetrics(),
			host: "127.0.0.1",
			port: 0,
			days: [DAY],
			strikesPerSide: 1,
			...limits,
		});
		await exchange.start();
		return exchange;
	}

	/** Stops the exchange and starts it again from what is on the disk. */
	async restart(): Promise<void> {
		await this.exchange.stop();
		this.exchange = await World.#open(this.chain, this.deployment, this.clock, this.home, this.#market, this.#limits);
	}

	/** Starts the exchange from what a crash at this moment would leave on the disk: nothing is closed or saved. */
	async crash(): Promise<void> {
		const data = join(this.home, "data");
		cpSync(data, `${data}.crashed`, { recursive: true, filter: (source) => !source.endsWith("in-use") });
		await this.exchange.stop();
		rmSync(data, { recursive: true });
		renameSync(`${data}.crashed`, data);
		this.exchange = await World.#open(this.chain, this.deployment, this.clock, this.home, this.#market, this.#limits);
	}

	/** Waits for what the roles bring about by themselves. Throws with what was waited for. */
	async until(what: string, holds: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
		for (const end = Date.now() + seconds * 1000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 50)))
			if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
	}

	/** Resolves when every strike is listed and has a price. */
	async listed(): Promise<void> {
		await this.until("listings with prices", () => {
			const { queries } = this.exchange.live;
			const all = queries.instruments();
			return (
				all.filter(({ kind }) => kind !== FUTURE).length === 12 && all.every(({ series }) => (queries.ticker(series)?.priceTime ?? 0) > 0)
			);
		});
	}

	async mine(blocks: number): Promise<void> {
		await this.chain.mine(blocks);
		this.clock.moveTo((await this.chain.provider.getBlock("latest"))?.timestamp ?? 0);
	}

	async advanceTo(time: number): Promise<void> {
		const head = await this.chain.provider.getBlock("latest");
		if (head && head.timestamp < time) await this.chain.mineAt(time);
		this.clock.moveTo(time);
	}

	/** The exchange goes away for good; the chain stays. */
	async stop(): Promise<void> {
		if (this.#isStopped) return;
		this.#isStopped = true;
		await this.exchange.stop();
	}

	async close(): Promise<void> {
		await this.stop();
		await this.chain.close();
		rmSync(this.home, { recursive: true, force: true });
	}
}
