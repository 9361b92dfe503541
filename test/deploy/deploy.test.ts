import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Contract } from "ethers";
import { deploy } from "../../deploy/deploy.ts";
import type { Options } from "../../deploy/deploy.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { CONTRACT_NAMES, DEVNET, load, save } from "../../src/chain/Deployment.ts";
import type { ContractName, Deployment } from "../../src/chain/Deployment.ts";
import { Staking } from "../../src/chain/Staking.ts";
import { L1 } from "../chain/l1.ts";

const ADDRESSES = ["aa", "bb", "cc"].map((end) => `0x${end.padStart(40, "0")}`);
const OPTIONS: Options = { network: "test", reporters: ADDRESSES, quorum: 2, committee: [ADDRESSES[0]], treasury: ADDRESSES[1] };

describe("given an empty chain", () => {
	let l1: L1;
	let snapshot: string;
	before(async () => {
		l1 = await L1.start();
	});
	after(() => l1.close());
	beforeEach(async () => {
		snapshot = await l1.chain.snapshot();
	});
	afterEach(() => l1.chain.revert(snapshot));

	function read(deployment: Deployment, name: ContractName, method: string): Promise<unknown> {
		const contract = new Contract(deployment.contracts[name], Artifacts.of(name).abi, l1.chain.provider);
		return contract.getFunction(method)() as Promise<unknown>;
	}

	/** A deployment whose process dies before this contract. */
	async function interruptedBefore(contract: ContractName): Promise<void> {
		const onProgress = (next: ContractName): void => {
			if (next === contract) throw new Error("the process died");
		};
		await assert.rejects(deploy(l1.deployer, { ...OPTIONS, onProgress }), /the process died/);
	}

	it("says in one sentence which contract could not be deployed: a challenge period shorter than the moves it must hold", async () => {
		const parameters = { ...DEVNET, challengePeriodBlocks: 2 * DEVNET.height + 3 };
		await assert.rejects(deploy(l1.deployer, { ...OPTIONS, parameters }), /^Error: AssertionChain could not be deployed: /);
	});

	it("refuses to go on where something else took the deployer's nonce", async () => {
		const nonce = await l1.deployer.getNonce();
		await interruptedBefore("ChallengeManager");
		await (await l1.deployer.sendTransaction({ to: l1.deployer.address })).wait();
		await assert.rejects(deploy(l1.deployer, { ...OPTIONS, startedAt: { nonce, block: 1 } }), /ChallengeManager could not be deployed/);
	});

	it("goes on where it was interrupted, and deploys nothing twice", async () => {
		const nonce = await l1.deployer.getNonce();
		const block = (await l1.chain.provider.getBlockNumber()) + 1;
		await interruptedBefore("Vault");
		const resumed = await deploy(l1.deployer, { ...OPTIONS, startedAt: { nonce, block } });
		assert.equal(await l1.deployer.getNonce(), nonce + CONTRACT_NAMES.length);
		assert.equal(resumed.deployBlock, block);
		await l1.chain.revert(snapshot);
		snapshot = await l1.chain.snapshot();
		assert.deepEqual(await deploy(l1.deployer, OPTIONS), resumed);
	});

	it("changes nothing when it is complete", async () => {
		const startedAt = { nonce: await l1.deployer.getNonce(), block: (await l1.chain.provider.getBlockNumber()) + 1 };
		const first = await deploy(l1.deployer, OPTIONS);
		const blocks = await l1.chain.provider.getBlockNumber();
		assert.deepEqual(await deploy(l1.deployer, { ...OPTIONS, startedAt }), first);
		assert.equal(await l1.chain.provider.getBlockNumber(), blocks);
	});

	it("makes contracts that name each other, and nobody else", async () => {
		const deployment = await deploy(l1.deployer, OPTIONS);
		const arrows: readonly [ContractName, string, ContractName][] = [
			["Inbox", "VAULT", "Vault"],
			["SequencerInbox", "INBOX", "Inbox"],
			["SequencerInbox", "REGISTRY", "StakeRegistry"],
			["StakeRegistry", "EVIDENCE", "SlashingEvidence"],
			["StakeRegistry", "GOVERNOR", "Timelock"],
			["SlashingEvidence", "REGISTRY", "StakeRegistry"],
			["SlashingEvidence", "ASSERTION_CHAIN", "AssertionChain"],
			["AssertionChain", "VERIFIER", "OneStepProofEntry"],
			["AssertionChain", "CHALLENGES", "ChallengeManager"],
			["AssertionChain", "OUTBOX", "Outbox"],
			["Vault", "TOKEN", "MockUSDC"],
			["Vault", "INBOX", "Inbox"],
			["Vault", "OUTBOX", "Outbox"],
			["Vault", "ESCAPE_HATCH", "EscapeHatch"],
			["Outbox", "ASSERTION_CHAIN", "AssertionChain"],
			["Outbox", "VAULT", "Vault"],
			["EscapeHatch", "ASSERTION_CHAIN", "AssertionChain"],
			["EscapeHatch", "VAULT", "Vault"],
			["EscapeHatch", "ORACLE", "PriceOracle"],
		];
		for (const [from, field, to] of arrows) {
			const address = String(await read(deployment, from, field)).toLowerCase();
			assert.equal(address, deployment.contracts[to], `${from}.${field}`);
		}
		assert.equal(await read(deployment, "Vault", "domainSeparator"), deployment.domainSeparator);
		assert.equal(await read(deployment, "PriceOracle", "DOMAIN_SEPARATOR"), deployment.domainSeparator);
		assert.equal(await read(deployment, "AssertionChain", "latestConfirmed"), deployment.genesis);
	});

	it("bonds the reporters, so that evidence reaches them from the first day on, and gives none of them a voice", async () => {
		const deployment = await deploy(l1.deployer, OPTIONS);
		const staking = new Staking(l1.chain.provider, deployment);
		for (const reporter of OPTIONS.reporters) {
			const { staked, power } = await staking.stakeOf(reporter);
			assert.equal(staked, BigInt(DEVNET.validatorStake));
			assert.equal(power > 0n, OPTIONS.committee.includes(reporter));
		}
	});

	it("names another genesis for other reporters, so that no store is taken for another deployment's", async () => {
		const first = await deploy(l1.deployer, OPTIONS);
		await l1.chain.revert(snapshot);
		snapshot = await l1.chain.snapshot();
		const other = await deploy(l1.deployer, { ...OPTIONS, reporters: [...ADDRESSES].reverse() });
		assert.notEqual(other.genesis, first.genesis);
	});

	it("writes a record that is read as it was, and says where one is missing", async () => {
		const root = mkdtempSync(join(tmpdir(), "strikeproof-deploy-"));
		try {
			assert.throws(() => load(root, "test"), /There is no deployment for network "test" .*: deploy it first\./);
			const deployment = await deploy(l1.deployer, OPTIONS);
			save(root, deployment);
			assert.deepEqual(load(root, "test"), deployment);
			assert.deepEqual(readdirSync(join(root, "deployments")), ["test.json"]);
		} finally {
			rmSync(root, { recursive: true });
		}
	});
});
