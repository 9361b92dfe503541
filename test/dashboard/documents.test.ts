import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { BASE, files, pathOf, serve } from "../../src/node/Documents.ts";
import { executablePath, faultsOf, picture, seriousFaultsOf, skip } from "./browser.ts";

const PAGES = files()
	.filter((file) => file.endsWith(".md"))
	.map((file) => `${BASE}/${pathOf(file)}`);

describe("given the site of the documents in a browser", { skip }, () => {
	let server: Server;
	let browser: Browser;
	let page: Page;
	let address = "";
	let faults: string[] = [];

	before(async () => {
		server = createServer((request, response) => {
			void serve(new URL(request.url ?? "/", "http://localhost").pathname).then((found) => {
				response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
				response.end(found?.body);
			});
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		browser = await chromium.launch({ executablePath: executablePath as string, args: ["--no-sandbox"] });
		page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
		// A browser asks for it by itself, and the dashboard serves it.
		await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
		faults = faultsOf(page);
	});

	after(async () => {
		await browser.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});

	for (const colorScheme of ["light", "dark"] as const)
		it(`has no serious fault of accessibility in any document, ${colorScheme}`, async () => {
			await page.emulateMedia({ colorScheme });
			const found: Record<string, string[]> = {};
			for (const path of PAGES) {
				await page.goto(address + path, { waitUntil: "load" });
				const there = await seriousFaultsOf(page);
				if (there.length > 0) found[path] = there;
				if (path === `${BASE}/index.html`) await picture(page, `documents-${colorScheme}`);
			}
			assert.deepEqual(found, {});
		});

	it("fits a phone in every document: nothing but tables and code scrolls sideways", async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		const wide: Record<string, number> = {};
		for (const path of PAGES) {
			await page.goto(address + path, { waitUntil: "load" });
			const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			if (overflow > 0) wide[path] = overflow;
			if (path === `${BASE}/index.html`) await picture(page, "documents-phone");
		}
		assert.deepEqual(wide, {});
	});

	it("wrote no error to its console, and asked for nothing that is not there", () => {
		assert.deepEqual(faults, []);
	});
});
