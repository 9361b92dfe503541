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
	if (path === "/page.js") return { type: TYPES.js, body: await script() };
	const file = normalize(join(folder, NAMED[path] ?? path));
	const type = TYPES[file.split(".").at(-1) ?? ""];
	if (!file.startsWith(folder) || !type) return undefined;
	try {
		return { type, body: await readFile(file) };
	} catch {
		return undefined;
	}
}

let bundled: Promise<string> | undefined;

/** The page's script, bundled from dashboard/src when the first browser asks for it. */
function script(): Promise<string> {
	bundled ??= (async () => {
		// Loaded when it is needed: a node that no browser asks starts without it.
		const { build } = await import("esbuild");
		const { outputFiles } = await build({
			entryPoints: [join(folder, "..", "src", "main.tsx")],
			bundle: true,
			write: false,
			format: "esm",
			target: "es2023",
			minify: true,
			legalComments: "inline",
			jsx: "automatic",
			jsxImportSource: "preact",
			logLevel: "silent",
		});
		return outputFiles[0].text;
	})();
	return bundled;
}
