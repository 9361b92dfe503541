import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Contract, JsonRpcSigner } from "ethers";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { codecOf } from "../../../src/chain/Contracts.ts";
import { DEVNET } from "../../../src/chain/Deployment.ts";
import { Staking } from "../../../src/chain/Staking.ts";
import { memberPlace, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";
const MEMBER = 2;

describe("given a committee that somebody joins over an empty folder", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-join-"));
	const addressOf = (member: number): string => testWallet(memberPlace(member, "sequencer")).address.toLowerCase();
	let cluster: Cluster;
	let newcomer: number;
	before(async () => {
		cluster = await Cluster.start({
			...{ validators: 4, reporters: 1, directory, strikes: 1, turnSeconds: 1, parameters: { ...DEVNET, epochSeconds: 20 } },
		});
	});
	after(async () => {
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	/** Whether a member's commits count somebody's vote, as another member tells. */
	const votes = async (member: number, seenBy: number): Promise<boolean> =>
		(await cluster.committee(seenBy)).members.some(({ address, state }) => address === addressOf(member) && state === "present");

	it("follows the order before it has a voice, and votes from the epoch on in which L1 counts its stake", async () => {
		newcomer = await cluster.join();
		await cluster.until("the newcomer to follow", async () => {
			const { height, silent_because: reason } = await cluster.committee(newcomer);
			return height > 0 && reason !== null;
		});
		const { contracts } = cluster.deployment;
		// Governance waits for a month; what it does then is done here at once.
		await cluster.provider.send("hardhat_impersonateAccount", [contracts.Timelock]);
		await cluster.provider.send("hardhat_setBalance", [contracts.Timelock, `0x${(10n ** 18n).toString(16)}`]);
		const governor = new JsonRpcSigner(cluster.provider, contracts.Timelock);
		const registry = new Contract(contracts.StakeRegistry, codecOf("StakeRegistry"), governor);
		await (await registry.setStanding(addressOf(newcomer), MEMBER)).wait();
		const wallet = testWallet(memberPlace(newcomer, "sequencer")).connect(cluster.provider);
		await new Staking(cluster.provider, cluster.deployment).add(
			wallet,
			wallet.address,
			BigInt(cluster.deployment.parameters.validatorStake),
		);
		await cluster.until("the others to count its votes", () => votes(newcomer, 0));
		assert.equal((await cluster.committee(newcomer)).silent_because, null);
	});

	it("brings back a founder of whose folder nothing is left, and the two carry the order and its state when another is gone", async () => {
		const lost = 3;
		await cluster.stop(`member/${lost}`, "SIGKILL");
		rmSync(cluster.directoryOf(`member/${lost}`), { recursive: true });
		cluster.run(`member/${lost}`);
		await cluster.until("it to follow", async () => (await cluster.committee(lost)).silent_because !== null);
		await cluster.until("it to vote", async () => (await cluster.committee(lost)).silent_because === null && (await votes(lost, 0)));
		await cluster.stop("member/0", "SIGKILL");
		// Four of five are left, so that nothing is decided and no state is signed without both.
		const { height } = await cluster.committee(1);
		await cluster.until("states that both signed", async () => (await cluster.committee(1)).checkpoint_height > height);
		assert.deepEqual(await Promise.all([newcomer, lost].map((member) => votes(member, 1))), [true, true]);
		const accused = await new Staking(cluster.provider, cluster.deployment).stakeOf(addressOf(lost));
		assert.equal(accused.isSlashed, false);
	});
});
