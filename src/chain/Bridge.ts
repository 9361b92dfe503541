import { Contract, TypedDataEncoder, getBytes } from "ethers";
import type { HDNodeWallet, JsonRpcProvider } from "ethers";
import * as Artifacts from "./Artifacts.ts";
import type { ContractName, Deployment } from "./Deployment.ts";

/** What the other rooms hold of ethers without naming it. */
export type ChainProvider = JsonRpcProvider;
export type ChainWallet = HDNodeWallet;

/** The bridge as traders and auditors use it. */
export class Bridge {
	readonly #provider: JsonRpcProvider;
	readonly #deployment: Deployment;

	constructor(provider: ChainProvider, deployment: Deployment) {
		this.#provider = provider;
		this.#deployment = deployment;
	}

	#call(name: ContractName, method: string, args: readonly unknown[], wallet?: ChainWallet): Promise<unknown> {
		const contract = new Contract(
			this.#deployment.contracts[name],
			Artifacts.of(name).abi,
			wallet?.connect(this.#provider) ?? this.#provider,
		);
		return contract.getFunction(method)(...args) as Promise<unknown>;
	}

	/** Mints mock USDC to a wallet and deposits it into its account 0. Local chains only. Returns the account. */
	async fund(wallet: ChainWallet, amount: bigint): Promise<number> {
		const { Vault } = this.#deployment.contracts;
		for (const [name, method, args] of [
			["MockUSDC", "mint", [wallet.address, amount]],
			["MockUSDC", "approve", [Vault, amount]],
			["Vault", "deposit", [wallet.address, 0, amount]],
		] as const) {
			const sent = (await this.#call(name, method, args, wallet)) as { wait(): Promise<unknown> };
			await sent.wait();
		}
		return Number(await this.#call("Vault", "accountOf", [wallet.address, 0]));
	}

	/** Micro-USDC that the vault holds. */
	async vaultBalance(): Promise<bigint> {
		return (await this.#call("Vault", "balance", [])) as bigint;
	}

	async isClaimed(index: number): Promise<boolean> {
		return (await this.#call("Outbox", "isClaimed", [index])) as boolean;
	}

	/** Wei that an address has staked on assertions. */
	async bondOf(address: string): Promise<bigint> {
		const [amount] = (await this.#call("AssertionChain", "stakes", [address])) as [bigint];
		return amount;
	}
}

/** EIP-712 separator of the domain of one contract of a deployment. */
export function separatorOf(deployment: Deployment, contract: ContractName): Uint8Array {
	return getBytes(TypedDataEncoder.hashDomain({ ...deployment.domain, verifyingContract: deployment.contracts[contract] }));
}
