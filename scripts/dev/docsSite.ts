// npm run docs:site [-- FOLDER]: the documents as a site of files (dist/docs unless said otherwise), the same that a node serves under /docs. The folder is to be
// served under /docs as well: `npx http-server dist`, for one.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { BASE, files, pathOf, serve } from "../../src/node/Documents.ts";

const [argument, ...more] = process.argv.slice(2);
if (more.length > 0 || argument?.startsWith("-")) {
	process.stderr.write("Usage: npm run docs:site -- [FOLDER]\n");
	process.exit(argument === "--help" ? 0 : 2);
}
const folder = resolve(argument ?? join(import.meta.dirname, "..", "..", "dist", "docs"));
const paths = [...files().map((file) => pathOf(file) as string), "site.css"];
for (const path of paths) {
	const page = await serve(`${BASE}/${path}`);
	if (!page) throw new Error(`${path} is not on the site, but listed.`);
	mkdirSync(dirname(join(folder, path)), { recursive: true });
	writeFileSync(join(folder, path), page.body);
}
process.stdout.write(`${paths.length} files are in ${folder}.\n`);
