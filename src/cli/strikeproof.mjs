#!/usr/bin/env node
// `strikeproof`, under the Node that the packages bring.
process.argv.splice(2, 0, "src/cli/main.ts");
await import("../../scripts/dev/run.mjs");
