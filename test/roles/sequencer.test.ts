import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Follower } from "../../src/executor/Follower.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import { LocalOrderer } from "../../src/ordering/local/LocalOrderer.ts";
import { Sequencer } from "../../src/roles/sequencer/Sequencer.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import { MemoryChain } from "../executor/memoryChain.ts";
import { GENESIS, START } from "../executor/world.ts";

const directory = mkdtempSync(join(tmpdir(), "strikeproof-sequencer-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** LIMIT: how long a sequencer may take to look at L1. */
const PATIENCE_MS = 10_000;

/** A sequencer on an L1 whose messages become final three blocks later; `looks` counts how often it asked how many are. */
async function open() {
	const chain = new MemoryChain();
	chain.finalityBlocks = 3;
	let looks = 0;
	const inbox = new Proxy(chain, {
		get(target, property) {
			if (property === "finalMessageCount") looks += 1;
			const value: unknown = Reflect.get(target, property, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	const signer = { address: "0x", sign: async (digest: Uint8Array) => digest };
	const store = new MemoryStore();
	const orderer = await LocalOrderer.open({ directory, genesis: "test", store, signer, batchDigest: (_, hash) => hash });
	const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS), checkpointBundles: 1 });
	const clock = { now: () => START, sleep: (ms: number, signal?: AbortSignal) => pause(ms, undefined, { signal }).catch(() => undefined) };
	const follower = new Follower({ live, orderer, inbox, clock, log: SILENT });
	const stop = new AbortController();
	const following = follower.run(stop.signal);
	const domain = new Uint8Array(32);
	const sequencer = new Sequencer({
		orderer,
		live,
		follower,
		inbox,
		signer,
		clock,
		log: SILENT,
		metrics: { set: () => undefined, add: () => undefined, observe: () => undefined },
		userDomain: domain,
		receiptDomain: domain,
	});
	sequencer.start();
	const until = async (holds: () => boolean, what: string): Promise<void> => {
		for (const end = performance.now() + PATIENCE_MS; !holds(); await pause(20)) assert.ok(performance.now() < end, what);
	};
	return {
		chain,
		live,
		until,
		/** Returns once the sequencer has looked at L1 as it is now. */
		async hasLooked(): Promise<void> {
			const before = looks;
			await until(() => looks >= before + 2, "the sequencer does not look at L1");
		},
		async close(): Promise<void> {
			await sequencer.stop();
			stop.abort();
			await following;
			await live.close();
			await orderer.close();
		},
	};
}

describe("given a deposit in a block of L1 that may still be reorganised", () => {
	it("waits, and credits what L1 settled on: an order that L1 can take back is no order", async () => {
		const { chain, live, until, hasLooked, close } = await open();
		try {
			const first = "0x00000000000000000000000000000000000000a1";
			const second = "0x00000000000000000000000000000000000000b2";
			chain.send(DEPOSIT_KIND, Encoding.deposit(1, first, 5_000_000), START);
			await hasLooked();
			assert.equal(live.l1Index, 0, "it took a message that is not final");
			chain.reorganise(0, 0);
			chain.send(DEPOSIT_KIND, Encoding.deposit(1, second, 7_000_000), START);
			await hasLooked();
			assert.equal(live.l1Index, 0, "it took a message that is not final");
			chain.mine(3);
			await until(() => live.l1Index === 1, "it does not take a final message");
			assert.equal(live.queries.account(1)?.owner, second);
			assert.equal(live.queries.account(1)?.cash, 7_000_000);
		} finally {
			await close();
		}
	});
});
