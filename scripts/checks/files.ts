import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Folders that are generated or installed, at any depth. */
const SKIPPED = new Set([
	"node_modules",
	".git",
	"artifacts",
	"cache",
	"typechain-types",
	"dist",
	"coverage",
	"data",
	".install.lock",
	".compile.lock",
]);

/** Paths from the root, with forward slashes, sorted, of every file under `folder` with one of the endings; a folder that does not exist has none. */
export function filesUnder(folder: string, ...endings: string[]): string[] {
	const found: string[] = [];
	const visit = (directory: string) => {
		for (const entry of readdirSync(directory, { withFileTypes: true })) {
			if (entry.isDirectory()) {
				if (!SKIPPED.has(entry.name)) visit(join(directory, entry.name));
			} else if (endings.length === 0 || endings.some((ending) => entry.name.endsWith(ending))) {
				found.push(relative(ROOT, join(directory, entry.name)).split(sep).join("/"));
			}
		}
	};
	const start = join(ROOT, folder);
	if (existsSync(start)) visit(start);
	return found.sort();
}

/** The text of a file given by its path from the root. */
export function read(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}

/** Line of a character offset, from 1. */
export function lineAt(text: string, offset: number): number {
	let line = 1;
	for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line++;
	return line;
}
