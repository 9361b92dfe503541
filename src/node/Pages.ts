import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { BlobArchive } from "../ports/Blobs.ts";
import type { Download, Page } from "../wire/Server.ts";
import * as Documents from "./Documents.ts";
import type { Health } from "./Health.ts";
import type { Shelf } from "./snapshots/Shelf.ts";

const folder = join(import.meta.dirname, "..", "..", "dashboard", "public");
const TYPES: Readonly<Record<string, string>> = {
	html: "text/html; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	svg: "image/svg+xml",
};

/** Paths that stand for a file of another name: browsers ask for the icon by the old one when a page is not theirs to read. */
const NAMED: Readonly<Record<string, string>> = { "/": "index.html", "/favicon.ico": "favicon.svg" };

/** What a browser, a monitor or another node gets: the page, the documents under /docs, /metrics, /livez, /readyz, of one role /readyz/ROLE, /archive/blobs/HASH and /archive/blobs/HASH/proof, /snapshots and /snapshots/ASSERTION. */
export async function serve(path: string, health: Health, archive?: BlobArchive, shelf?: Shelf): Promise<Page | Download | undefined> {
	const [, first, role] = path.split("/");
	if (first === "archive") return archive && archived(path, archive);
	if (first === "snapshots") return shelf?.page(path);
	if (path === "/metrics") return { type: "text/plain; version=0.0.4", body: await health.metrics() };
	if (path === "/livez") return { type: "text/plain", body: "ok\n" };
	if (first === "readyz") return health.page(role);
	if (first === "docs") return Documents.serve(path);
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

/** A blob as it is, or its commitment and proof (96 bytes) for who has no library to commit with. */
async function archived(path: string, archive: BlobArchive): Promise<Page | undefined> {
	const [, name, what] = /^\/archive\/blobs\/(0x[0-9a-f]{64})(\/proof)?$/.exec(path) ?? [];
	if (name === undefined) return undefined;
	const body = what === undefined ? archive.get(name) : await archive.proof(name);
	return body && { type: "application/octet-stream", body };
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
