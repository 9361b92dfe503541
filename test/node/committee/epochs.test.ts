import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { DEVNET } from "../../../src/chain/Deployment.ts";
import { Staking } from "../../../src/chain/Staking.ts";
import { memberPlace, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";

describe("given a committee whose epochs on L1 are short", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-epochs-"));
	const walletOf = (member: number) => testWallet(memberPlace(member, "sequencer"));
	let cluster: Cluster;
	before(async () => {
		cluster = await Cluster.start({
			...{ validators: 4, reporters: 1, directory, strikes: 1, turnSeconds: 1, parameters: { ...DEVNET, epochSeconds: 40 } },
		});
	});
	after(async () => {
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	const powers = async (member: number): Promise<Record<string, number>> =>
		Object.fromEntries((await cluster.committee(member)).members.map(({ address, power }) => [address, power]));

	it("gives a member the votes of its stake and lets another go when the next epoch begins, and L1 takes the certificates of those who stay", async () => {
		const staking = new Staking(cluster.provider, cluster.deployment);
		const [stays, leaves] = [walletOf(0), walletOf(3)];
		await staking.add(stays.connect(cluster.provider), stays.address, 5n * 10n ** 18n);
		await staking.leave(leaves.connect(cluster.provider));
		for (const member of [0, 1, 2])
			await cluster.until(`member ${member} to follow the epoch`, async () => {
				const now = await powers(member);
				return now[stays.address.toLowerCase()] === 15_000 && !(leaves.address.toLowerCase() in now);
			});
		const { height } = await cluster.committee(1);
		const agreed = async (): Promise<number> => (await cluster.call<{ batches_agreed: number }>(1, "public/get_status")).batches_agreed;
		const before = await agreed();
		await cluster.until("batches that three certified", async () => (await agreed()) >= before + 2);
		await cluster.until("checkpoints that three signed", async () => (await cluster.committee(1)).checkpoint_height > height);
		// It follows the order all the same, as anybody may.
		await cluster.until("the one that left to follow", async () => (await cluster.committee(3)).height > height);
		assert.equal((await cluster.committee(1)).members.length, 3);
	});
});
