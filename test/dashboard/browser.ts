// What the page's tests share: where a browser is, and how its faults are gathered.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
export const skip = executablePath === undefined && "no Chromium is installed here: apt-get install chromium, or name one in CHROMIUM";

/** What the page writes to its console as errors, and what it cannot load. */
export function faultsOf(page: Page): string[] {
	const faults: string[] = [];
	page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
	page.on("pageerror", (error) => faults.push(error.message));
	page.on("response", (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`));
	return faults;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Faults of accessibility that are serious, by axe. */
export async function seriousFaultsOf(page: Page): Promise<string[]> {
	await page.evaluate(AXE);
	type Found = { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
	const { violations } = await page.evaluate<Found>("axe.run(document, { resultTypes: ['violations'] })");
	return violations
		.filter(({ impact }) => impact === "serious" || impact === "critical")
		.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

/** A picture of the page in the folder that SCREENSHOTS names, if it names one. */
export async function picture(page: Page, name: string): Promise<void> {
	const folder = process.env.SCREENSHOTS;
	if (!folder) return;
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
