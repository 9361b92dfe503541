import { Contract, isError, resolveProperties } from "ethers";
import type { ContractTransactionResponse, HDNodeWallet, Provider, Signer, Wallet } from "ethers";
import * as Artifacts from "./Artifacts.ts";
import { ChainError } from "./ChainError.ts";
import { errorOf } from "./Contracts.ts";
import type { ContractName, Deployment } from "./Deployment.ts";

/** What the other rooms hold of ethers without naming it. */
export type ChainWallet = HDNodeWallet | Wallet;
export type ChainSigner = Signer;

/** Thrown by a wallet that only tries: what it would have sent, which the chain would take now. */
export class NotSent extends Error {
	readonly to: string | undefined;
	readonly value: bigint;
	readonly gas: bigint;

	constructor(to: string | undefined, value: bigint, gas: bigint) {
		super("Nothing was sent.");
		this.to = to;
		this.value = value;
		this.gas = gas;
	}
}

/** Makes a wallet one that sends nothing: it has the chain estimate a transaction, as sending would, and throws NotSent. */
export function trying(wallet: ChainWallet): ChainWallet {
	wallet.sendTransaction = async (request) => {
		const { provider } = wallet;
		if (!provider) throw new Error("The wallet is not connected to a chain.");
		const { to, value } = await resolveProperties(request);
		const gas = await provider.estimateGas({ ...request, from: wallet.address });
		throw new NotSent(to === null || to === undefined ? undefined : String(to).toLowerCase(), BigInt(value ?? 0), gas);
	};
	return wallet;
}

export type Sent = { readonly hash: string; readonly block: number; readonly gasUsed: bigint };

/** Asks a contract of a deployment. */
export async function read(
	provider: Provider,
	deployment: Deployment,
	name: ContractName,
	method: string,
	args: readonly unknown[],
): Promise<unknown> {
	const contract = new Contract(deployment.contracts[name], Artifacts.of(name).abi, provider);
	return contract.getFunction(method)(...args);
}

/**
 * Calls a contract of a deployment with `value` wei and waits until the call is mined. Throws ChainError REFUSED with the contract's own error, or
 * CANNOT_PAY.
 */
export async function send(
	provider: Provider,
	deployment: Deployment,
	signer: ChainSigner,
	name: ContractName,
	method: string,
	args: readonly unknown[],
	value = 0n,
): Promise<Sent> {
	return sendTo(provider, signer, { name, address: deployment.contracts[name] }, method, args, value);
}

/** The same for any contract by its name and address. */
export async function sendTo(
	provider: Provider,
	signer: ChainSigner,
	{ name, address }: { readonly name: string; readonly address: string },
	method: string,
	args: readonly unknown[],
	value = 0n,
): Promise<Sent> {
	const runner = signer.provider ? signer : signer.connect(provider);
	const contract = new Contract(address, Artifacts.of(name).abi, runner);
	try {
		const sent = (await contract.getFunction(method)(...args, { value })) as ContractTransactionResponse;
		const receipt = await sent.wait();
		if (!receipt) throw new Error(`${sent.hash} was replaced`);
		return { hash: receipt.hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
	} catch (cause) {
		if (cause instanceof NotSent) throw cause;
		const { message } = cause as Error;
		if (isError(cause, "INSUFFICIENT_FUNDS") || /insufficient funds|doesn't have enough funds/i.test(message)) {
			const what = value > 0n ? "for the value and the gas" : "for the gas";
			throw new ChainError("CANNOT_PAY", `${await signer.getAddress()} has too little ETH ${what} of ${name}.${method}.`, cause);
		}
		const reason = isError(cause, "CALL_EXCEPTION") ? errorOf(cause.data ?? undefined, cause.shortMessage) : message;
		throw new ChainError("REFUSED", `${name}.${method} was refused: ${reason}`, cause);
	}
}
