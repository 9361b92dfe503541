// npm run geth:build: Geth, one of the L1 clients that the deployment is tried against, built from the version and the sums that tools/geth pins. The binary
// goes to tools/bin, which git ignores. Needs Go 1.25 or newer; without it that trial is skipped.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../checks/files.ts";

const binary = join(ROOT, "tools", "bin", "geth");
mkdirSync(join(ROOT, "tools", "bin"), { recursive: true });
// No C compiler is needed, and no path of the building machine gets into the binary.
const built = spawnSync("go", ["build", "-mod=readonly", "-trimpath", "-o", binary, "github.com/ethereum/go-ethereum/cmd/geth"], {
	cwd: join(ROOT, "tools", "geth"),
	env: { ...process.env, CGO_ENABLED: "0" },
	stdio: "inherit",
});
if (built.error) {
	console.error("Go is not installed: install Go 1.25 or newer (https://go.dev/dl) and try again. Only a trial against Geth needs it.");
	process.exit(1);
}
if (built.status === 0) console.log(`${binary} is built.`);
process.exit(built.status ?? 1);
