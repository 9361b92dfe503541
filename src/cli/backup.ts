import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Command } from "commander";
import { lockDirectory } from "../store/DirectoryLock.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";

const MANIFEST = "backup.json";
const LOCK = "in-use";

type Manifest = { readonly takenAt: string; readonly files: Readonly<Record<string, string>> };

function filesUnder(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
		.filter((file) => file !== MANIFEST && !file.endsWith(LOCK))
		.sort();
}

const hashOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/**
 * Takes every store of the folder for this process while it is copied: what a node wrote meanwhile would be half in the copy. Returns the release; throws
 * StoreError IN_USE when a node runs on it.
 */
function lockStores(folder: string): () => void {
	if (!existsSync(folder)) throw new Failure(ExitCode.NotFound, `There is no folder ${folder}.`);
	const stores = readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.name === LOCK || entry.name === "data.mdb")
		.map((entry) => entry.parentPath);
	const releases: (() => void)[] = [];
	const release = (): void => releases.splice(0).forEach((one) => one());
	try {
		for (const store of new Set(stores)) releases.push(lockDirectory(store));
	} catch (error) {
		release();
		throw error;
	}
	return release;
}

function requireEmpty(folder: string): void {
	if (existsSync(folder) && readdirSync(folder).length > 0)
		throw new Failure(ExitCode.Usage, `${folder} is not empty: nothing is ever written over another node's data.`);
}

/** Copies into a folder beside the place, which is renamed at the end: there is a whole copy or none. */
function copyWhole(from: string, to: string, finish: (folder: string) => void): void {
	const under = `${to}.part`;
	rmSync(under, { recursive: true, force: true });
	mkdirSync(under, { recursive: true });
	for (const file of filesUnder(from)) cpSync(join(from, file), join(under, file));
	finish(under);
	rmSync(to, { recursive: true, force: true });
	renameSync(under, to);
}

async function backup(_: Context, __: Common, data: string, to: string): Promise<Answer> {
	requireEmpty(to);
	const release = lockStores(data);
	const files = filesUnder(data);
	try {
		copyWhole(data, to, (folder) => {
			const hashes = Object.fromEntries(files.map((file) => [file, hashOf(join(folder, file))]));
			const manifest: Manifest = { takenAt: new Date().toISOString(), files: hashes };
			writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, "\t")}\n`);
		});
	} finally {
		release();
	}
	return { text: `${files.length} files are in ${to}`, json: { files: files.length, to } };
}

async function restore(_: Context, __: Common, from: string, data: string): Promise<Answer> {
	requireEmpty(data);
	let manifest: Manifest;
	try {
		manifest = JSON.parse(readFileSync(join(from, MANIFEST), "utf8")) as Manifest;
	} catch (cause) {
		throw new Failure(ExitCode.NotFound, `${from} holds no backup: there is no ${MANIFEST} in it.`, cause);
	}
	const found = filesUnder(from);
	const wrong = [...new Set([...found, ...Object.keys(manifest.files)])].filter(
		(file) => !found.includes(file) || manifest.files[file] !== hashOf(join(from, file)),
	);
	if (wrong.length > 0)
		throw new Failure(ExitCode.Failed, `The backup is damaged: ${wrong.slice(0, 3).join(", ")}${wrong.length > 3 ? " and others" : ""}.`);
	copyWhole(from, data, () => undefined);
	return {
		text: `${found.length} files of ${manifest.takenAt} are in ${data}`,
		json: { files: found.length, takenAt: manifest.takenAt, data },
	};
}

export function backupCommands(): Command[] {
	return [
		does(
			new Command("backup")
				.description("copies the data of a node that is stopped, with a hash of every file")
				.argument("<data>", "its data folder")
				.argument("<to>", "an empty folder, or one that is not there yet"),
			backup,
		),
		does(
			new Command("restore")
				.description("puts a backup back, if every file is as it was")
				.argument("<from>", "folder of the backup")
				.argument("<data>", "an empty folder, or one that is not there yet"),
			restore,
		),
	];
}
