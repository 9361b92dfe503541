import { ChainError } from "./ChainError.ts";
import { Endpoint, nameOf } from "./Endpoint.ts";
import { EndpointPool } from "./EndpointPool.ts";
import type { PoolOptions } from "./EndpointPool.ts";

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

/** Where the addresses of several nodes stand, with spaces or commas between them; it goes before a network's own variable. */
export const RPC_VARIABLE = "STRIKEPROOF_RPC";

const TIMEOUT_MS = 5000;

/** The networks by name: the same for the command line and for Hardhat. */
export const NETWORKS: Readonly<Record<string, Network>> = {
	localhost: { chainId: undefined, url: LOCAL, urlVariable: "LOCALHOST_RPC_URL" },
	anvil: { chainId: 31337, url: LOCAL, urlVariable: "ANVIL_RPC_URL" },
	sepolia: { chainId: 11155111, url: undefined, urlVariable: "SEPOLIA_RPC_URL" },
	hoodi: { chainId: 560048, url: undefined, urlVariable: "HOODI_RPC_URL" },
};

/** Chain id of embedded and development chains, whose keys are public. */
export const DEVELOPMENT_CHAIN_ID = 31337;

/**
 * Connects to the nodes of a network, the preferred one first. Throws ChainError UNREACHABLE when none answers, and WRONG_CHAIN when one that answers is of another chain than the network
 * or the others: it asks once, where ethers' provider would ask for ever and say nothing.
 */
export async function connect(name: string, urls: string | readonly string[], options: PoolOptions = {}): Promise<EndpointPool> {
	const all = typeof urls === "string" ? [urls] : urls;
	const wrong = all.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ""));
	if (wrong !== undefined || all.length === 0)
		throw new ChainError(
			"UNREACHABLE",
			`No Ethereum node can be asked at "${wrong === undefined ? "" : nameOf(wrong)}": an http or https address is needed.`,
		);
	const answers = await Promise.all(all.map(chainOf));
	const found = answers.filter((answer) => "chainId" in answer);
	if (found.length === 0) {
		const [first] = answers as { readonly name: string; readonly trouble: string; readonly cause: unknown }[];
		const more = all.length > 1 ? `, nor at the ${all.length - 1} others` : "";
		throw new ChainError("UNREACHABLE", `No Ethereum node answers at ${first.name}${more} (${first.trouble}).`, first.cause);
	}
	const wanted = NETWORKS[name]?.chainId;
	const foreign = wanted === undefined ? undefined : found.find(({ chainId }) => chainId !== wanted);
	if (foreign)
		throw new ChainError("WRONG_CHAIN", `The node at ${foreign.name} is of chain ${foreign.chainId}, but ${name} is chain ${wanted}.`);
	const [first] = found;
	const other = found.find(({ chainId, genesis }) => chainId !== first.chainId || genesis !== first.genesis);
	if (other)
		throw new ChainError(
			"WRONG_CHAIN",
			`The nodes at ${first.name} and ${other.name} are of different chains (${first.chainId} and ${other.chainId}${first.chainId === other.chainId ? ", with different first blocks" : ""}): name nodes of one chain.`,
		);
	return new EndpointPool(all, first.chainId, { ...options, genesis: first.genesis });
}

type Answered = { readonly name: string; readonly chainId: number; readonly genesis: string | undefined };

async function chainOf(url: string): Promise<Answered | { readonly name: string; readonly trouble: string; readonly cause: unknown }> {
	const name = nameOf(url);
	const endpoint = new Endpoint(url, TIMEOUT_MS);
	try {
		const [chain] = await endpoint.call([{ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }]);
		const [zero] = await endpoint.call([{ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["0x0", false] }]);
		const chainId = "result" in chain ? Number(chain.result) : Number.NaN;
		if (!Number.isSafeInteger(chainId)) throw new Error("it answers without a chain id");
		const genesis = "result" in zero ? (zero.result as { hash?: string } | null)?.hash : undefined;
		return { name, chainId, genesis };
	} catch (cause) {
		return { name, trouble: (cause as Error).message.replace(`${name} `, "it "), cause };
	}
}
