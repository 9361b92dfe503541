import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";
import { executablePath, faultsOf, picture, skip } from "./browser.ts";

const WALLETS = [60, 61];
const PATIENCE_MS = 20_000;

describe("given the page in a browser", { skip }, () => {
	let world: World;
	let browser: Browser;
	let page: Page;
	/** What the page wrote to its console as errors, and what it could not load. */
	let faults: string[] = [];
	const traders: Trader[] = [];
	const connections: Connection[] = [];
	let series = 0;
	let address = "";

	before(async () => {
		world = await World.start(WALLETS);
		await world.listed();
		const accounts = await Promise.all(WALLETS.map((place) => world.bridge.fund(testWallet(place), 1_000_000_000_000n)));
		await world.until("the deposits", () => world.exchange.live.queries.accounts().length > WALLETS.length);
		for (const [i, place] of WALLETS.entries()) {
			const connection = await Connection.open(world.exchange.url);
			connections.push(connection);
			traders.push(await Trader.open(connection, testWallet(place), accounts[i]));
		}
		address = world.exchange.url.replace("ws://", "http://");
		// The call with the strike in the middle: worth something, and near the money.
		series = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0)[1].series;
		browser = await chromium.launch({ executablePath: executablePath as string, args: ["--no-sandbox"] });
		page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
		faults = faultsOf(page);
		await page.goto(address);
		await page.getByRole("button", { name: `order book of ${nameOf(series)}` }).click({ timeout: PATIENCE_MS });
	});

	after(async () => {
		await browser.close();
		for (const connection of connections) connection.close();
		await world.close();
	});

	/** Waits until a part of the page says something. */
	async function says(selector: string, pattern: RegExp): Promise<void> {
		let text = "";
		await world.until(`${selector} to say ${pattern}, and not: ${text}`, async () => {
			text = await page.locator(selector).innerText();
			return pattern.test(text);
		});
	}

	it("serves the icon under both of its names", async () => {
		for (const path of ["/favicon.svg", "/favicon.ico"]) {
			const response = await fetch(`${address}${path}`);
			assert.equal(response.status, 200);
			assert.match(response.headers.get("content-type") ?? "", /image\/svg/);
		}
	});

	it("shows the chain: every strike with its mark, and who leads", async () => {
		await says("#status", /Connection\s+live/);
		assert.equal(await page.locator("#chain tbody tr").count(), 3);
		assert.match(await page.locator("#chain tbody").innerText(), /\d+\.\d %/);
		assert.doesNotMatch(await page.locator("#status").innerText(), /UNKNOWN/);
	});

	it("moves its book as the exchange's moves, without being asked again", async () => {
		const price = 123;
		const ack = await traders[0].place({ series, side: 0, price, size: 250 });
		assert.equal(ack.result, "Rested");
		await says("#book tbody", /2\.5\s+12\.3/);
		await traders[0].cancel(series, 0, ack.order);
		await world.until("the level to go", async () => !(await page.locator("#book tbody").innerText()).includes("12.3"));
	});

	it("shows a trade, and how it climbs from ordered to confirmed", async () => {
		const price = Math.round((world.exchange.live.queries.ticker(series)?.mark ?? 0) / 100_000);
		await traders[0].place({ series, side: 0, price, size: 100 });
		const taken = await traders[1].place({ series, side: 1, price, size: 100, immediateOrCancel: true });
		assert.equal(taken.filled, 100);
		await says("#trades tbody", /ordered|posted/);
		world.exchange.proposer.start();
		world.exchange.challenger.start();
		await world.until("the record to be confirmed", async () => {
			await world.mine(3);
			return (world.exchange.finality.of(taken.sequence) as { rung: string }).rung === "confirmed";
		});
		await says("#trades tbody", /confirmed/);
	});

	for (const width of [1280, 390]) {
		it(`fits ${width} pixels: nothing but the chain scrolls sideways`, async () => {
			await page.setViewportSize({ width, height: 900 });
			const wide = await page.evaluate(() => {
				const outside = [...document.querySelectorAll("body *")]
					.filter(
						(element) =>
							element.closest(".scroll") === null && element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5,
					)
					.map((element) => `${element.tagName} ${element.id}`);
				const cramped = [...document.querySelectorAll("section")].flatMap((section) =>
					[...section.querySelectorAll(":scope > table")]
						.filter((table) => table.getBoundingClientRect().right > section.getBoundingClientRect().right + 0.5)
						.map((table) => `table ${table.id}`),
				);
				return { overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth, outside, cramped };
			});
			assert.deepEqual(wide, { overflow: 0, outside: [], cramped: [] });
			await picture(page, `page-${width}`);
		});
	}

	it("wrote no error to its console, and asked for nothing that is not there", () => {
		assert.deepEqual(faults, []);
	});
});
