import { Contract } from "ethers";
import type { Provider } from "ethers";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { AssertionFields, BondPools, PoolView } from "../ports/Game.ts";
import * as Artifacts from "./Artifacts.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import type { ChainSigner, Sent } from "./Sending.ts";
import * as Sending from "./Sending.ts";

/** A contributor's part of a pool, in wei. */
export type Part = { readonly amount: bigint; /** First block in which it may leave; 0 without notice. */ readonly leavesAt: number };

/** Pools of bonds on L1, as proposers and contributors use them. What sends throws ChainError REFUSED with the contract's own error, or CANNOT_PAY. */
export class PoolChain implements BondPools {
	readonly #provider: Provider;
	readonly #deployment: Deployment;

	constructor(provider: Provider, deployment: Deployment) {
		this.#provider = provider;
		this.#deployment = deployment;
	}

	async look(assertion: string): Promise<PoolView> {
		const address = String(await Sending.read(this.#provider, this.#deployment, "BondPools", "poolOf", [assertion])).toLowerCase();
		const exists = (await this.#provider.getCode(address)) !== "0x";
		if (!exists) return { address, exists, missing: BigInt(this.#deployment.parameters.bond), isInUse: false, isReturned: false };
		const pool = new Contract(address, Artifacts.of("BondPool").abi, this.#provider);
		const [missing, isInUse, isReturned] = await Promise.all(
			["missing", "isInUse", "isReturned"].map((name) => pool.getFunction(name)() as Promise<unknown>),
		);
		return { address, exists, missing: missing as bigint, isInUse: isInUse as boolean, isReturned: isReturned as boolean };
	}

	async partOf(pool: string, contributor: string): Promise<Part> {
		const contract = new Contract(pool, Artifacts.of("BondPool").abi, this.#provider);
		const [amount, leavesAt] = await Promise.all(
			["contributions", "leavesAt"].map((name) => contract.getFunction(name)(contributor) as Promise<bigint>),
		);
		return { amount, leavesAt: Number(leavesAt) };
	}

	create(assertion: string): TransactionRequest {
		const data = codecOf("BondPools").encodeFunctionData("create", [assertion]);
		return { key: `pool/${assertion}`, to: this.#deployment.contracts.BondPools, data };
	}

	createAssertion(pool: string, fields: Omit<AssertionFields, "lineage" | "stake">): TransactionRequest {
		const { parent, historyRoot, finalState, rightPath, expectedId } = fields;
		const data = codecOf("BondPool").encodeFunctionData("createAssertion", [parent, historyRoot, finalState, rightPath]);
		return { key: `pool/assert/${expectedId}`, to: pool, data };
	}

	open(signer: ChainSigner, assertion: string): Promise<Sent> {
		return Sending.send(this.#provider, this.#deployment, signer, "BondPools", "create", [assertion]);
	}

	/** One of the pool's calls without arguments: join (with `value`), startLeaving, leave, takeBack, claim. */
	call(signer: ChainSigner, pool: string, method: string, value = 0n): Promise<Sent> {
		return Sending.sendTo(this.#provider, signer, { name: "BondPool", address: pool }, method, [], value);
	}
}
