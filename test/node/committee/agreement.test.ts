import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import { SYNTHETIC_START } from "../../../src/cli/node.ts";
import type { Event } from "../../../src/executor/Events.ts";
import {
	MAX_ATTESTATION_AGE_SECONDS,
	MAX_PRICE_AGE_SECONDS,
	SECONDS_PER_DAY,
	EXPIRY_SECOND_OF_DAY,
	SETTLEMENT_WINDOW_SECONDS,
} from "../../../src/machine/Constants.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { SyntheticMarket } from "../../../src/market/SyntheticMarket.ts";
import { ChainClock } from "../../../src/node/Clock.ts";
import { FollowedState } from "../../../src/node/following/FollowedState.ts";
import { PrometheusMetrics } from "../../../src/node/Metrics.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import { Connection, Deals, Trader } from "../../../src/sdk/index.ts";
import type { Answer } from "../../../src/wire/schema.ts";
import { SILENT } from "../../executor/liveProcessParts.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";
const [DEBTOR, OTHER] = [0, 1];
/** Two of four are below the quorum of three. */
const AWAY = ["reporter/0", "reporter/1"];
const HALT_SECONDS = MAX_ATTESTATION_AGE_SECONDS + 15;
const WHOLE = 1_000_000;
const ANY_PRICE = 1_000_000_000_000;
const HALTED = ["StaleState", "StalePrice", "PriceBeforeResume"];

describe("given a committee, and reporters that stand behind its prices and its state", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-agree-"));
	let cluster: Cluster;
	let connection: Connection;
	/** Executes the members' order here, with every event in the order's own place. */
	let order: FollowedState;
	const events: Event[] = [];
	const traders: Trader[] = [];
	let deals: Deals;
	let call = 0;

	before(async () => {
		const places = [DEBTOR, OTHER].map((i) => PLACES.traders + i);
		cluster = await Cluster.start({ validators: 4, directory, wallets: places, strikes: 1, turnSeconds: 1, attesting: true });
		const { timestamp } = (await cluster.provider.getBlock("latest")) as { timestamp: number };
		const untilExpiry = (EXPIRY_SECOND_OF_DAY - (timestamp % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
		// Reports may leave no holes in a settlement window, and here they shall.
		if (untilExpiry < SETTLEMENT_WINDOW_SECONDS + 6 * HALT_SECONDS) await moveBy(untilExpiry + 1);
		const clock = await ChainClock.start(async () => (await cluster.provider.getBlock("latest"))?.timestamp ?? 0);
		order = await FollowedState.open({
			...{ provider: cluster.provider, deployment: cluster.deployment, dataDirectory: join(directory, "here"), clock, log: SILENT },
			metrics: new PrometheusMetrics(),
			sequencers: cluster.roster.members.map((_, member) => cluster.api(member)),
			onDisagreement: () => Promise.reject(new Error("The order and L1 disagree.")),
		});
		order.live.onEvents((some) => events.push(...some));
		order.start();
		const [debtor, other] = await Promise.all(
			[1_000_000_000n, 1_000_000_000_000n].map((amount, i) => cluster.bridge.fund(testWallet(places[i]).connect(cluster.provider), amount)),
		);
		connection = await Connection.open(cluster.api(0).replace("http", "ws"));
		for (const place of places)
			await cluster.until("the deposits", async () => {
				const { address: owner } = testWallet(place);
				return (await cluster.call<number[]>(0, "public/get_accounts_of", { owner })).length > 0;
			});
		for (const [i, account] of [debtor, other].entries()) traders.push(await Trader.open(connection, testWallet(places[i]), account));
		deals = new Deals(connection, traders[OTHER]);
		await cluster.until("prices and an attested state", () => has("PriceReported") && has("StateAttested"));
		await cluster.until("a call with a price", () => {
			const calls = order.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0);
			call = calls.at(-1)?.series ?? 0;
			return markTicks() > 0;
		});
	});
	after(async () => {
		connection?.close();
		await order?.stop();
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	const has = (type: Event["type"], from = 0): boolean => events.slice(from).some((event) => event.type === type);
	const markTicks = (): number => Math.round((order.live.queries.ticker(call)?.mark ?? 0) / 100_000);
	/** A price that an order may have: what is worth next to nothing is quoted at a tick. */
	const aboutFair = (): number => Math.max(1, markTicks());
	const auctions = (): Promise<Answer<"public/get_auctions">> => connection.call("public/get_auctions", {});

	async function moveBy(seconds: number): Promise<void> {
		const { timestamp } = (await cluster.provider.getBlock("latest")) as { timestamp: number };
		await cluster.provider.send("evm_setNextBlockTimestamp", [`0x${(timestamp + seconds).toString(16)}`]);
		await cluster.provider.send("evm_mine", []);
	}

	/** Too few reporters are left, and that for longer than an agreement on the state lasts. */
	async function halt(): Promise<void> {
		await Promise.all(AWAY.map((name) => cluster.stop(name, "SIGKILL")));
		await moveBy(HALT_SECONDS);
		const { timestamp } = (await cluster.provider.getBlock("latest")) as { timestamp: number };
		await cluster.until("the order to know the time", async () => {
			// A message of anybody takes the clock along.
			await deals.collect(traders[OTHER].account);
			return order.live.clock >= timestamp;
		});
	}

	/** A market in which a call that was fair is a fortune: another path of the same kind. */
	function dearSeed(): number {
		const now = order.live.clock;
		const before = new SyntheticMarket(1, SYNTHETIC_START).index(0, now);
		for (let seed = 2; ; seed++) if (new SyntheticMarket(seed, SYNTHETIC_START).index(0, now) > 1.3 * before) return seed;
	}

	/** The agreement that stood when something happened, read off the order alone. */
	function agreementAt(event: Event): { stateTime: number; since: number; priceTime: number } {
		let [stateTime, since, priceTime] = [0, 0, 0];
		for (const one of events) {
			if (one === event) break;
			if (one.type === "PriceReported" && one.underlying === Series.underlyingOf(call)) priceTime = one.priceTime;
			if (one.type !== "StateAttested") continue;
			if (one.stateTime - stateTime > MAX_ATTESTATION_AGE_SECONDS) since = one.time;
			stateTime = one.stateTime;
		}
		return { stateTime, since, priceTime };
	}

	it("sells an account as much risk as it can carry", async () => {
		let sold = 0;
		for (let size = 4096; size >= 1; size >>= 1) {
			const price = aboutFair();
			await traders[OTHER].place({ series: call, side: 0, price, size });
			sold += (await traders[DEBTOR].place({ series: call, side: 1, price, size, immediateOrCancel: true })).filled;
			await traders[OTHER].cancelAll();
		}
		assert.ok(sold > 0);
		assert.deepEqual(await auctions(), []);
	});

	it("refuses to liquidate and to take risk once too few reporters are left, and says which agreement is missing", async () => {
		await halt();
		assert.equal((await deals.liquidate(traders[DEBTOR].account)).result, "StaleState");
		const before = events.length;
		await traders[OTHER].place({ series: call, side: 0, price: aboutFair(), size: 1 });
		const more = await traders[DEBTOR].place({ series: call, side: 1, price: aboutFair(), size: 1, immediateOrCancel: true });
		assert.equal(more.result, "StalePrice");
		await traders[OTHER].cancelAll();
		assert.ok(!has("Traded", before) && !has("AuctionStarted"));
	});

	it("begins the auction by itself when they are back, at the new market's prices and not at those from before the halt", async () => {
		const seed = ["--seed", String(dearSeed())];
		// All see the other market, or there would be no quorum on it.
		const reporters = cluster.names.filter((name) => name.startsWith("reporter/"));
		await Promise.all(reporters.map((name) => cluster.stop(name, "SIGKILL")));
		for (const name of reporters) cluster.run(name, seed);
		await cluster.until("the auction", () => has("AuctionStarted"));
		const [auction] = await auctions();
		assert.equal(auction.account, traders[DEBTOR].account);
		assert.ok(Number(auction.equity) < Number(auction.maintenance_margin));
	});

	it("sells nothing of it while agreement is missing again, and what is due at fresh prices once there is agreement", async () => {
		await halt();
		const before = events.length;
		assert.equal((await deals.bid(traders[DEBTOR].account, WHOLE, ANY_PRICE)).result, "StaleState");
		assert.equal((await auctions())[0].largest_share, "0");
		for (const name of AWAY) cluster.run(name, ["--seed", String(dearSeed())]);
		const answers = new Set<string>();
		await cluster.until("a bid to be taken", async () => {
			const { result } = await deals.bid(traders[DEBTOR].account, WHOLE, ANY_PRICE);
			answers.add(result);
			return result === "Ok";
		});
		answers.delete("Ok");
		for (const answer of answers) assert.ok(HALTED.includes(answer), `${answer} is no halt`);
		await cluster.until("the sale to be executed here", () => has("PortfolioSold", before));
	});

	it("did neither at any moment without fresh agreement on the state and then on prices, as the order shows", () => {
		const deeds = events.filter(({ type }) => type === "AuctionStarted" || type === "PortfolioSold");
		assert.deepEqual(
			deeds.map(({ type }) => type),
			["AuctionStarted", "PortfolioSold"],
		);
		for (const deed of deeds) {
			const { stateTime, since, priceTime } = agreementAt(deed);
			assert.ok(stateTime + MAX_ATTESTATION_AGE_SECONDS >= deed.time, `${deed.type} by a state of ${stateTime} at ${deed.time}`);
			assert.ok(priceTime + MAX_PRICE_AGE_SECONDS >= deed.time, `${deed.type} by a price of ${priceTime} at ${deed.time}`);
			assert.ok(since > 0 && priceTime > since, `${deed.type} by a price of ${priceTime}, and agreement resumed at ${since}`);
		}
	});
});
