// Published figures that stand beside the repository and are no part of it: tests use them in place, and skip with a sentence where they are absent.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

export type SharedData = {
	/** False, or the sentence with which a test is skipped. */
	readonly missing: string | false;
	/** The file's text. Throws where it is missing. */
	readonly text: () => string;
};

/** A file of `../shared/data` seen from the main working tree, or of the folder that STRIKEPROOF_DATA names. */
export function sharedData(name: string): SharedData {
	const file = [process.env.STRIKEPROOF_DATA, join(ROOT, "..", "shared", "data"), besideMainTree()]
		.filter((folder) => folder !== undefined)
		.map((folder) => join(folder, name))
		.find((candidate) => existsSync(candidate));
	return {
		missing: file ? false : `${name} is not in ../shared/data, nor where STRIKEPROOF_DATA points: nothing to compare with.`,
		text: () => readFileSync(file ?? name, "utf8"),
	};
}

/** A linked working tree may stand anywhere; the data stand beside the one it belongs to. */
function besideMainTree(): string | undefined {
	try {
		const git = execFileSync("git", ["rev-parse", "--path-format=absolute", "--git-common-dir"], {
			cwd: ROOT,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		});
		return join(dirname(git.trim()), "..", "shared", "data");
	} catch {
		return undefined;
	}
}
