// A real HTTP server in front of a real chain, which misbehaves as it is told.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Call = { readonly id: number; readonly method: string; readonly params: unknown[] };
type Reply = { id: number; jsonrpc: "2.0"; result?: unknown; error?: { code: number; message: string } };

export type Faults = {
	/** Closes every connection without an answer. */
	isDead?: boolean;
	/** Milliseconds before each answer. */
	delayMs?: number;
	/** Answers HTTP 429 so many times, and asks for this much rest. */
	refusals?: number;
	retryAfterSeconds?: number;
	/** Refuses each call with this error instead. */
	error?: { code: number; message: string };
	/** Ends every answer in the middle. */
	isTruncated?: boolean;
	/** Answers HTML with this status. */
	status?: number;
	/** Knows nothing newer than this block, and says so for blocks but not for logs, as nodes do. */
	stuckAt?: number;
	/** Says that no transaction has a receipt. */
	hidesReceipts?: boolean;
	/** Drops transactions and says that they are sent. */
	swallowsTransactions?: boolean;
	/** Blocks of logs that it gives at once, and what it says of more. */
	maxRange?: number;
	rangeError?: { code: number; message: string };
	/** Refuses several calls in one request. */
	refusesBatches?: boolean;
	/** Another chain to ask instead. */
	instead?: string;
};

export class FaultyEndpoint {
	readonly #upstream: string;
	readonly #server: Server;
	faults: Faults = {};
	url = "";
	/** Calls that arrived, by method, and requests. */
	readonly calls = new Map<string, number>();
	requests = 0;

	private constructor(upstream: string) {
		this.#upstream = upstream;
		this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
	}

	static async start(upstream: string, faults: Faults = {}): Promise<FaultyEndpoint> {
		const endpoint = new FaultyEndpoint(upstream);
		endpoint.faults = faults;
		await new Promise<void>((resolve) => endpoint.#server.listen(0, "127.0.0.1", resolve));
		endpoint.url = `http://127.0.0.1:${(endpoint.#server.address() as AddressInfo).port}/key/of-a-customer`;
		return endpoint;
	}

	count(method: string): number {
		return this.calls.get(method) ?? 0;
	}

	close(): Promise<void> {
		this.#server.closeAllConnections();
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { faults } = this;
		this.requests += 1;
		let text = "";
		for await (const chunk of request) text += String(chunk);
		if (faults.isDead) return void response.destroy();
		if (faults.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
		if (faults.status !== undefined) return void response.writeHead(faults.status).end("<html>Service unavailable</html>");
		if ((faults.refusals ?? 0) > 0) {
			faults.refusals = (faults.refusals as number) - 1;
			const headers = faults.retryAfterSeconds === undefined ? {} : { "retry-after": String(faults.retryAfterSeconds) };
			return void response.writeHead(429, headers).end("slow down");
		}
		const asked = JSON.parse(text) as Call | Call[];
		const calls = [asked].flat();
		for (const { method } of calls) this.calls.set(method, this.count(method) + 1);
		if (Array.isArray(asked) && faults.refusesBatches)
			return void response.end(
				JSON.stringify({ id: null, jsonrpc: "2.0", error: { code: -32_600, message: "batches are not supported" } }),
			);
		const replies: Reply[] = [];
		for (const call of calls) replies.push(await this.#reply(call));
		const body = JSON.stringify(Array.isArray(asked) ? replies.reverse() : replies[0]);
		response.setHeader("content-type", "application/json");
		response.end(faults.isTruncated ? body.slice(0, Math.floor(body.length / 2)) : body);
	}

	async #reply(call: Call): Promise<Reply> {
		const { faults } = this;
		const { id, method, params } = call;
		const give = (result: unknown): Reply => ({ id, jsonrpc: "2.0", result });
		if (faults.error) return { id, jsonrpc: "2.0", error: faults.error };
		if (method === "eth_getTransactionReceipt" && faults.hidesReceipts) return give(null);
		if (method === "eth_sendRawTransaction" && faults.swallowsTransactions) return give(`0x${"11".repeat(32)}`);
		if (method === "eth_getLogs" && faults.maxRange !== undefined) {
			const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
			if (Number(toBlock) - Number(fromBlock) >= faults.maxRange)
				return { id, jsonrpc: "2.0", error: faults.rangeError ?? { code: -32_602, message: "block range is too wide" } };
		}
		const { stuckAt } = faults;
		if (stuckAt === undefined) return this.#ask(call);
		const hex = `0x${stuckAt.toString(16)}`;
		if (method === "eth_blockNumber") return give(hex);
		if (method === "eth_getBlockByNumber") {
			if (params[0] === "latest") return this.#ask({ ...call, params: [hex, params[1]] });
			return Number(params[0]) > stuckAt ? give(null) : this.#ask(call);
		}
		const reply = await this.#ask(call);
		// A node that is behind does not refuse a range that it does not have: it gives the logs that it knows.
		if (method === "eth_getLogs" && Array.isArray(reply.result))
			reply.result = (reply.result as { blockNumber: string }[]).filter(({ blockNumber }) => Number(blockNumber) <= stuckAt);
		if (method === "eth_getTransactionReceipt" && Number((reply.result as { blockNumber?: string } | null)?.blockNumber ?? 0) > stuckAt)
			reply.result = null;
		return reply;
	}

	async #ask(call: Call): Promise<Reply> {
		const response = await fetch(this.faults.instead ?? this.#upstream, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ ...call, jsonrpc: "2.0" }),
		});
		return { ...((await response.json()) as Reply), id: call.id };
	}
}
