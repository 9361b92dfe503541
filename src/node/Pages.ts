import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { PrometheusMetrics } from "./Metrics.ts";

const folder = join(import.meta.dirname, "..", "..", "dashboard", "public");
const TYPES: Readonly<Record<string, string>> = {
	html: "text/html; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	svg: "image/svg+xml",
};

/** Paths that stand for a file of another name: browsers ask for the icon by the old one when a page is not theirs to read. */
const NAMED: Readonly<Record<string, string>> = { "/": "index.html", "/favicon.ico": "favicon.svg" };

/** What a browser or a monitor gets: the page, and /metrics, /livez. */
export async function serve(path: string, metrics: PrometheusMetrics): Promise<{ type: string; body: string | Uint8Array } | undefined> {
	if (path === "/metrics") return { type: "text/plain; version=0.0.4", body: await metrics.text() };
	if (path === "/livez") return { type: "text/plain", body: "ok\n" };
	const file = normalize(join(folder, NAMED[path] ?? path));
	const type = TYPES[file.split(".").at(-1) ?? ""];
	if (!file.startsWith(folder) || !type) return undefined;
	try {
		return { type, body: await readFile(file) };
	} catch {
		return undefined;
	}
}
