import { JsonRpcProvider } from "ethers";
import { ChainError } from "./ChainError.ts";

export type Network = {
	/** Undefined: whatever chain answers. */
	readonly chainId: number | undefined;
	readonly url: string | undefined;
	/** Environment variable, and Hardhat configuration variable, that names the node's address. */
	readonly urlVariable: string;
};

/** The variable that holds the key for every public network, here and in hardhat.config.ts. */
export const KEY_VARIABLE = "STRIKEPROOF_PRIVATE_KEY";

const LOCAL = "http://127.0.0.1:8545";

/** The networks by name: the same for the command line and for Hardhat. */
export const NETWORKS: Readonly<Record<string, Network>> = {
	localhost: { chainId: undefined, url: LOCAL, urlVariable: "LOCALHOST_RPC_URL" },
	anvil: { chainId: 31337, url: LOCAL, urlVariable: "ANVIL_RPC_URL" },
	sepolia: { chainId: 11155111, url: undefined, urlVariable: "SEPOLIA_RPC_URL" },
	hoodi: { chainId: 560048, url: undefined, urlVariable: "HOODI_RPC_URL" },
};

/** Chain id of embedded and development chains, whose keys are public. */
export const DEVELOPMENT_CHAIN_ID = 31337;

const TIMEOUT_MS = 5000;

/**
 * Connects to the node of a network. Throws ChainError UNREACHABLE or WRONG_CHAIN with one sentence: it asks once, where ethers' provider would ask for
 * ever and say nothing.
 */
export async function connect(name: string, url: string): Promise<JsonRpcProvider> {
	let chainId: number;
	try {
		const response = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		chainId = Number(((await response.json()) as { result?: string }).result);
		if (!Number.isSafeInteger(chainId)) throw new Error(`it answers HTTP ${response.status} without a chain id`);
	} catch (cause) {
		const { message, cause: inner } = cause as Error & { cause?: Error };
		throw new ChainError("UNREACHABLE", `No Ethereum node answers at ${hostOf(url)} (${inner?.message || message}).`, cause);
	}
	const wanted = NETWORKS[name]?.chainId;
	if (wanted !== undefined && wanted !== chainId)
		throw new ChainError("WRONG_CHAIN", `The node at ${hostOf(url)} is of chain ${chainId}, but ${name} is chain ${wanted}.`);
	return new JsonRpcProvider(url, chainId, { staticNetwork: true, cacheTimeout: -1 });
}

/** An address without its path and query, where providers put their customers' keys. */
function hostOf(url: string): string {
	try {
		const { protocol, host } = new URL(url);
		return `${protocol}//${host}`;
	} catch {
		return url;
	}
}
