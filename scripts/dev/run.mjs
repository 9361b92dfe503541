// Runs a TypeScript entry of this repository on a fresh machine that has Node 20 (or newer) and npm, nothing else: installs the packages,
// compiles the contracts when their sources changed, and starts the entry on the Node that the packages bring.
// Progress goes to standard error, so that an entry's standard output stays its own. This file alone must run on any Node.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
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

/** Holds a lock directory while `work` runs, so that two commands started together do not install or compile over each other. */
function locked(name, work) {
	const lock = join(root, `.${name}.lock`);
	for (let waited = 0; ; waited++) {
		try {
			mkdirSync(lock);
			break;
		} catch (error) {
			if (error.code === "EACCES" || error.code === "EROFS") fail(`This folder cannot be written (${error.code}): run from a folder that is yours.`);
			if (error.code !== "EEXIST") throw error;
			if (Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs > 600_000) rmSync(lock, { recursive: true, force: true });
			if (waited === 0) say(`Waiting for another command that is busy with the same ${name} …`);
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
		}
	}
	const release = () => rmSync(lock, { recursive: true, force: true });
	process.once("exit", release);
	try {
		work();
	} finally {
		process.removeListener("exit", release);
		release();
	}
}

/** The node binary that runs TypeScript: the one from the packages, or the present one when it is new enough. */
function nodeBinary() {
	const bundled = join(modules, ".bin", process.platform === "win32" ? "node.cmd" : "node");
	if (existsSync(bundled)) return bundled;
	const [major, minor] = process.versions.node.split(".").map(Number);
	if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
	return fail(`No prebuilt Node 24 came with the packages for ${process.platform}-${process.arch}: install Node 24 or newer and run this again.`);
}

function npm(args, nodeDirectory) {
	const npmScript = process.env.npm_execpath;
	const viaNode = npmScript && /npm-cli\.js$/.test(npmScript);
	const path = nodeDirectory ? `${nodeDirectory}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}` : process.env.PATH;
	const [command, all] = viaNode ? [process.execPath, [npmScript, ...args]] : ["npm", args];
	return spawnSync(command, all, { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, PATH: path }, shell: !viaNode && process.platform === "win32" });
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
		writeFileSync(stamp, wanted);
	});
}

function compile(node) {
	const stamp = join(root, "artifacts", ".strikeproof-compiled");
	const wanted = hashOf([...filesUnder(join(root, "contracts")), join(root, "hardhat.config.ts"), join(root, "package-lock.json")]);
	if (stampIs(stamp, wanted)) return;
	locked("compile", () => {
		if (stampIs(stamp, wanted)) return;
		say("Compiling contracts (when they changed; about a minute) …");
		const result = spawnSync(node, [join(modules, "hardhat", "dist", "src", "cli.js"), "build", "--quiet"], { cwd: root, stdio: ["ignore", 2, 2] });
		if (result.status !== 0) fail("The contracts do not compile: the compiler's message is above.");
		writeFileSync(stamp, wanted);
	});
}

install();
const node = nodeBinary();
compile(node);
const [entry, ...rest] = process.argv.slice(2);
if (entry === "--build") process.exit(0);
if (!entry) fail("Usage: node scripts/dev/run.mjs <entry.ts> [arguments]");
const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, entry), ...rest], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 128 + ({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGKILL: 9 }[signal] ?? 1) : code));
