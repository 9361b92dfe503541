// Derives a fixed chain from its store, as far as it lives, and prints each batch that is done. Its parent kills it.
import { writeSync } from "node:fs";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { fixedChain } from "./fixedChain.ts";
import { GENESIS } from "./world.ts";

const directory = process.argv[2];
const store = await openStore({ directory, genesis: "test" });
const chain = fixedChain();
const derived = await DerivedExecutor.open({
	store,
	leafFile: `${directory}/leaves`,
	inbox: chain,
	genesis: Genesis.cells(GENESIS),
	snapshotSteps: 50,
});
writeSync(1, `from ${derived.stepCount}\n`);
const total = await chain.batchCount();
for (let count = Math.max(1, derived.batchCount); count <= total; count++) {
	chain.show(count);
	await derived.sync();
	writeSync(1, `batch ${derived.batchCount} step ${derived.stepCount}\n`);
}
writeSync(1, "done\n");
