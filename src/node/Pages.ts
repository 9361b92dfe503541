import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Page } from "../wire/Server.ts";
import type { Health } from "./Health.ts";

const folder = join(import.meta.dirname, "..", "..", "dashboard", "public");
const TYPES: Readonly<Record<string, string>> = {
	html: "text/html; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	svg: "image/svg+xml",
};

/** Paths that stand for a file of another name: browsers ask for the icon by the old one when a page is not theirs to read. */
const NAMED: Readonly<Record<string, string>> = { "/": "index.html", "/favicon.ico": "favicon.svg" };

/** What a browser or a monitor gets: the page, and /metrics, /livez, /readyz, and of one role /readyz/ROLE. */
export async function serve(path: string, health: Health): Promise<Page | undefined> {
	const [, first, role] = path.split("/");
	if (path === "/metrics") return { type: "text/plain; version=0.0.4", body: await health.metrics() };
	if (path === "/livez") return { type: "text/plain", body: "ok\n" };
	if (first === "readyz") return health.page(role);
	const file = normalize(join(folder, NAMED[path] ?? path));
	const type = TYPES[file.split(".").at(-1) ?? ""];
	if (!file.startsWith(folder) || !type) return undefined;
	try {
		return { type, body: await readFile(file) };
	} catch {
		return undefined;
	}
}
