import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asyncApi, openRpc } from "./api/documents.ts";
import { reference } from "./api/reference.ts";
import { vectors } from "./api/vectors.ts";
import type { Finding } from "./Finding.ts";
import { read, ROOT } from "./files.ts";

/** What is written from code, and by what. */
const WRITTEN: Readonly<Record<string, () => object | string>> = {
	"docs/api/openrpc.json": openRpc,
	"docs/api/asyncapi.json": asyncApi,
	"docs/api/vectors.json": vectors,
	"docs/api/reference.md": reference,
};

/** Whether the API's documents are what the schemas say today; writes them when told to. */
export function apiDocuments(update: boolean): Finding[] {
	const found: Finding[] = [];
	for (const [file, make] of Object.entries(WRITTEN)) {
		const made = make();
		const text = typeof made === "string" ? made : `${JSON.stringify(made, null, "\t")}\n`;
		if (existsSync(join(ROOT, file)) && read(file) === text) continue;
		if (!update) found.push({ file, message: "is not what the schemas say: `npm run docs` writes it." });
		else {
			mkdirSync(dirname(join(ROOT, file)), { recursive: true });
			writeFileSync(join(ROOT, file), text);
		}
	}
	return found;
}
