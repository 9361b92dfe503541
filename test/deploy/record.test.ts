import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { getCreateAddress } from "ethers";
import type { TransactionRequest } from "ethers";
import { STEPS } from "../../deploy/deploy.ts";
import { deployRecorded, dryRun, verificationFileOf } from "../../deploy/record.ts";
import type { Verification } from "../../deploy/verification.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { CONTRACT_NAMES, DEVNET } from "../../src/chain/Deployment.ts";
import type { ContractName } from "../../src/chain/Deployment.ts";
import { L1 } from "../chain/l1.ts";

const folder = join(import.meta.dirname, "..", "..", "deploy");

describe("given the numbered steps", () => {
	it("has one file a contract, numbered by the order in which they are deployed", () => {
		const files = readdirSync(folder).filter((file) => /^\d/.test(file));
		assert.deepEqual(
			STEPS.map(({ name }) => name),
			[...CONTRACT_NAMES],
		);
		assert.equal(files.length, STEPS.length);
		files.sort().forEach((file, i) => {
			assert.equal(Number(file.slice(0, 2)), i + 1);
			assert.match(readFileSync(join(folder, file), "utf8"), new RegExp(`name: "${STEPS[i].name}"`), file);
		});
	});
});

describe("given a deployment that is recorded", () => {
	let l1: L1;
	let snapshot = "";
	let root = "";
	before(async () => {
		l1 = await L1.start();
	});
	after(() => l1.close());
	beforeEach(async () => {
		snapshot = await l1.chain.snapshot();
		root = mkdtempSync(join(tmpdir(), "strikeproof-record-"));
	});
	afterEach(async () => {
		await l1.chain.revert(snapshot);
		rmSync(root, { recursive: true });
	});

	const file = (): string => join(root, "deployments", "test.json");
	const start = (onProgress?: (next: ContractName) => void, signer = l1.deployer): ReturnType<typeof deployRecorded> => {
		const { address } = l1.deployer;
		return deployRecorded(root, signer, {
			network: "test",
			reporters: [address],
			quorum: 1,
			committee: [address],
			treasury: address,
			...(onProgress ? { onProgress } : {}),
		});
	};
	const dieBefore =
		(contract: ContractName) =>
		(next: ContractName): void => {
			if (next === contract) throw new Error("the process died");
		};

	it("refuses to go on with another account's, and where the record is of another chain", async () => {
		await assert.rejects(start(dieBefore("Inbox")), /the process died/);
		await assert.rejects(start(undefined, await l1.wallet(3)), /began this deployment: go on with its key/);
		const other = { network: "test", reporters: [l1.deployer.address], quorum: 1, committee: [], treasury: l1.deployer.address };
		const parameters = { ...DEVNET, bond: "7" };
		await assert.rejects(
			deployRecorded(root, l1.deployer, { ...other, parameters }),
			/begun with other committee, bond: go on with the same/,
		);
		const { deployment } = await start();
		writeFileSync(file(), JSON.stringify({ ...deployment, chainId: 7 }));
		await assert.rejects(start(), /is a deployment on chain 7, but the node is of chain 31337/);
	});

	for (const contract of ["NormalTable", "AssertionChain", "SlashingEvidence"] as const) {
		it(`interrupted before ${contract}, goes on without being told where`, async () => {
			const nonce = await l1.deployer.getNonce();
			await assert.rejects(start(dieBefore(contract)), /the process died/);
			assert.equal(existsSync(file()), false);
			assert.equal((await start()).how, "resumed");
			assert.equal(await l1.deployer.getNonce(), nonce + CONTRACT_NAMES.length);
			assert.deepEqual(readdirSync(join(root, "deployments")), ["test.json", "test.verification.json"]);
		});
	}

	it("interrupted at every point, before and after each transaction and each file, ends as if it had never been", async () => {
		const nonce = await l1.deployer.getNonce();
		let died = 0;
		for (const { name } of STEPS) {
			await assert.rejects(start(dieBefore(name)), /the process died/);
			// The transaction goes out, and the process is gone before it hears of it.
			const { provider } = l1.chain;
			const signer = new Proxy(l1.deployer, {
				get(target, key): unknown {
					if (key !== "sendTransaction") {
						const value = Reflect.get(target, key, target) as unknown;
						return typeof value === "function" ? value.bind(target) : value;
					}
					return async (request: TransactionRequest) => {
						const { hash } = await target.sendTransaction(request);
						await provider.waitForTransaction(hash);
						throw new Error("the process died");
					};
				},
			});
			await assert.rejects(start(undefined, signer), /the process died/);
			died += 2;
		}
		assert.equal(died, 2 * STEPS.length);
		// Half a file of either name is what a crash in the middle of writing leaves.
		writeFileSync(`${file()}.part`, '{"half":');
		const { deployment, how } = await start();
		assert.equal(how, "resumed");
		assert.equal(await l1.deployer.getNonce(), nonce + STEPS.length);
		assert.equal((await start()).how, "found");
		for (const [name, address] of Object.entries(deployment.contracts))
			assert.notEqual(await l1.chain.provider.getCode(address), "0x", name);
		assert.equal(existsSync(`${file()}.started`), false);
	});

	it("says what it would do, and what verifies each contract: creation code and arguments are what went to the chain", async () => {
		const { address } = l1.deployer;
		const options = { network: "test", reporters: [address], quorum: 1, committee: [address], treasury: address };
		const planned = await dryRun(root, l1.deployer, options);
		assert.equal(planned.missing.length, STEPS.length);
		assert.deepEqual(readdirSync(root), []);
		const from = await l1.chain.provider.getBlockNumber();
		const { deployment } = await start();
		assert.deepEqual(planned.contracts, deployment.contracts);
		assert.deepEqual((await dryRun(root, l1.deployer, options)).missing, []);
		const verification = JSON.parse(readFileSync(verificationFileOf(root, "test"), "utf8")) as Record<string, Verification>;
		const sent = new Map<string, string>();
		for (let block = from + 1; block <= (await l1.chain.provider.getBlockNumber()); block++)
			for (const { from: sender, nonce, data } of (await l1.chain.provider.getBlock(block, true))?.prefetchedTransactions ?? [])
				sent.set(getCreateAddress({ from: sender, nonce }).toLowerCase(), data);
		for (const [name, { address: at, contract, encodedArguments }] of Object.entries(verification)) {
			if (contract === null) continue;
			assert.equal(sent.get(at), `${Artifacts.of(name).bytecode}${encodedArguments.slice(2)}`, name);
			assert.equal(contract.endsWith(`:${name}`), true);
		}
	});

	it("finds what is complete, and sends nothing", async () => {
		const first = await start();
		assert.equal(first.how, "deployed");
		const nonce = await l1.deployer.getNonce();
		assert.deepEqual(await start(), { ...first, how: "found" });
		assert.equal(await l1.deployer.getNonce(), nonce);
	});
});
