// What an answer of an Ethereum node means. Nodes and providers agree on codes for little, so their sentences are read too.

export type EndpointErrorCode = "UNREACHABLE" | "RATE_LIMITED" | "BAD_ANSWER" | "BEHIND" | "FOREIGN";

/** One endpoint did not serve a request: another one may. What the chain itself refuses, such as a call that reverts, is no such error. */
export class EndpointError extends Error {
	readonly code: EndpointErrorCode;
	/** Milliseconds for which the endpoint asks to be left alone. */
	readonly retryAfterMs: number | undefined;

	constructor(code: EndpointErrorCode, message: string, retryAfterMs?: number, cause?: unknown) {
		super(message, { cause });
		this.code = code;
		this.retryAfterMs = retryAfterMs;
	}
}

export type RpcFault = { readonly code?: number; readonly message?: string; readonly data?: unknown };

/** EIP-1474's "limit exceeded", which many providers use for other limits too: the sentence decides then. */
const LIMIT_EXCEEDED = -32_005;
const RATE_LIMITED =
	/rate.?limit|too many requests|requests? (per|a) second|(compute units|throughput|capacity|quota|credits?|daily request).*(exceed|reached|limit)|exceeded.*(compute units|throughput|capacity|quota|plan|credits)|\b429\b/i;

/**
 * A range of logs that is longer, or holds more, than the provider gives at once. By provider: geth and Erigon "query returned more than", Infura "query returned
 * more than 10000 results" (-32005), Alchemy "Log response size exceeded" and "You can make eth_getLogs requests with up to a", QuickNode "eth_getLogs is limited to
 * a 10,000 range", Ankr "block range is too wide", Cloudflare "Max range: 800", Chainstack "Block range limit exceeded", BlastAPI and Blockpi "range is too large", dRPC
 * "ranges over 10000 blocks are not supported", Nethermind "Too many logs requested", PublicNode "exceed maximum block range", Besu "Requested range exceeds maximum".
 */
const RANGE_TOO_LARGE =
	/query returned more than|response size|up to a \S* ?\S* ?block range|limited to .{0,30}(block|range)|range (is )?(too|limit|exceed)|max(imum)? (block )?range|(exceed|over|above|larger|greater|more) .*(block )?range|ranges? (over|above|exceed)|too many (logs|results|blocks)|too (large|wide|big).*range|(query|request|execution) time(out| ?d? ?out)|response (is )?too (large|big)|(more than|exceeds?|over) [\d,]+ (results|logs|blocks)/i;

/** The node does not have a block, or no state for it, that another one may have. */
const BEHIND =
	/header not found|unknown block|block not found|missing trie node|state .*(not|un)available|block .*(not yet|is not available)|future block/i;

export function isRateLimit({ code, message = "" }: RpcFault): boolean {
	if (isRangeTooLarge({ message })) return false;
	return code === 429 || code === LIMIT_EXCEEDED || code === -32_029 || RATE_LIMITED.test(message);
}

export function isRangeTooLarge({ message = "" }: RpcFault): boolean {
	return RANGE_TOO_LARGE.test(message);
}

export function isBehind({ message = "" }: RpcFault): boolean {
	return BEHIND.test(message);
}

/** Whether nodes say by this that they, or the chain, have the transaction already. */
export function isAlreadyKnown({ message = "" }: RpcFault): boolean {
	return /already known|known transaction|already imported|already exists|nonce too low|nonce has already been used/i.test(message);
}
