// npm run comet:build: CometBFT, the engine of a committee, built from the version and the sums that tools/go.mod and tools/go.sum pin, with one number mended. The binary
// goes to tools/bin, which git ignores. Needs Go 1.25 or newer; without it the exchange runs with one sequencer as before.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../checks/files.ts";

const ENGINE = "github.com/cometbft/cometbft";
/**
 * The engine's connection to its application sends what waits after this long. The number is meant in milliseconds and taken for nanoseconds, so that a timer runs
 * without a pause whenever the connection is busy: a quarter of an engine's processor time on two busy cores, by its profile (docs/decisions/0010).
 */
const MEND = { file: join("abci", "client", "socket_client.go"), from: "flushThrottleMS = 20 ", to: "flushThrottleMS = 1_000_000 " };

const tools = join(ROOT, "tools");
const binary = join(tools, "bin", "cometbft");
/** Always the same place, and named from `tools`, because the binary remembers it. */
const work = join(tools, "bin", "build");
const source = join(work, "cometbft");

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(1);
}

/** What Go prints. Its own errors go to the terminal. */
function go(args: readonly string[]): string {
	const { error, status, stdout } = spawnSync("go", args, {
		cwd: tools,
		// No C compiler is needed.
		env: { ...process.env, CGO_ENABLED: "0" },
		stdio: ["ignore", "pipe", "inherit"],
		encoding: "utf8",
	});
	if (error) fail("Go is not installed: install Go 1.25 or newer (https://go.dev/dl) and try again. Only a committee needs it.");
	if (status !== 0) process.exit(status ?? 1);
	return stdout;
}

/** Copies the engine's source and mends the number. Go has held what is copied against go.sum. */
function mend(): void {
	const { Dir: pinned } = JSON.parse(go(["mod", "download", "-json", ENGINE])) as { Dir: string };
	cpSync(pinned, source, { recursive: true });
	const file = join(source, MEND.file);
	const text = readFileSync(file, "utf8");
	if (text.split(MEND.from).length !== 2)
		fail(
			`${MEND.file} of the pinned ${ENGINE} has no "${MEND.from.trim()}", or several: look whether it is mended there, and change this script.`,
		);
	// Go keeps sources so that nobody can write them.
	chmodSync(file, 0o644);
	writeFileSync(file, text.replace(MEND.from, MEND.to));
}

rmSync(work, { recursive: true, force: true });
process.once("exit", () => rmSync(work, { recursive: true, force: true }));
mkdirSync(work, { recursive: true });
mend();
const pins = join(work, "go.mod");
for (const name of ["go.mod", "go.sum"]) copyFileSync(join(tools, name), join(work, name));
go(["mod", "edit", `-replace=${ENGINE}=./${relative(tools, source)}`, pins]);
// No path of the building machine gets into the binary.
go(["build", "-mod=readonly", `-modfile=${pins}`, "-trimpath", "-o", binary, `${ENGINE}/cmd/cometbft`]);
console.log(`${binary} is built.`);
