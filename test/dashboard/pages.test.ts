import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TypedDataField } from "ethers";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { GameChain } from "../../src/chain/GameChain.ts";
import { separatorOf } from "../../src/chain/Bridge.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import * as HonestChain from "../../src/executor/HonestChain.ts";
import { Liar } from "../../src/node/Liar.ts";
import { LyingHistory } from "../../src/node/LyingHistory.ts";
import { openLog } from "../../src/node/Log.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { Connection, Deals, Trader } from "../../src/sdk/index.ts";
import type { ShownRequest } from "../../src/sdk/index.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { blobsAt } from "../chain/l1.ts";
import { World } from "../node/world.ts";
import { executablePath, faultsOf, picture, seriousFaultsOf, skip } from "./browser.ts";

const WALLETS = [60, 61];

type TypedData = {
	domain: Record<string, unknown>;
	types: Record<string, TypedDataField[]>;
	message: Record<string, unknown>;
};

describe("given a trader at the page, with a wallet", { skip }, () => {
	let world: World;
	let browser: Browser;
	let page: Page;
	let maker: Trader;
	let connection: Connection;
	let accounts: number[] = [];
	let faults: string[] = [];
	let series = 0;
	let mark = 0;
	/** What the wallet was shown to sign. */
	const shown: TypedData[] = [];
	let refuses = false;

	before(async () => {
		world = await World.start(WALLETS);
		await world.listed();
		accounts = await Promise.all(WALLETS.map((place) => world.bridge.fund(testWallet(place), 1_000_000_000_000n)));
		await world.until("the deposits", () => world.exchange.live.queries.accounts().length > WALLETS.length);
		connection = await Connection.open(world.exchange.url);
		maker = await Trader.open(connection, testWallet(61), accounts[1]);
		series = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0)[1].series;
		mark = Math.round((world.exchange.live.queries.ticker(series)?.mark ?? 0) / 100_000);
		browser = await chromium.launch({ executablePath: executablePath as string, args: ["--no-sandbox"] });
		page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
		faults = faultsOf(page);
		// A wallet by EIP-1193 whose key stays outside the page.
		await page.exposeFunction("askWallet", async (method: string, params: unknown[]) => {
			const wallet = testWallet(60);
			if (method === "eth_requestAccounts") return [wallet.address];
			if (method !== "eth_signTypedData_v4") throw new Error(`the wallet does not know ${method}`);
			if (refuses) throw new Error("User rejected the request.");
			const data = JSON.parse(params[1] as string) as TypedData;
			shown.push(data);
			const { EIP712Domain: _, ...types } = data.types;
			return wallet.signTypedData(data.domain, types, data.message);
		});
		await page.addInitScript("window.ethereum = { request: ({ method, params = [] }) => window.askWallet(method, params) };");
		await page.goto(world.exchange.url.replace("ws://", "http://"));
	});

	after(async () => {
		await browser.close();
		connection.close();
		await world.close();
	});

	async function says(selector: string, pattern: RegExp, seconds = 30): Promise<void> {
		let text = "";
		await world
			.until(
				"it",
				async () =>
					pattern.test(
						(text = await page
							.locator(selector)
							.innerText({ timeout: 1000 })
							.catch(() => "")),
					),
				seconds,
			)
			.catch(() => assert.fail(`${selector} should say ${String(pattern)}, and says: ${text}`));
	}

	/** The page Trade with an order in the ticket. */
	async function ticketFilled(): Promise<void> {
		await page.getByRole("link", { name: "Trade" }).click();
		const ask = ((mark + 5) / 10).toString();
		await page.getByRole("button", { name: `buy ${nameOf(series)} at ${ask}` }).click({ timeout: 20_000 });
		await page.getByRole("img", { name: /Payoff at expiry of the order/ }).waitFor();
		await says("#trades tbody", /\d/);
	}

	it("shows the payoff and the margin of an order before anything is signed", async () => {
		await maker.place({ series, side: 1, price: mark + 5, size: 300 });
		await maker.place({ series, side: 0, price: Math.max(1, mark - 5), size: 300 });
		const ask = ((mark + 5) / 10).toString();
		await page.getByRole("button", { name: `buy ${nameOf(series)} at ${ask}` }).click({ timeout: 20_000 });
		assert.equal(await page.locator("#ticket input[name=price]").inputValue(), ask);
		await says("#book tbody", /3\s+[\d.]+\s+[\d.]+\s+3/);
		await page.locator("#ticket input[name=amount]").fill("2");
		await page.getByRole("img", { name: new RegExp(`Payoff at expiry of the order: buy 2 ${nameOf(series)} at ${ask}`) }).waitFor();
		await says("#margin-after", /Margin of it alone: [1-9]/);
		await page.locator("#ticket input[name=amount]").fill("0.001");
		await says("#ticket-message", /An amount is a multiple of 0\.01/);
		assert.equal(shown.length, 0);
		await page.locator("#ticket input[name=amount]").fill("2");
		await picture(page, "trade");
	});

	it("sends nothing when the wallet refuses, and says so", async () => {
		await page.getByRole("button", { name: "Connect wallet" }).click();
		await says("#ticket-message", new RegExp(`Account ${accounts[0]} of 0x`));
		refuses = true;
		await page.getByRole("button", { name: "Sign and buy" }).click();
		await says("#ticket-message", /User rejected/);
		refuses = false;
		assert.deepEqual(world.exchange.live.queries.account(accounts[0])?.positions, []);
	});

	it("trades: the wallet is shown what is signed, and the position is there", async () => {
		await page.getByRole("button", { name: "Sign and buy" }).click();
		await says("#ticket-message", /Message \d+: Completed, 2 filled\./);
		const { message } = shown[0];
		assert.deepEqual([message.account, message.series, message.side, message.size], [accounts[0], series, 0, 200]);
		assert.equal(world.exchange.live.queries.account(accounts[0])?.positions[0].size, 200);
		await says("#chain tbody", /^\s*2\s/m);
	});

	it("opens the evidence of a fill by its badge", async () => {
		await page
			.getByRole("button", { name: /evidence of message \d+/ })
			.first()
			.click({ timeout: 10_000 });
		await page.getByRole("dialog").getByText("Undone only if").waitFor();
		await picture(page, "evidence");
		await page.keyboard.press("Escape");
		assert.equal(await page.getByRole("dialog").count(), 0);
	});

	it("shows the account: greeks, the machine's scenarios, and orders that can be cancelled", async () => {
		await page.getByRole("button", { name: `order book of ${nameOf(series)}` }).click();
		await page.locator("#ticket input[name=price]").fill("1.5");
		await page.locator("#ticket input[name=amount]").fill("1");
		await page.getByRole("button", { name: "Sign and buy" }).click();
		await says("#ticket-message", /Message \d+: Rested/);
		await page.getByRole("link", { name: "Portfolio" }).click();
		await says("#positions tbody", new RegExp(`${nameOf(series)}\\s+2\\s`));
		await says("#fills tbody", new RegExp(`${nameOf(series)}\\s+buy\\s.*\\s2\\s+[\\d.]+\\s+(ordered|posted|confirmed)`));
		assert.equal(await page.locator(".matrix tbody tr").count(), 3);
		assert.equal(await page.locator(".matrix tbody td").evaluateAll((cells) => cells.filter((cell) => cell.textContent !== "").length), 33);
		await picture(page, "portfolio");
		await page.getByRole("button", { name: /cancel order/ }).click();
		await world.until("the order to go", () => world.exchange.live.queries.openOrders(accounts[0]).length === 0);
	});

	it("asks makers for quotes of two legs, shows them, and trades all legs of the one that is accepted", async () => {
		const [first, second] = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 1);
		await page.getByRole("link", { name: "Deals" }).click();
		const form = page.locator("#request");
		await form.locator("select[name=instrument]").selectOption(nameOf(first.series));
		await form.locator("input[name=amount]").fill("0.5");
		await page.getByRole("button", { name: "Add leg" }).click();
		await form.locator("select[name=instrument]").selectOption(nameOf(second.series));
		await form.locator("select[name=side]").selectOption("sell");
		await page.getByRole("button", { name: "Add leg" }).click();
		// Half a put bought and half of the next one sold: flat above both, and below both what lies between them, halved.
		const [low, high] = [first, second].map(({ series: one }) => Number(nameOf(one).split("-")[2]));
		const shape = new RegExp(`at expiry: -${(high - low) / 2} at [\\d,]+, -${(high - low) / 2} at [\\d,]+, 0 at [\\d,]+, 0 at [\\d,]+$`);
		assert.match((await page.locator("#legs + figure svg").getAttribute("aria-label")) ?? "", shape);
		await page.getByRole("button", { name: "Sign and ask" }).click();
		await says("#deals-message", /Request \d+ stands/);
		assert.match((await page.locator("#rfqs .payoff").getAttribute("aria-label")) ?? "", shape);
		await says("#rfqs tbody", /buy 0\.5 \S+, sell 0\.5 \S+/);
		const deals = new Deals(connection, maker);
		const [request] = await connection.call<ShownRequest[]>("public/get_rfqs");
		const marks = [first, second].map(({ series: one }) => Math.round((world.exchange.live.queries.ticker(one)?.mark ?? 0) / 100_000));
		const prices = new Map([
			[first.series, marks[0]],
			[second.series, marks[1]],
		]);
		await deals.quote(request, prices, world.clock.now() + 60);
		const accept = page.getByRole("button", { name: `accept the quote of ${accounts[1]}` });
		await accept.waitFor();
		assert.match(
			(await page.locator("#legs + figure svg").getAttribute("aria-label")) ?? "",
			/; with the best quote (-?[\d,]+ at [\d,]+(, )?){4}$/,
		);
		await picture(page, "deals");
		await accept.click();
		await says("#deals-message", /Message \d+: all legs are traded\./);
		const sizes = new Map(world.exchange.live.queries.account(accounts[0])?.positions.map((one) => [one.series, one.size]));
		assert.deepEqual([sizes.get(first.series), sizes.get(second.series)], [50, -50]);
	});

	it("answers a request as a maker, by prices that the wallet signs", async () => {
		const deals = new Deals(connection, maker);
		const own = await deals.request([{ series, side: 0, size: 10 }], world.clock.now() + 60);
		const price = page.getByLabel(`price of ${nameOf(series)} for request ${own.request.rfq_id}`);
		await price.fill("0.05");
		await page.getByRole("button", { name: `sign a quote for request ${own.request.rfq_id}` }).click();
		await says("#deals-message", /is a multiple of/);
		await price.fill(String((mark + 2) / 10));
		await page.getByRole("button", { name: `sign a quote for request ${own.request.rfq_id}` }).click();
		await says("#deals-message", /Quote \d+ stands/);
		const [quote] = await deals.quotes(own);
		assert.deepEqual([quote.maker, quote.legs[0].price], [accounts[0], String((mark + 2) / 10)]);
		await says("#auctions caption", /No portfolio is under auction/);
	});

	it("draws the smile with what bid and ask say, and the term structure", async () => {
		await page.getByRole("link", { name: "Volatility" }).click();
		await page.locator("#smile svg polyline").waitFor({ state: "attached", timeout: 20_000 });
		await world.until("whiskers", async () => (await page.locator("#smile .whisker").count()) > 0);
		await page.locator("#term svg").waitFor();
		await picture(page, "volatility");
	});

	it("draws a dispute while it is played, down to the step that is proven", async () => {
		const { provider } = world.chain;
		const game = new GameChain(provider, world.deployment);
		const derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(world.home, "liar.leaves"),
			inbox: new L1InboxReader(provider, world.deployment, blobsAt(world.exchange.url)),
			genesis: Genesis.cells({
				domainSeparator: separatorOf(world.deployment, "Vault"),
				reporters: world.deployment.reporters,
				quorum: world.deployment.quorum,
				house: world.deployment.house,
			}),
		});
		let link: HonestChain.Link | undefined;
		await world.until("a place for a lie", async () => {
			await derived.sync();
			const honest = await HonestChain.follow(
				await game.look(),
				derived,
				game.parameters.height,
				await game.batchCount(),
				(parent, accumulator) => game.gameId(parent, accumulator),
			);
			// The first batch may hold little: it ends where it was cut.
			link = honest.links.find((one) => one.history.stepCount > 0);
			return link !== undefined;
		});
		const { history, start, parent } = link as HonestChain.Link;
		const sender = new TransactionManager({
			provider,
			wallet: testWallet(PLACES.liar),
			store: new MemoryStore(),
			log: openLog(join(world.home, "liar.log")),
		});
		const liar = new Liar(game, sender, await LyingHistory.tell(history, Math.floor(history.stepCount / 2), 1), start, parent);
		assert.equal((await liar.lie()).status, "mined");
		await page.getByRole("link", { name: "Rollup" }).click();
		world.exchange.challenger.start();
		let drawnUnderWay = 0;
		await world.until(
			"the dispute to end",
			async () => {
				await liar.play();
				const drawn = await page.locator(".dispute .edge.rivalled").count();
				const isProven = (await page.locator(".dispute .edge.proven").count()) > 0;
				if (drawn > 1 && !isProven) {
					drawnUnderWay += 1;
					if (drawnUnderWay === 1) await picture(page, "dispute-under-way");
				}
				if (isProven) await world.mine(3);
				return (await game.look()).assertions.get(liar.assertion)?.status === "rejected";
			},
			120,
		);
		await derived.close();
		assert.ok(drawnUnderWay > 0, "the tree was drawn before it was decided");
		await says(".dispute figcaption", /one step, number \d+, was proven on L1/);
		await says("#assertions tbody", /rejected/);
		await picture(page, "rollup");
	});

	it("shows every measure of fault tolerance, and what is not known as UNKNOWN", async () => {
		await page.getByRole("link", { name: "Fault tolerance" }).click();
		await says("#vitals", /deterrence\s+UNKNOWN/i);
		await says("#headline", /UNKNOWN|ALARM/);
		assert.equal(await page.locator("#vitals li.unknown .badge.ok").count(), 0);
		await page.locator("#vitals .spark").first().waitFor({ timeout: 20_000 });
		await picture(page, "vitals");
	});

	for (const theme of ["light", "dark"] as const) {
		it(`has no serious fault of accessibility on any page, ${theme}`, async () => {
			await page.getByLabel("Colours").selectOption(theme);
			const found: Record<string, string[]> = {};
			for (const name of ["Trade", "Portfolio", "Deals", "Volatility", "Rollup", "Fault tolerance"]) {
				await page.getByRole("link", { name }).click();
				await page.waitForTimeout(2500);
				const faultsThere = await seriousFaultsOf(page);
				if (faultsThere.length > 0) found[name] = faultsThere;
			}
			await ticketFilled();
			await picture(page, `trade-${theme}`);
			assert.deepEqual(found, {});
		});
	}

	it("is used by the keyboard alone: from the pages to a price, and into the ticket", async () => {
		await page.getByRole("link", { name: "Trade" }).click();
		await page.getByRole("button", { name: `order book of ${nameOf(series)}` }).waitFor();
		await page.getByRole("link", { name: "Trade" }).focus();
		let reached = "";
		for (let i = 0; i < 80 && !reached.includes("order book of"); i++) {
			await page.keyboard.press("Tab");
			reached = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
		}
		await page.keyboard.press("Enter");
		assert.equal(await page.locator("#chosen").innerText(), reached.slice(reached.indexOf("order book of ") + "order book of ".length));
	});

	it("fits a phone on every page: nothing but tables scrolls sideways", async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		for (const name of ["Trade", "Portfolio", "Deals", "Volatility", "Rollup", "Fault tolerance"]) {
			await page.getByRole("link", { name }).click();
			await page.waitForTimeout(1500);
			const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			assert.equal(overflow, 0, `${name} is wider than a phone`);
			if (name === "Trade") await ticketFilled();
			await picture(page, `phone-${name.toLowerCase().replace(" ", "-")}`);
		}
	});

	it("wrote no error to its console", () => {
		assert.deepEqual(faults, []);
	});
});
