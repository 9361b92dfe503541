// What governance can do, and what it cannot (the table in docs/spec/rollup.md).

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract, Interface, ZeroAddress, ZeroHash, parseEther } from "ethers";
import type { FunctionFragment, HDNodeWallet, TransactionReceipt } from "ethers";
import { deploy } from "../../deploy/deploy.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import { CONTRACT_NAMES, DEVNET } from "../../src/chain/Deployment.ts";
import { L1, refuses, send } from "../chain/l1.ts";

const DELAY = DEVNET.governanceDelaySeconds;
const MEMBER = 2;

describe("given a deployment whose treasury governs through the timelock", () => {
	let l1: L1;
	let deployment: Deployment;
	let timelock: Contract;
	let registry: Contract;
	let treasury: HDNodeWallet;
	let validator: HDNodeWallet;
	let stranger: HDNodeWallet;

	before(async () => {
		l1 = await L1.start();
		[treasury, validator, stranger] = await Promise.all([l1.wallet(1), l1.wallet(2), l1.wallet(3)]);
		const committee = [validator.address];
		deployment = await deploy(l1.deployer, { network: "test", reporters: committee, quorum: 1, committee, treasury: treasury.address });
		timelock = new Contract(deployment.contracts.Timelock, Artifacts.of("Timelock").abi, l1.deployer);
		registry = new Contract(deployment.contracts.StakeRegistry, Artifacts.of("StakeRegistry").abi, l1.deployer);
	});
	after(() => l1.close());

	const operation = (target: Contract, method: string, args: readonly unknown[]): unknown[] => [
		target.target,
		0,
		target.interface.encodeFunctionData(method, args),
		ZeroHash,
		ZeroHash,
	];
	const propose = (who: HDNodeWallet, call: unknown[], delay = DELAY): Promise<TransactionReceipt> =>
		send(timelock, who, "schedule", [...call, delay]);
	const execute = (who: HDNodeWallet, call: unknown[]): Promise<TransactionReceipt> => send(timelock, who, "execute", call);
	const wait = async (seconds: number): Promise<void> => {
		await l1.at((await l1.now()) + seconds);
		await l1.chain.mine(1);
	};

	it("cannot be deployed with 30 days and a dispute or less", async () => {
		const floor = 30 * 86_400 + 600;
		await assert.rejects(l1.deploy("Timelock", [floor, 600, [treasury.address], [ZeroAddress]]));
		await l1.deploy("Timelock", [floor + 1, 600, [treasury.address], [ZeroAddress]]);
	});

	it("waits longer than 30 days, the challenge and the grace period, and longer than unbonding takes", () => {
		const { challengePeriodBlocks, gracePeriodBlocks, unbondingSeconds, epochSeconds } = deployment.parameters;
		assert.ok(DELAY > 30 * 86_400 + 12 * (challengePeriodBlocks + gracePeriodBlocks));
		assert.ok(DELAY > unbondingSeconds + epochSeconds);
	});

	it("takes proposals from the treasury alone, with the whole delay, and nobody administers it", async () => {
		const admit = operation(registry, "setStanding", [stranger.address, MEMBER]);
		await refuses(propose(stranger, admit), timelock.interface, "AccessControlUnauthorizedAccount");
		await refuses(propose(treasury, admit, DELAY - 1), timelock.interface, "TimelockInsufficientDelay", [BigInt(DELAY - 1), BigInt(DELAY)]);
		const admin = (await timelock.getFunction("DEFAULT_ADMIN_ROLE")()) as string;
		for (const who of [l1.deployer.address, treasury.address, stranger.address, ZeroAddress])
			assert.equal(await timelock.getFunction("hasRole")(admin, who), false);
	});

	it("admits a member after the delay, not before; anybody executes it, and it signs from the next epoch on", async () => {
		const admit = operation(registry, "setStanding", [stranger.address, MEMBER]);
		await refuses(send(registry, treasury, "setStanding", [stranger.address, MEMBER]), registry.interface, "OnlyGovernor");
		await propose(treasury, admit);
		await wait(DELAY - 10);
		await refuses(execute(stranger, admit), timelock.interface, "TimelockUnexpectedOperationState");
		await wait(10);
		await execute(stranger, admit);
		await send(registry, stranger, "stake", [stranger.address], parseEther("1"));
		assert.deepEqual([...((await registry.getFunction("powerOf")(stranger.address)) as bigint[])], [0n, parseEther("1")]);
	});

	it("can shorten its delay by its own delay only, and never to 30 days and a dispute", async () => {
		const { challengePeriodBlocks, gracePeriodBlocks } = deployment.parameters;
		const floor = 30 * 86_400 + 12 * (challengePeriodBlocks + gracePeriodBlocks);
		const short = operation(timelock, "updateDelay", [floor]);
		await refuses(send(timelock, treasury, "updateDelay", [DELAY + 1]), timelock.interface, "TimelockUnauthorizedCaller");
		await propose(treasury, short);
		await wait(DELAY);
		await refuses(execute(stranger, short), timelock.interface, "DelayTooShort", [BigInt(floor), BigInt(floor)]);
	});

	it("cannot slash, take stake, or speak for a member", async () => {
		const stolen = operation(registry, "slash", [validator.address, treasury.address]);
		await propose(treasury, stolen);
		await propose(treasury, operation(registry, "withdraw", []));
		await wait(DELAY);
		await refuses(execute(stranger, stolen), registry.interface, "OnlyEvidence");
		await refuses(execute(stranger, operation(registry, "withdraw", [])), registry.interface, "NothingStaked");
	});

	it("is named by no other contract: whatever is not in the registry is immutable", async () => {
		const word = deployment.contracts.Timelock.slice(2);
		for (const name of CONTRACT_NAMES) {
			const code = await l1.chain.provider.getCode(deployment.contracts[name]);
			assert.equal(code.includes(word), name === "StakeRegistry", name);
		}
		// Nothing asks for an owner anywhere, and one setter is all there is.
		for (const name of CONTRACT_NAMES.filter((name) => name !== "NormalTable" && name !== "MockUSDC" && name !== "Timelock")) {
			const setters = Interface.from(Artifacts.of(name).abi)
				.fragments.map((fragment) => (fragment.type === "function" ? (fragment as FunctionFragment).name : ""))
				.filter((method) => /^(set[A-Z]|update|upgrade|transferOwnership|grantRole|owner|pause)/.test(method) && method !== "updateTimers");
			assert.deepEqual(setters, name === "StakeRegistry" ? ["setStanding"] : [], name);
		}
	});
});
