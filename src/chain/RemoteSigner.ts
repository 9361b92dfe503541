import { Transaction, getAddress, toQuantity } from "ethers";
import type { TransactionRequest } from "ethers";
import { ChainError } from "./ChainError.ts";
import { nameOf } from "./Endpoint.ts";

/** Signs transactions for one address: a private key, an opened keystore, or a service that keeps the key to itself. */
export interface TransactionSigner {
	readonly address: string;
	/** The transaction, signed, as it is broadcast: hexadecimal. Its fields are complete. */
	signTransaction(transaction: TransactionRequest): Promise<string>;
}

type Reply = { readonly result?: unknown; readonly error?: { readonly code?: number; readonly message?: string } };

const TIMEOUT_MS = 10_000;

/**
 * A signer behind JSON-RPC: `eth_accounts` names its keys, `eth_signTransaction` signs, as Web3Signer, Clef and EthSigner do. Only what it was asked for is taken from it: another transaction, or another's
 * signature, is refused, so that a broken or hostile service can withhold and nothing else.
 */
export class RemoteSigner implements TransactionSigner {
	readonly address: string;
	readonly #url: string;

	private constructor(url: string, address: string) {
		this.#url = url;
		this.address = address;
	}

	/** @param address whose key to use; needed when the service has several. Throws ChainError UNREACHABLE, or REFUSED when it has no such key. */
	static async open(url: string, address?: string): Promise<RemoteSigner> {
		const accounts = await call(url, "eth_accounts", []);
		const all = Array.isArray(accounts) ? accounts.map((one) => String(one).toLowerCase()) : [];
		const chosen = address?.toLowerCase() ?? (all.length === 1 ? all[0] : undefined);
		if (chosen === undefined)
			throw new ChainError("REFUSED", `The signer at ${nameOf(url)} has ${all.length} keys: name the address of the one to use.`);
		if (!all.includes(chosen)) throw new ChainError("REFUSED", `The signer at ${nameOf(url)} has no key of ${chosen}.`);
		return new RemoteSigner(url, getAddress(chosen));
	}

	async signTransaction(transaction: TransactionRequest): Promise<string> {
		const { to, data, value, nonce, gasLimit, chainId, maxFeePerGas, maxPriorityFeePerGas, type } = transaction;
		if (type === 3 || transaction.blobs || transaction.blobVersionedHashes)
			throw new ChainError(
				"REFUSED",
				`The signer at ${nameOf(this.#url)} is not asked for transactions with blobs: use a key or a keystore for the batcher.`,
			);
		const quantity = (one: unknown): string => toQuantity(one as bigint);
		const answer = await call(this.#url, "eth_signTransaction", [
			{
				from: this.address,
				to,
				data: data ?? "0x",
				value: quantity(value ?? 0n),
				nonce: quantity(nonce),
				gas: quantity(gasLimit),
				chainId: quantity(chainId),
				type: "0x2",
				maxFeePerGas: quantity(maxFeePerGas),
				maxPriorityFeePerGas: quantity(maxPriorityFeePerGas),
			},
		]);
		// Web3Signer answers the bytes, Clef and geth an object that holds them.
		const raw = typeof answer === "string" ? answer : (answer as { raw?: unknown } | null)?.raw;
		let signed: Transaction;
		try {
			signed = Transaction.from(String(raw));
		} catch (cause) {
			throw new ChainError("REFUSED", `The signer at ${nameOf(this.#url)} answers with what is no transaction.`, cause);
		}
		const asked = Transaction.from({
			type: 2,
			to: String(to),
			data: data ?? "0x",
			value: value ?? 0n,
			nonce: Number(nonce),
			gasLimit: gasLimit ?? 0n,
			chainId: chainId ?? 0n,
			maxFeePerGas: maxFeePerGas ?? 0n,
			maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n,
		});
		if (signed.from !== this.address || signed.unsignedHash !== asked.unsignedHash)
			throw new ChainError(
				"REFUSED",
				`The signer at ${nameOf(this.#url)} signed another transaction than it was asked to, or with another key.`,
			);
		return signed.serialized;
	}
}

async function call(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
	let reply: Reply;
	try {
		const response = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		reply = (await response.json()) as Reply;
	} catch (cause) {
		const { message, cause: inner } = cause as Error & { cause?: Error };
		throw new ChainError("UNREACHABLE", `No signer answers at ${nameOf(url)} (${inner?.message || message}).`, cause);
	}
	if (reply.error || reply.result === undefined)
		throw new ChainError("REFUSED", `The signer at ${nameOf(url)} refused ${method}: ${reply.error?.message ?? "it gives no result"}.`);
	return reply.result;
}
