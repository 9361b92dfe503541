// A chain for tests of single contracts: wallets with ETH, a clock that tests set, and refusals by the name of their error.

import assert from "node:assert/strict";
import { Contract, ContractFactory, TypedDataEncoder, getBytes, getCreateAddress, parseEther } from "ethers";
import type { ContractTransactionResponse, HDNodeWallet, Interface, TransactionReceipt } from "ethers";
import { Archive } from "../../src/chain/blobs/Archive.ts";
import { Sources } from "../../src/chain/blobs/Sources.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

/** 2026-02-02 00:00 UTC. */
export const START = Date.UTC(2026, 1, 2) / 1000;

/** The root that is signed for content that may travel by calldata alone: no blobs have it. */
export const NO_BLOBS: Uint8Array = new Uint8Array(32);

/** Where a test's node looks for blobs: an archive of its own, and other nodes. */
export function blobsAt(...archives: readonly string[]): Sources {
	return Sources.at(new Archive(new MemoryStore()), { archives }, () => undefined);
}

/** The EIP-712 domain of a contract here. */
export function domainOf(verifyingContract: string): Uint8Array {
	return getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
}

/** Gas of every transaction here: a limit of one's own sends even what will revert, so that the chain itself refuses it. */
const GAS = 12_000_000;

export class L1 {
	readonly chain: EmbeddedChain.EmbeddedChain;
	readonly deployer: HDNodeWallet;

	constructor(chain: EmbeddedChain.EmbeddedChain) {
		this.chain = chain;
		this.deployer = testWallet(0).connect(chain.provider);
	}

	static async start(): Promise<L1> {
		return new L1(await EmbeddedChain.start({ startTime: START }));
	}

	/** A public test wallet with 1000 ETH. */
	async wallet(place: number): Promise<HDNodeWallet> {
		const wallet = testWallet(place).connect(this.chain.provider);
		await this.chain.provider.send("hardhat_setBalance", [wallet.address, `0x${parseEther("1000").toString(16)}`]);
		return wallet;
	}

	/** Address of the contract that the deployer creates after `ahead` more transactions. */
	async nextAddress(ahead: number): Promise<string> {
		const nonce = await this.chain.provider.getTransactionCount(this.deployer.address);
		return getCreateAddress({ from: this.deployer.address, nonce: nonce + ahead });
	}

	/** A contract by its name, or one that was compiled beside the build. */
	async deploy(what: string | Artifacts.Artifact, args: readonly unknown[], value = 0n): Promise<Contract> {
		const { abi, bytecode } = typeof what === "string" ? Artifacts.of(what) : what;
		const contract = await new ContractFactory(abi, bytecode, this.deployer).deploy(...args, { value, gasLimit: GAS });
		await contract.waitForDeployment();
		return new Contract(await contract.getAddress(), abi, this.deployer);
	}

	/** A contract whose code is this, in hexadecimal without 0x, at most 255 bytes. */
	async runtime(code: string): Promise<string> {
		const length = (code.length / 2).toString(16).padStart(2, "0");
		const sent = await this.deployer.sendTransaction({ data: `0x60${length}600a5f3960${length}5ff3${code}`, gasLimit: GAS });
		const receipt = await sent.wait();
		return receipt?.contractAddress as string;
	}

	/** A contract that passes every call on to `target`, and what comes back to its caller. */
	async forwarder(target: string): Promise<string> {
		return this.runtime(`365f5f375f5f365f5f73${target.slice(2)}5af13d5f5f3e602a573d5ffd5b3d5ff3`);
	}

	/** The next block's time, if a transaction comes now. */
	async at(time: number): Promise<void> {
		await this.chain.provider.send("evm_setNextBlockTimestamp", [`0x${time.toString(16)}`]);
	}

	async now(): Promise<number> {
		return (await this.chain.provider.getBlock("latest"))?.timestamp as number;
	}

	async close(): Promise<void> {
		await this.chain.close();
	}
}

/** Sends a call and waits until it is mined. The last argument may be overrides. */
export async function send(
	contract: Contract,
	from: HDNodeWallet,
	method: string,
	args: readonly unknown[],
	value = 0n,
): Promise<TransactionReceipt> {
	const call = (contract.connect(from) as Contract).getFunction(method);
	const sent = (await call(...args, { gasLimit: GAS, value })) as ContractTransactionResponse;
	return (await sent.wait()) as TransactionReceipt;
}

/** Arguments of the one event of this name in a receipt. */
export function eventOf(contract: Contract, receipt: TransactionReceipt, name: string): Record<string, unknown> {
	const found = receipt.logs.map((log) => contract.interface.parseLog(log)).filter((log) => log?.name === name);
	assert.equal(found.length, 1, `there is one ${name}`);
	return found[0]?.args.toObject() as Record<string, unknown>;
}

/** Asserts that a call reverts with this error of this interface, and with these arguments where they are given. */
export async function refuses(call: Promise<unknown>, interface_: Interface, name: string, args?: readonly unknown[]): Promise<void> {
	let failure: unknown;
	try {
		await call;
	} catch (error) {
		failure = error;
	}
	assert.ok(failure, `${name} was expected, and the call succeeded`);
	for (const data of hexStringsIn(failure, new Set())) {
		const error = interface_.parseError(data);
		if (!error) continue;
		assert.equal(error.name, name);
		if (args) assert.deepEqual([...error.args], args);
		return;
	}
	assert.fail(`${name} was expected, and the call failed otherwise: ${(failure as Error).message}`);
}

/** The name of the error of one of these interfaces that a failed call reverted with. */
export function refusalIn(failure: unknown, interfaces: readonly Interface[]): string | undefined {
	for (const data of hexStringsIn(failure, new Set()))
		for (const interface_ of interfaces) {
			const error = /^0x([0-9a-f]{2})+$/i.test(data) ? interface_.parseError(data) : null;
			if (error) return error.name;
		}
	return undefined;
}

/** Providers bury revert data at different depths: every value named `data` that could be some. */
function* hexStringsIn(value: unknown, seen: Set<unknown>): Generator<string> {
	if (typeof value !== "object" || value === null || seen.has(value)) return;
	seen.add(value);
	for (const key of Object.getOwnPropertyNames(value)) {
		const inner = (value as Record<string, unknown>)[key];
		if (key === "data" && typeof inner === "string" && inner.length >= 10) yield inner;
		else yield* hexStringsIn(inner, seen);
	}
}
