import { rmSync } from "node:fs";
import { deploy } from "../../deploy/deploy.ts";
import { Bridge } from "../chain/Bridge.ts";
import { InboxChain } from "../chain/InboxChain.ts";
import type { Deployment } from "../chain/Deployment.ts";
import * as Deployments from "../chain/Deployment.ts";
import * as EmbeddedChain from "../chain/EmbeddedChain.ts";
import { GameChain } from "../chain/GameChain.ts";
import { PLACES, testParties, testWallet } from "../chain/TestKeys.ts";
import { TransactionManager } from "../chain/TransactionManager.ts";
import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../machine/Constants.ts";
import { SyntheticMarket } from "../market/SyntheticMarket.ts";
import type { Log } from "../ports/Log.ts";
import { Random } from "../market/Random.ts";
import type { CarrierChoice } from "../roles/batcher/carrier.ts";
import type { ConnectionError } from "../sdk/index.ts";
import { Connection, Trader } from "../sdk/index.ts";
import { MemoryStore } from "../store/MemoryStore.ts";
import * as HonestChain from "../executor/HonestChain.ts";
import * as Audit from "./Audit.ts";
import { MovableClock } from "./Clock.ts";
import { Exchange } from "./Exchange.ts";
import { Liar } from "./Liar.ts";
import { LyingHistory } from "./LyingHistory.ts";
import { PrometheusMetrics } from "./Metrics.ts";
import { Population } from "./population/Population.ts";
import type { Counts } from "./population/Population.ts";

export type DemonstrationOptions = {
	readonly root: string;
	readonly seed: number;
	readonly host: string;
	readonly port: number;
	readonly l1Port: number;
	readonly dataDirectory: string;
	readonly carrier: CarrierChoice;
	readonly log: Log;
	readonly say: (chapter: number, sentence: string) => void;
};

/** What was done and found. Every figure is read from L1, from the state that L1 alone gives, or from the server's answers. */
export type Report = {
	orders: number;
	fills: number;
	series: number;
	rejected: number;
	stepCount: number;
	lieStep: number;
	liarForfeited: boolean;
	honestMoves: number;
	bisectGasMax: number;
	oneStepGas: number;
	forcedIncluded: boolean;
	settledSeries: number;
	/** Whether L1's own oracle fixed the same settlement prices as the machine. */
	oracleAgrees: boolean;
	withdrawn: string;
	vaultBalance: string;
	owed: string;
	conserved: boolean;
	cancels: number;
	refused: Record<string, number>;
	traders: number;
	batches: number;
	confirmedAssertions: number;
	insolventAccounts: number;
};

/** Monday 2 February 2026, 09:00 UTC: a fixed beginning, so that a seed gives the same market on every day. */
const START_TIME = Date.UTC(2026, 1, 2, 9) / 1000;
const FIRST_DAY = Math.floor(START_TIME / SECONDS_PER_DAY);
const DAYS = [FIRST_DAY + 2, FIRST_DAY + 11, FIRST_DAY + 39];
const MAKERS = 8;
const TRADERS = 22;
const DEPOSIT = 2_000_000_000_000n;
const ETH = 10n ** 18n;

/** The whole story on one machine: an exchange lives, is attacked, and pays. */
export class Demonstration {
	readonly #options: DemonstrationOptions;
	readonly chain: EmbeddedChain.EmbeddedChain;
	readonly deployment: Deployment;
	readonly exchange: Exchange;
	readonly clock: MovableClock;
	readonly bridge: Bridge;
	readonly #accounts: number[];
	readonly report: Partial<Report> = {};

	private constructor(
		options: DemonstrationOptions,
		chain: EmbeddedChain.EmbeddedChain,
		deployment: Deployment,
		exchange: Exchange,
		clock: MovableClock,
	) {
		this.#options = options;
		this.chain = chain;
		this.deployment = deployment;
		this.exchange = exchange;
		this.clock = clock;
		this.bridge = new Bridge(chain.provider, deployment);
		this.#accounts = [];
	}

	/** Chapters 1 and 2: a chain, its contracts, and every role. */
	static async begin(options: DemonstrationOptions): Promise<Demonstration> {
		const { say, root, log, seed, host, port } = options;
		const chain = await EmbeddedChain.start({ port: options.l1Port, startTime: START_TIME });
		say(1, `an L1 of its own at ${chain.url}`);
		for (const place of [...Object.values(PLACES).slice(0, 8), ...Array.from({ length: TRADERS }, (_, i) => PLACES.traders + i)]) {
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, `0x${(1000n * ETH).toString(16)}`]);
		}
		const deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
			network: "embedded",
			...testParties(),
			onProgress: (name, done, all) => say(1, `deploying ${name} (${done + 1} of ${all})`),
		});
		Deployments.save(root, deployment);
		say(1, `${Object.keys(deployment.contracts).length} contracts deployed, addresses in deployments/embedded.json`);
		// The embedded chain lives in memory, so what an earlier run left belongs to a chain that is gone.
		rmSync(options.dataDirectory, { recursive: true, force: true });
		const clock = new MovableClock((await chain.provider.getBlock("latest"))?.timestamp ?? START_TIME);
		const exchange = await Exchange.open({
			provider: chain.provider,
			l1Url: chain.url,
			deployment,
			dataDirectory: options.dataDirectory,
			market: new SyntheticMarket(seed, START_TIME),
			clock,
			log,
			metrics: new PrometheusMetrics(),
			host,
			port,
			carrier: options.carrier,
			days: DAYS,
			strikesPerSide: 4,
		});
		await exchange.start();
		say(2, `sequencer, batcher, executor, seven reporters and a keeper run; the API is ${exchange.url}`);
		return new Demonstration(options, chain, deployment, exchange, clock);
	}

	/** Waits for something that the roles bring about by themselves. Throws with what was waited for when it does not come. */
	async #until(what: string, holds: () => boolean | Promise<boolean>, seconds = 90): Promise<void> {
		for (const end = Date.now() + seconds * 1000; !(await holds());) {
			if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}: see the log in ${this.#options.dataDirectory}.`);
			await new Promise((resolve) => setTimeout(resolve, 60));
		}
	}

	/** Moves L1 and the node's clock forward together. */
	async #advanceTo(time: number): Promise<void> {
		const head = await this.chain.provider.getBlock("latest");
		if (head && head.timestamp < time) await this.chain.mineAt(time);
		this.clock.moveTo(time);
	}

	async #mine(blocks: number): Promise<void> {
		await this.chain.mine(blocks);
		const head = await this.chain.provider.getBlock("latest");
		this.clock.moveTo(head?.timestamp ?? 0);
	}

	/** Chapter 3: money comes in through L1, and people trade. */
	async market(): Promise<void> {
		const { say, seed } = this.#options;
		await Promise.all(
			Array.from({ length: TRADERS }, async (_, i) => {
				this.#accounts[i] = await this.bridge.fund(testWallet(PLACES.traders + i), DEPOSIT);
			}),
		);
		const { queries } = this.exchange.live;
		await this.#until("the deposits to be credited", () => queries.accounts().length > TRADERS);
		say(3, `${TRADERS} traders deposited ${Number((DEPOSIT * BigInt(TRADERS)) / 1_000_000n).toLocaleString("en")} USDC`);
		await this.#until("reports and listings", () => {
			const listed = this.exchange.live.queries.instruments();
			return (
				listed.length >= 40 &&
				listed.every(
					({ series }) =>
						(this.exchange.live.queries.ticker(series)?.mark ?? 0) >= 0 && (this.exchange.live.queries.ticker(series)?.priceTime ?? 0) > 0,
				)
			);
		});
		say(
			3,
			`${this.exchange.live.queries.instruments().length} series listed in ${DAYS.length} expiries of ETH and BTC, priced by a quorum of 5 of 7`,
		);
		let told = 0;
		const counts: Counts = await Population.run({
			url: this.exchange.url,
			members: this.#accounts.map((account, i) => ({ wallet: testWallet(PLACES.traders + i), account })),
			makers: MAKERS,
			seed,
			orders: 2100,
			fills: 520,
			onProgress: ({ orders, fills }) => {
				if (Date.now() - told > 1000) say(3, `${orders} orders, ${fills} fills`);
				if (Date.now() - told > 1000) told = Date.now();
			},
		});
		Object.assign(this.report, {
			orders: counts.orders,
			fills: counts.fills,
			series: counts.series,
			rejected: counts.rejected,
			cancels: counts.cancels,
			refused: counts.refused,
			traders: TRADERS,
		});
		say(
			3,
			`${counts.orders} orders, ${counts.fills} fills, ${counts.cancels} cancels, ${counts.rejected} refused for ${Object.keys(counts.refused).length} reasons`,
		);
		await this.#posted();
	}

	/** Everything ordered so far is on L1, and both ways of deriving agree about it. */
	async #posted(): Promise<void> {
		const { batcher, live, derived } = this.exchange;
		batcher.flushing = true;
		await this.#until(
			"the records to be posted and derived",
			() => this.exchange.sequencer.pending === 0 && live.batchCount === derived.batchCount && derived.streamEnd === live.streamEnd,
		);
		batcher.flushing = false;
	}

	/** Chapter 4: somebody asserts what is not so, and loses his bond. */
	async dispute(): Promise<void> {
		const { say, seed, log } = this.#options;
		const { exchange } = this;
		const { provider } = this.chain;
		exchange.proposer.start();
		await this.#until("the first assertion", async () => (await exchange.game.look()).assertions.size > 1);
		await exchange.proposer.stop();
		await this.#mine(3);
		const game = new GameChain(provider, this.deployment);
		const snapshot = await game.look();
		const chain = await HonestChain.follow(
			snapshot,
			exchange.derived,
			game.parameters.height,
			await game.batchCount(),
			(parent, accumulator) => game.gameId(parent, accumulator),
		);
		const link = chain.links.at(-1);
		if (!link) throw new Error("There is no place for a wrong assertion: nothing was posted since the last one.");
		const stepCount = link.history.stepCount;
		const lieStep = new Random(seed * 31 + 7).below(stepCount);
		const wallet = testWallet(PLACES.liar);
		const sender = new TransactionManager({ provider, wallet, store: new MemoryStore(), log: log.child({ role: "liar" }) });
		const liar = new Liar(game, sender, await LyingHistory.tell(link.history, lieStep, seed), link.start, link.parent);
		const lied = await liar.lie();
		if (lied.status !== "mined") throw new Error(`The wrong assertion was not taken: ${lied.error}`);
		say(
			4,
			`a lying proposer asserts ${stepCount.toLocaleString("en")} steps, wrong from step ${lieStep.toLocaleString("en")} on, and stakes ${Number(game.parameters.bond / 10n ** 16n) / 100} ETH on it`,
		);
		const moves = { bisect: 0, prove: 0, bisectGasMax: 0, oneStepGas: 0 };
		exchange.challenger.onMove(({ action, outcome }) => {
			if (outcome.status !== "mined") return;
			if (action === "bisect") {
				moves.bisect += 1;
				moves.bisectGasMax = Math.max(moves.bisectGasMax, Number(outcome.gasUsed));
				say(4, `the challenger bisects (${moves.bisect} of at most ${game.parameters.height})`);
			}
			if (action === "prove") {
				moves.prove += 1;
				moves.oneStepGas = Number(outcome.gasUsed);
				say(4, `the challenger proves step ${lieStep.toLocaleString("en")} on L1: ${moves.oneStepGas.toLocaleString("en")} gas`);
			}
		});
		exchange.proposer.start();
		exchange.challenger.start();
		await this.#until("the dispute to end", async () => {
			await liar.play();
			const look = await game.look();
			if (moves.prove > 0) await this.#mine(2);
			return look.assertions.get(liar.assertion)?.status === "rejected" && !look.stakes.has(wallet.address.toLowerCase());
		});
		const bond = await this.bridge.bondOf(wallet.address);
		const after = await game.look();
		const liarForfeited =
			bond === 0n &&
			after.assertions.get(liar.assertion)?.status === "rejected" &&
			after.assertions.get(link.honestId)?.status === "confirmed";
		Object.assign(this.report, {
			stepCount,
			lieStep,
			liarForfeited,
			honestMoves: moves.bisect + moves.prove,
			bisectGasMax: moves.bisectGasMax,
			oneStepGas: moves.oneStepGas,
		});
		say(4, `the true assertion is confirmed and the liar's bond is forfeited, after ${moves.bisect + moves.prove} honest moves`);
	}

	/** Chapter 5: the sequencer does not hear one trader, and he trades all the same. */
	async censorship(): Promise<void> {
		const { say, log } = this.#options;
		const { exchange } = this;
		const place = TRADERS - 1;
		const account = this.#accounts[place];
		const wallet = testWallet(PLACES.traders + place);
		await this.#posted();
		exchange.sequencer.silence(account);
		const connection = await Connection.open(exchange.url);
		const trader = await Trader.open(connection, wallet, account);
		const amount = 1_234_567;
		const payload = await trader.encodeWithdrawal(wallet.address, amount);
		const refusal = await trader.submit(payload).then(
			() => undefined,
			(error: unknown) => error as ConnectionError,
		);
		connection.close();
		if (refusal?.data?.reason !== "silenced") throw new Error("The sequencer was told to censor a trader, and did not.");
		say(5, "the sequencer refuses a trader's withdrawal, and ignores L1");
		const withdrawals = exchange.derived.withdrawals.length;
		const sender = new TransactionManager({ provider: this.chain.provider, wallet, store: new MemoryStore(), log });
		const sent = await sender.send(new InboxChain(this.deployment).force(payload));
		if (sent.status !== "mined") throw new Error(`The forced message was not taken by L1: ${sent.error}`);
		await this.#advanceTo(this.clock.now() + this.deployment.parameters.forceDelaySeconds + 1);
		await this.#until("the forced message to be included without the sequencer", () =>
			exchange.derived.withdrawals.some((w) => w.account === account && w.amount === amount),
		);
		await this.#until("the live state to follow", () => exchange.live.batchCount === exchange.derived.batchCount);
		exchange.sequencer.speak();
		this.report.forcedIncluded =
			exchange.derived.withdrawals.length > withdrawals &&
			exchange.derived.withdrawals.some((w) => w.account === account && w.amount === amount);
		say(5, "he sends it through L1; after the delay anybody includes it, and the machine executes it");
	}

	/** Chapter 6: the first expiry comes, is settled by the average of its last half hour, and traders are paid on L1. */
	async settlement(): Promise<void> {
		const { say } = this.#options;
		const { exchange } = this;
		const day = DAYS[0];
		const expiry = day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
		await this.#advanceTo(expiry - SETTLEMENT_WINDOW_SECONDS - 120);
		say(6, "time runs to the first expiry");
		await this.#advanceTo(expiry + 15);
		const settled = (underlying: number): boolean => (exchange.live.queries.expiry(underlying, day)?.settlementPrice ?? 0) > 0;
		await this.#until("the settlement prices", () => settled(0) && settled(1), 180);
		const held = (): boolean =>
			exchange.live.queries
				.accounts()
				.some((account) =>
					exchange.live.queries.account(account)?.positions.some(({ series }) => Math.floor(series / 2 ** 32) % 65_536 === day),
				);
		await this.#until("positions to be folded into cash", () => !held());
		this.report.settledSeries = exchange.live.queries
			.instruments()
			.filter((instrument) => instrument.day === day && instrument.settlementPrice > 0).length;
		const price = (underlying: number): string =>
			`$${((exchange.live.queries.expiry(underlying, day)?.settlementPrice ?? 0) / 1_000_000).toLocaleString("en", { maximumFractionDigits: 2 })}`;
		say(6, `${this.report.settledSeries} series settled: ETH at ${price(0)}, BTC at ${price(1)}, the averages of the last 30 minutes`);
		await this.#oracle(day);
		await this.#withdrawals();
	}

	/** L1's own oracle heard the window's reports too: were every machine off chain gone now, it would know the price. */
	async #oracle(day: number): Promise<void> {
		const prices = (): Promise<bigint[]> => Promise.all([0, 1].map((underlying) => this.bridge.settlementPrice(underlying, day)));
		await this.#until("L1's oracle to fix the settlement prices", async () => (await prices()).every((price) => price > 0n));
		const fixed = await prices();
		const { queries } = this.exchange.live;
		this.report.oracleAgrees = fixed.every((price, underlying) => price === BigInt(queries.expiry(underlying, day)?.settlementPrice ?? 0));
		const verdict = this.report.oracleAgrees ? "the same prices" : `OTHER prices: ${fixed.join(", ")}`;
		this.#options.say(6, `L1's own oracle, which heard the same reporters, fixed ${verdict}`);
	}

	async #withdrawals(): Promise<void> {
		const { say } = this.#options;
		const { exchange } = this;
		const connection = await Connection.open(exchange.url);
		let asked = 0;
		for (const [i, account] of this.#accounts.entries()) {
			const view = exchange.live.queries.account(account);
			if (!view) continue;
			// Half of what is free: the rest goes on trading.
			const free = Math.floor(Math.min(view.cash, view.equity - view.initialMargin) / 2);
			if (free <= 0) continue;
			const wallet = testWallet(PLACES.traders + i);
			const trader = await Trader.open(connection, wallet, account);
			const ack = await trader.submit(await trader.encodeWithdrawal(wallet.address, free));
			if (ack.result !== "Ok") throw new Error(`The withdrawal of account ${account} was refused: ${ack.result}`);
			asked += 1;
		}
		connection.close();
		await this.#posted();
		say(6, `${asked} traders withdraw; the batch is posted, and its assertion must stand its challenge period`);
		const { derived } = exchange;
		const count = derived.withdrawals.length;
		await this.#until(
			"the assertion that holds the withdrawals to be confirmed",
			async () => {
				await this.#mine(4);
				return exchange.finality.withdrawalProof(count - 1) !== undefined;
			},
			180,
		);
		const sender = new TransactionManager({
			provider: this.chain.provider,
			wallet: testWallet(PLACES.deployer),
			store: new MemoryStore(),
			log: this.#options.log,
		});
		const inbox = new InboxChain(this.deployment);
		let withdrawn = 0n;
		for (const withdrawal of derived.withdrawals) {
			const root = await this.#confirmedOutboxRoot();
			const proof = derived.withdrawalProof(withdrawal.index, root);
			if (!proof) throw new Error(`Withdrawal ${withdrawal.index} has no proof under the confirmed outbox root.`);
			const outcome = await sender.send(inbox.claim(root, withdrawal, proof.siblings));
			if (outcome.status !== "mined") throw new Error(`Withdrawal ${withdrawal.index} was not paid: ${outcome.error}`);
			withdrawn += BigInt(withdrawal.amount);
		}
		this.report.withdrawn = withdrawn.toString();
		say(6, `the outbox pays ${derived.withdrawals.length} withdrawals, ${(Number(withdrawn) / 1e6).toLocaleString("en")} USDC`);
	}

	async #confirmedOutboxRoot(): Promise<Uint8Array> {
		const snapshot = await this.exchange.game.look();
		return (snapshot.assertions.get(snapshot.latestConfirmed)?.finalState ?? new Uint8Array(96)).slice(64, 96);
	}

	/** The last figures: what the vault holds, and what the state that L1 alone gives owes. */
	async audit(): Promise<void> {
		await this.#posted();
		const audit = await Audit.run(this.bridge, this.exchange.watched);
		const snapshot = await this.exchange.game.look();
		const confirmedAssertions = [...snapshot.assertions.values()].filter(({ status }) => status === "confirmed").length - 1;
		Object.assign(this.report, audit, { batches: this.exchange.derived.batchCount, confirmedAssertions });
		this.#options.say(7, `the vault holds ${audit.vaultBalance} micro-USDC, and the final state owes ${audit.owed}`);
	}

	/** Stops everything that runs. */
	async end(): Promise<void> {
		await this.exchange.stop();
		await this.chain.close();
	}
}
