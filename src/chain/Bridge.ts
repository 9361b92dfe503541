import { TypedDataEncoder, getBytes } from "ethers";
import type { JsonRpcProvider, Provider } from "ethers";
import type { ContractName, Deployment } from "./Deployment.ts";
import * as Sending from "./Sending.ts";
import type { ChainSigner, Sent } from "./Sending.ts";

export type { ChainSigner, ChainWallet, Sent } from "./Sending.ts";
/** What the other rooms hold of ethers without naming it. */
export type ChainProvider = JsonRpcProvider;

/** A withdrawal with its proof, as `public/get_withdrawal_proof` gives it. */
export type Claim = {
	readonly outbox_root: string;
	readonly index: number;
	readonly account: number;
	readonly recipient: string;
	/** Micro-USDC. */
	readonly amount: number;
	readonly siblings: readonly string[];
};

/** A cell under a state's root. */
export type CellProof = { readonly cell: Uint8Array; readonly siblings: readonly Uint8Array[]; readonly kindRoots: readonly Uint8Array[] };

/** The bridge as traders and auditors use it. What sends throws ChainError REFUSED with the contract's own error, or CANNOT_PAY. */
export class Bridge {
	readonly #provider: Provider;
	readonly #deployment: Deployment;

	constructor(provider: Provider, deployment: Deployment) {
		this.#provider = provider;
		this.#deployment = deployment;
	}

	#read(name: ContractName, method: string, args: readonly unknown[]): Promise<unknown> {
		return Sending.read(this.#provider, this.#deployment, name, method, args);
	}

	#send(signer: ChainSigner, name: ContractName, method: string, args: readonly unknown[]): Promise<Sent> {
		return Sending.send(this.#provider, this.#deployment, signer, name, method, args);
	}

	/** Mints mock USDC, in micro-USDC, to anybody. */
	mint(signer: ChainSigner, to: string, amount: bigint): Promise<Sent> {
		return this.#send(signer, "MockUSDC", "mint", [to, amount]);
	}

	/** Moves micro-USDC from the signer into an account, which is opened if need be. Returns the account. */
	async deposit(signer: ChainSigner, owner: string, subaccount: number, amount: bigint): Promise<number> {
		const { Vault } = this.#deployment.contracts;
		const allowance = (await this.#read("MockUSDC", "allowance", [await signer.getAddress(), Vault])) as bigint;
		if (allowance < amount) await this.#send(signer, "MockUSDC", "approve", [Vault, amount]);
		await this.#send(signer, "Vault", "deposit", [owner, subaccount, amount]);
		return (await this.accountOf(owner, subaccount)) as number;
	}

	/** Mints mock USDC to a wallet and deposits it into its account 0. Local chains only. Returns the account. */
	async fund(wallet: ChainSigner, amount: bigint): Promise<number> {
		const owner = await wallet.getAddress();
		await this.mint(wallet, owner, amount);
		return this.deposit(wallet, owner, 0, amount);
	}

	/** Sends a signed message's bytes through L1: after the delay anybody may include it, whatever the sequencer does. */
	force(signer: ChainSigner, payload: Uint8Array): Promise<Sent> {
		return this.#send(signer, "Inbox", "force", [payload]);
	}

	/** Includes every L1 message below `l1End`: all must be late, and the sequencer without a budget of lateness. */
	forceInclude(signer: ChainSigner, l1End: number): Promise<Sent> {
		return this.#send(signer, "SequencerInbox", "forceInclude", [l1End]);
	}

	/** How long an L1 message that comes now waits at most before anybody may include it, in seconds. */
	async forceDelay(): Promise<number> {
		return Number(await this.#read("SequencerInbox", "forceDelaySeconds", []));
	}

	/** Pays a confirmed withdrawal to its recipient; anybody may send it. */
	claim(signer: ChainSigner, claim: Claim): Promise<Sent> {
		const { outbox_root, index, account, recipient, amount, siblings } = claim;
		return this.#send(signer, "Outbox", "claim", [outbox_root, index, account, recipient, amount, siblings]);
	}

	/** Freezes a dead rollup. `finalState` is the preimage of the last confirmed leaf. */
	freeze(signer: ChainSigner, finalState: Uint8Array): Promise<Sent> {
		return this.#send(signer, "EscapeHatch", "freeze", [finalState]);
	}

	/** Registers an account's claim on a frozen rollup, by its cell under the state of the freeze. */
	register(signer: ChainSigner, account: number, proof: CellProof): Promise<Sent> {
		return this.#send(signer, "EscapeHatch", "register", [account, proof.cell, proof.siblings, proof.kindRoots]);
	}

	/** Fixes at which price positions of a day count, by the day's cell under the state of the freeze. */
	fixPrice(signer: ChainSigner, underlying: number, day: number, proof: CellProof): Promise<Sent> {
		return this.#send(signer, "EscapeHatch", "fixPrice", [underlying, day, proof.cell, proof.siblings, proof.kindRoots]);
	}

	/** The price at which positions of a day count, in micro-USDC per unit; 0 while nobody fixed it. */
	async escapePrice(underlying: number, day: number): Promise<bigint> {
		return (await this.#read("EscapeHatch", "priceOf", [underlying, day])) as bigint;
	}

	/** Gives a deposit back that the state of the freeze had not executed. */
	returnDeposit(signer: ChainSigner, index: number, payload: Uint8Array): Promise<Sent> {
		return this.#send(signer, "EscapeHatch", "returnDeposit", [index, payload]);
	}

	/** Pays an account's registered claim, after the registration. */
	escape(signer: ChainSigner, account: number): Promise<Sent> {
		return this.#send(signer, "EscapeHatch", "escape", [account]);
	}

	/** Shows L1's own oracle a report that a quorum signed. */
	report(signer: ChainSigner, payload: Uint8Array): Promise<Sent> {
		return this.#send(signer, "PriceOracle", "report", [payload]);
	}

	/** Whether the rollup is frozen, and the seconds at which registration ends (0 before the freeze). */
	async freezeState(): Promise<{ readonly isFrozen: boolean; readonly registrationEndsAt: number }> {
		const isFrozen = (await this.#read("EscapeHatch", "isFrozen", [])) as boolean;
		return { isFrozen, registrationEndsAt: Number(await this.#read("EscapeHatch", "registrationEndsAt", [])) };
	}

	/** An account's claim as it was registered, in micro-USDC: 0 once it is paid. */
	async claimOf(account: number): Promise<{ readonly isRegistered: boolean; readonly amount: number }> {
		const { amount } = (await this.#read("EscapeHatch", "claims", [account])) as { amount: bigint };
		return { isRegistered: (await this.#read("EscapeHatch", "isRegistered", [account])) as boolean, amount: Number(amount) };
	}

	async isReturned(index: number): Promise<boolean> {
		return (await this.#read("EscapeHatch", "isReturned", [index])) as boolean;
	}

	/** Accounts that were ever opened: they are 1 .. this. */
	async accountCount(): Promise<number> {
		return Number(await this.#read("Vault", "accountCount", []));
	}

	/** Seconds on L1's clock. */
	async time(): Promise<number> {
		return (await this.#provider.getBlock("latest"))?.timestamp ?? 0;
	}

	/** The account of an owner, undefined before his first deposit. */
	async accountOf(owner: string, subaccount: number): Promise<number | undefined> {
		const account = Number(await this.#read("Vault", "accountOf", [owner, subaccount]));
		return account === 0 ? undefined : account;
	}

	/** Micro-USDC in a wallet. */
	async usdcOf(address: string): Promise<bigint> {
		return (await this.#read("MockUSDC", "balanceOf", [address])) as bigint;
	}

	/** Micro-USDC that the vault holds. */
	async vaultBalance(): Promise<bigint> {
		return (await this.#read("Vault", "balance", [])) as bigint;
	}

	/** L1 messages so far. */
	async messageCount(): Promise<number> {
		return Number(await this.#read("Inbox", "count", []));
	}

	async isClaimed(index: number): Promise<boolean> {
		return (await this.#read("Outbox", "isClaimed", [index])) as boolean;
	}

	/** Wei that an address has staked on assertions. */
	async bondOf(address: string): Promise<bigint> {
		const [amount] = (await this.#read("AssertionChain", "stakes", [address])) as [bigint];
		return amount;
	}

	/** What L1's own oracle last heard of an underlying: micro-USDC per unit and seconds, both 0 before the first report. */
	async feed(underlying: number): Promise<{ readonly indexPrice: number; readonly time: number }> {
		const { indexPrice, time } = (await this.#read("PriceOracle", "feedOf", [underlying])) as { indexPrice: bigint; time: bigint };
		return { indexPrice: Number(indexPrice), time: Number(time) };
	}

	/** Settlement price that L1's own oracle fixed, in micro-USDC per unit; 0 while it is not fixed. */
	async settlementPrice(underlying: number, day: number): Promise<bigint> {
		return (await this.#read("PriceOracle", "settlementPrice", [underlying, day])) as bigint;
	}
}

/** EIP-712 separator of the domain of one contract of a deployment. */
export function separatorOf(deployment: Deployment, contract: ContractName): Uint8Array {
	return getBytes(TypedDataEncoder.hashDomain({ ...deployment.domain, verifyingContract: deployment.contracts[contract] }));
}
