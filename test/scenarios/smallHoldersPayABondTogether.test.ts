import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { parseEther } from "ethers";
import { GameChain } from "../../src/chain/GameChain.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { openLog } from "../../src/node/Log.ts";
import { ProposerNode } from "../../src/node/ProposerNode.ts";
import type { Ended } from "../cli/strikeproof.ts";
import { strikeproof } from "../cli/strikeproof.ts";
import { World } from "../node/world.ts";

const PROPOSER = 70;
const CONTRIBUTORS = [71, 72] as const;
const PATIENCE_MS = 60_000;

async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
	for (const end = performance.now() + PATIENCE_MS; ; await pause(100)) {
		const found = await look();
		if (found !== undefined) return found;
		assert.ok(performance.now() < end, `${what} did not happen`);
	}
}

describe("SmallHoldersPayABondTogether", () => {
	let world: World;
	let proposer: ProposerNode;
	let folder = "";

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "strikeproof-pool-"));
		world = await World.start([...CONTRIBUTORS]);
		// Enough for gas, and not for a bond of 1 ETH.
		await world.chain.provider.send("hardhat_setBalance", [testWallet(PROPOSER).address, `0x${parseEther("0.2").toString(16)}`]);
		proposer = await ProposerNode.open({
			provider: world.chain.provider,
			deployment: world.deployment,
			wallet: testWallet(PROPOSER).connect(world.chain.provider),
			dataDirectory: folder,
			clock: world.clock,
			log: openLog(join(folder, "proposer.log")),
			pooled: true,
			blobs: { archives: [world.exchange.url.replace("ws:", "http:")] },
		});
		proposer.start();
	});
	after(async () => {
		await proposer.stop();
		await world.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const run = (key: number, ...args: string[]): Promise<Ended> =>
		strikeproof(["pool", ...args, "--json"], {
			STRIKEPROOF_HOME: world.home,
			LOCALHOST_RPC_URL: world.chain.url,
			STRIKEPROOF_KEY: `test/${key}`,
		});

	function refuses(ended: Ended, code: number, sentence: RegExp): void {
		assert.match(ended.error, sentence);
		assert.equal(ended.code, code);
	}

	it("asserts without a bond of the proposer's own, and gives every part back once it is confirmed", async () => {
		const assertion = await eventually(() => {
			const lines = readFileSync(join(folder, "proposer.log"), "utf8").split("\n").filter(Boolean);
			const waits = lines
				.map((line) => JSON.parse(line) as { msg: string; assertion: string })
				.find(({ msg }) => /waits for a pool/.test(msg));
			return waits?.assertion;
		}, "an assertion that wants a pool");
		const [first, second] = CONTRIBUTORS;
		refuses(await run(first, "show", "0x12"), 2, /64 hexadecimal digits/);
		refuses(await run(first, "show", `0x${"5".repeat(64)}`), 6, /Nobody made a pool/);
		refuses(await run(first, "join", assertion, "1.5"), 5, /takes 1 ETH more at most/);
		const joined = await run(first, "join", assertion, "0.7");
		assert.equal(joined.code, 0, joined.error);
		assert.equal(joined.json.missing_wei, String(parseEther("0.3")));
		refuses(await run(second, "leave", assertion), 6, /has no part of the pool/);
		refuses(await run(first, "claim", assertion), 5, /takeBack was refused: NotBonded/);
		const noticed = await run(first, "leave", assertion);
		assert.ok((noticed.json.leaves_at_block as number) > 300, noticed.error);
		refuses(await run(first, "leave", assertion), 5, /may leave from block/);
		assert.equal((await run(second, "join", assertion, "0.3")).code, 0);
		await eventually(async () => ((await run(first, "show", assertion)).json.is_in_use === true ? true : undefined), "the assertion");
		const game = new GameChain(world.chain.provider, world.deployment);
		assert.equal((await game.look()).assertions.get(assertion)?.asserter.toLowerCase(), joined.json.pool);
		world.exchange.challenger.start();
		await eventually(async () => {
			await world.chain.mine(10);
			return (await game.look()).assertions.get(assertion)?.status === "confirmed" ? true : undefined;
		}, "the confirmation");
		for (const [place, amount] of [
			[first, "0.7"],
			[second, "0.3"],
		] as const) {
			const claimed = await run(place, "claim", assertion);
			assert.equal(claimed.json?.claimed_wei, String(parseEther(amount)), claimed.error);
		}
		refuses(await run(first, "claim", assertion), 6, /has no part/);
	});
});
