// Every command that a document shows in a block of `sh` is executed here, against a running exchange, or is one that CI runs as a step of its own. A
// command that is neither fails this test, so a document cannot show what nobody tried.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { filesUnder } from "../../scripts/checks/files.ts";
import { program } from "../../src/cli/program.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CI = readFileSync(join(ROOT, ".ci", "run"), "utf8");

type Shown = { readonly file: string; readonly command: string };

const documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md", ...filesUnder("docs", ".md")];

/** Lines of all blocks of `sh`, without what they say behind #. */
const shown: Shown[] = documents.flatMap((file) =>
	[...readFileSync(join(ROOT, file), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
		String(block)
			.split("\n")
			.map((line) => line.replace(/\s+#.*$/, "").trim())
			.filter((line) => line !== "")
			.map((command) => ({ file, command })),
	),
);

/** What CI runs as a step of its own, and what its script calls it. */
const STEPS: Readonly<Record<string, string>> = {
	"npm start": "npm start --silent -- --once --json",
	"npm test": "npm test --silent",
	"npm run build": "npm run --silent check",
	"npm run comet:build": "npm run --silent comet:build",
	"npm run committee": "npm run --silent committee --",
};

/** Commands that go on until they are told to stop: what they say when they are at work. */
const STAYS: readonly (readonly [pattern: RegExp, isAtWork: RegExp])[] = [
	[/ node --role challenger /, /challenger runs;/],
	[/ challenger --watch /, /watching|agree/i],
];

/** Shown to be read, on machines that are not this one: another test runs the same with its own addresses. */
const ELSEWHERE: readonly (readonly [pattern: RegExp, test: string])[] = [
	[/^git clone /, ".ci/run"],
	[/challenger --watch --network sepolia/, "test/scenarios/strangerWatchesWithoutAKey.test.ts"],
	[/node --role sequencer --engine comet/, "test/scenarios"],
];

type Ended = { readonly code: number; readonly said: string };

describe("given the commands of the documents, and a running exchange", () => {
	let world: World;
	let home = "";
	let path = "";
	let environment: Record<string, string> = {};
	let instrument = "";

	before(async () => {
		world = await World.start([0, 60]);
		await world.listed();
		const [first] = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0);
		instrument = nameOf(first.series);
		home = mkdtempSync(join(tmpdir(), "strikeproof-docs-"));
		// The same command lines, without the launcher that would look for changed contracts before each.
		const node = process.execPath;
		path = join(home, "bin");
		mkdirSync(path);
		const shim = (name: string, body: string): void => {
			writeFileSync(join(path, name), `#!/bin/sh\n${body}\n`);
			chmodSync(join(path, name), 0o755);
		};
		shim(
			"npx",
			`what=$1; shift
case $what in
strikeproof) exec "${node}" "${join(ROOT, "src/cli/main.ts")}" "$@" ;;
hardhat) cd "${ROOT}" && exec "${node}" "${join(ROOT, "node_modules/hardhat/dist/src/cli.js")}" "$@" ;;
*) echo "npx $what is not known here"; exit 1 ;;
esac`,
		);
		shim("node", `exec "${node}" "$@"`);
		const store = await openStore({ directory: join(home, "data", "localhost", "sequencer", "live"), genesis: `0x${"11".repeat(32)}` });
		await store.close();
		writeFileSync(join(home, "password"), "correct horse battery\n");
		environment = {
			PATH: `${path}:${process.env.PATH}`,
			HOME: home,
			STRIKEPROOF_HOME: world.home,
			STRIKEPROOF_API_URL: world.exchange.url,
			STRIKEPROOF_URL: world.exchange.url,
			STRIKEPROOF_L1: world.chain.url,
			STRIKEPROOF_DEPLOYMENT: join(world.home, "deployments", "embedded.json"),
			LOCALHOST_RPC_URL: world.chain.url,
			SEPOLIA_RPC_URL: world.chain.url,
			STRIKEPROOF_PASSWORD_FILE: join(home, "password"),
			HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
		};
	});

	after(async () => {
		await world.close();
		rmSync(home, { recursive: true, force: true });
	});

	/** A document's command as it is on this machine: what stands there for a reader's own is put in. */
	function here(command: string): string {
		return command
			.replace(/\b(?:ETH|BTC)-\d{1,2}[A-Z]{3}\d\d-\d+-[CP]\b/g, instrument)
			.replaceAll("0x…", testWallet(70).address)
			.replace("--network sepolia", "--network localhost")
			.replace("http://127.0.0.1:8547", world.exchange.url.replace("ws:", "http:"))
			.replace(/^node examples\//, `node ${join(ROOT, "examples")}/`);
	}

	async function run(command: string, variables: Record<string, string>, stopsAt?: RegExp): Promise<Ended> {
		const child = spawn(
			"sh",
			["-c", stopsAt ? `exec ${command.replace(/^npx strikeproof/, `"${process.execPath}" "${join(ROOT, "src/cli/main.ts")}"`)}` : command],
			{
				cwd: home,
				env: { ...environment, ...variables },
			},
		);
		let said = "";
		let isStopped = false;
		const take = (chunk: Buffer): void => {
			said += String(chunk);
			if (stopsAt?.test(said) && !isStopped) isStopped = child.kill("SIGTERM");
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		const timer = setTimeout(() => child.kill("SIGKILL"), 240_000);
		const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? -1)));
		clearTimeout(timer);
		return { code, said };
	}

	it("has commands to try", () => {
		assert.ok(shown.length > 20, `${shown.length} commands`);
	});

	for (const file of [...new Set(shown.map((one) => one.file))]) {
		it(`executes what ${file} shows`, async () => {
			const variables: Record<string, string> = {};
			for (const { command } of shown.filter((one) => one.file === file)) {
				const exported = /^export (\w+)=(\S+)$/.exec(command);
				if (exported) {
					variables[String(exported[1])] = String(exported[2]);
					continue;
				}
				const step = Object.entries(STEPS).find(([start]) => command === start || command.startsWith(`${start} `));
				if (step) {
					assert.ok(CI.includes(step[1]), `.ci/run has ${step[1]}`);
					continue;
				}
				const elsewhere = ELSEWHERE.find(([pattern]) => pattern.test(command));
				if (elsewhere) continue;
				if (/ restore /.test(command)) rmSync(join(home, "data", "localhost", "sequencer"), { recursive: true });
				// A deployment is recorded in a home of its own: this exchange's stays.
				if (/ deploy /.test(command)) variables.STRIKEPROOF_HOME = join(home, "deployer");
				if (/ deploy /.test(command) && !variables.STRIKEPROOF_KEY) variables.STRIKEPROOF_KEY = "test/0";
				const stays = STAYS.find(([pattern]) => pattern.test(command));
				const { code, said } = await run(here(command), variables, stays?.[1]);
				assert.equal(code, 0, `${command}\n${said}`);
			}
		});
	}

	it("left the record of this exchange's own deployment alone", () => {
		assert.deepEqual(Deployments.load(world.home, "embedded"), world.deployment);
	});
});

describe("given the commands that documents name in their sentences", () => {
	it("knows each command of strikeproof, and the options that stand behind it", () => {
		let count = 0;
		for (const file of documents) {
			for (const [, words] of readFileSync(join(ROOT, file), "utf8").matchAll(/`npx strikeproof ([^`\n]+)`/g)) {
				let command = program;
				for (const word of String(words).split(/\s+/)) {
					if (word === "…" || word === "COMMAND") break;
					if (word.startsWith("--")) {
						const name = word.split("=")[0];
						const isKnown = [...command.options, ...program.options].some(({ long }) => long === name) || name === "--help";
						assert.ok(isKnown, `${file}: "npx strikeproof ${words}" has no ${name}`);
						continue;
					}
					const child = command.commands.find((one) => one.name() === word);
					if (child) command = child;
					else assert.ok(command !== program, `${file}: there is no "npx strikeproof ${word}"`);
				}
				count += 1;
			}
		}
		assert.ok(count > 10, `${count} commands`);
	});
});
