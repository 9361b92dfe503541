// Orders and executes bundles whose messages follow from their height, and prints what it acknowledges. Its parent kills it.
import { writeSync } from "node:fs";
import * as Genesis from "../../src/executor/Genesis.ts";
import { Follower } from "../../src/executor/Follower.ts";
import { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { LocalOrderer } from "../../src/ordering/local/LocalOrderer.ts";
import { SystemClock } from "../../src/node/Clock.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { fixedChain } from "./fixedChain.ts";
import { SILENT, bundleMessages } from "./liveProcessParts.ts";
import { GENESIS } from "./world.ts";

const directory = process.argv[2];
const store = await openStore({ directory: `${directory}/store`, genesis: "test" });
const signer = { address: "0x", sign: async (digest: Uint8Array) => digest };
const orderer = await LocalOrderer.open({
	directory: `${directory}/log`,
	genesis: "test",
	store,
	signer,
	batchDigest: (_, content) => Keccak.hash(content),
});
const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS), checkpointBundles: 5 });
writeSync(1, `from ${live.height} of ${orderer.height}\n`);
const follower = new Follower({ live, orderer, inbox: fixedChain(1), clock: new SystemClock(), log: SILENT });
const stop = new AbortController();
void follower.run(stop.signal);
while (live.height < orderer.height) await new Promise((resolve) => setTimeout(resolve, 1));
for (;;) {
	const bundle = bundleMessages(orderer.height + 1);
	const ordered = await orderer.submit(bundle);
	const results = await follower.results(ordered.height);
	writeSync(1, `${ordered.height} ${results.map(({ final }) => final).join(",")} ${Bytes.toHex(live.stateRoot())}\n`);
}
