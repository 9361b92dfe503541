// npm run comet:build: CometBFT, the engine of a committee, built from the version and the sums that tools/go.mod and tools/go.sum pin. The binary goes
// to tools/bin, which git ignores. Needs Go 1.25 or newer; without it the exchange runs with one sequencer as before.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../checks/files.ts";

const tools = join(ROOT, "tools");
const binary = join(tools, "bin", "cometbft");
mkdirSync(join(tools, "bin"), { recursive: true });
// No C compiler is needed, and no path of the building machine gets into the binary.
const built = spawnSync("go", ["build", "-mod=readonly", "-trimpath", "-o", binary, "github.com/cometbft/cometbft/cmd/cometbft"], {
	cwd: tools,
	env: { ...process.env, CGO_ENABLED: "0" },
	stdio: "inherit",
});
if (built.error) {
	console.error("Go is not installed: install Go 1.25 or newer (https://go.dev/dl) and try again. Only a committee needs it.");
	process.exit(1);
}
if (built.status === 0) console.log(`${binary} is built.`);
process.exit(built.status ?? 1);
