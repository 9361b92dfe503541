import { JsonRpcProvider, toQuantity } from "ethers";
import type { JsonRpcPayload, JsonRpcResult } from "ethers";
import type { Log } from "../ports/Log.ts";
import type { Metrics } from "../ports/Metrics.ts";
import { Endpoint } from "./Endpoint.ts";
import type { Anchor, Answer } from "./Endpoint.ts";
import { EndpointError, isAlreadyKnown, isBehind } from "./endpointErrors.ts";

export type PoolOptions = {
	/** Milliseconds after which an endpoint that says nothing is given up for this request. */
	readonly timeoutMs?: number;
	/** Milliseconds for which a request is tried again while every endpoint fails. */
	readonly patienceMs?: number;
	/** Blocks by which an endpoint may be behind the best one and still be asked first. */
	readonly maxLagBlocks?: number;
	/** Milliseconds between looks at the endpoints that do not serve. */
	readonly probeMs?: number;
	/** Hash of the chain's first block, when it is known. */
	readonly genesis?: string | undefined;
	readonly log?: Log;
	readonly metrics?: Metrics;
};

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 15_000;
const MAX_LAG_BLOCKS = 3;
const PROBE_MS = 4000;
/** LIMIT: heads that were told and are compared with later answers, and for how long: a caller's look at L1 is over by then, and L1 may have replaced the block since. */
const TOLD = 256;
const TOLD_MS = 10_000;
/** Ids of the pool's own calls, which ethers never reaches. */
const OWN_IDS = 2 ** 40;
/** Asked of another endpoint when one has nothing: a transaction may be known to one and not yet to the next. */
const LOOKUPS: readonly string[] = ["eth_getTransactionReceipt", "eth_getTransactionByHash"];
/** Done twice, these do something else than done once. */
const ONCE = /^(?!eth_|net_|web3_)|^eth_(sendTransaction|newFilter|newBlockFilter|uninstallFilter|getFilterChanges)$/;

/**
 * Several addresses of Ethereum nodes as one provider (docs/decisions/0011-endpoints.md). One endpoint serves at a time, so that what is read fits together; the next one takes over when it fails, limits
 * requests, stands still or is of another chain, and only if it has the last head that was told. Then a caller sees one chain, or an error, never half of each of two. Transactions go to
 * all. Throws EndpointError when none can serve.
 */
export class EndpointPool extends JsonRpcProvider {
	readonly #endpoints: readonly Endpoint[];
	readonly #options: PoolOptions;
	/** Who serves, and who told the newest head. */
	#serving: Endpoint;
	#head: (Anchor & { readonly by: Endpoint; readonly at: number }) | undefined;
	/** Hashes of heads that were told, by number, and when. */
	readonly #told = new Map<number, { readonly hash: string; readonly at: number }>();
	/** Endpoints that were found to have the newest head that was told. */
	#agreeing = new Set<Endpoint>();
	#genesis: string | undefined;
	readonly #chain: number;
	#probedAt = performance.now();
	#log: Log | undefined;
	#metrics: Metrics | undefined;
	#isAlarmed = false;
	#ids = OWN_IDS;
	/** How often another endpoint took over. */
	switches = 0;

	/** @param urls in the order in which they are preferred */
	constructor(urls: readonly string[], chainId: number, options: PoolOptions = {}) {
		super(urls[0], chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
		this.#endpoints = urls.map((url) => new Endpoint(url, options.timeoutMs ?? TIMEOUT_MS));
		this.#options = options;
		this.#chain = chainId;
		this.#serving = this.#endpoints[0];
		this.#genesis = options.genesis;
		this.#log = options.log;
		this.#metrics = options.metrics;
	}

	/** From now on it says where it stands. */
	watch(log: Log, metrics?: Metrics): void {
		this.#log = log;
		this.#metrics = metrics;
		this.#measure();
	}

	/** Address of the endpoint that serves, without secrets. */
	get serving(): string {
		return this.#serving.name;
	}

	/** Every endpoint, and what is wrong with it; undefined when nothing is. */
	get states(): readonly { readonly name: string; readonly head: number | undefined; readonly trouble: string | undefined }[] {
		return this.#endpoints.map((one) => ({ name: one.name, head: one.head, trouble: this.#troubleOf(one) }));
	}

	override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
		const payloads = Array.isArray(payload) ? payload : [payload];
		const sent = payloads.filter(({ method }) => method === "eth_sendRawTransaction");
		const once = payloads.filter(({ method }) => ONCE.test(method));
		const reads = payloads.filter((one) => !sent.includes(one) && !once.includes(one));
		if (performance.now() - this.#probedAt > (this.#options.probeMs ?? PROBE_MS)) void this.#probe();
		const groups = await Promise.all([
			reads.length > 0 ? this.#read(reads) : [],
			...once.map((one) => this.#serving.call([one])),
			...sent.map(async (one) => [await this.#broadcast(one)]),
		]);
		// ethers takes refusals among the results, though its type does not say so.
		return groups.flat() as JsonRpcResult[];
	}

	async #read(payloads: readonly JsonRpcPayload[]): Promise<Answer[]> {
		const end = performance.now() + (this.#options.patienceMs ?? PATIENCE_MS);
		let failure: EndpointError | undefined;
		for (;;) {
			let behind: Answer[] | undefined;
			for (const endpoint of this.#candidates()) {
				try {
					const answers = await this.#ask(endpoint, payloads);
					// What one node does not have, another one may.
					if (this.#endpoints.length > 1 && answers.some((answer) => "error" in answer && isBehind(answer.error))) {
						behind ??= answers;
						continue;
					}
					this.#serve(endpoint);
					return await this.#lookElsewhere(endpoint, payloads, answers);
				} catch (error) {
					if (!(error instanceof EndpointError)) throw error;
					endpoint.failed(error);
					// That nobody's answer fits together with the head that was told says more than that somebody is away.
					if (failure?.code !== "BEHIND") failure = error;
					this.#log?.debug("an endpoint of L1 does not serve", { endpoint: endpoint.name, reason: error.message });
					this.#measure();
				}
			}
			if (behind) return behind;
			const wait = Math.min(...this.#endpoints.filter(({ foreign }) => !foreign).map(({ restsUntil }) => restsUntil)) - performance.now();
			// A node that is behind catches up, and one that limits requests serves again: a caller who asked for the newest head may also go on from another one.
			const pause = Math.max(50, wait);
			if (performance.now() + pause > end) {
				this.#alarm();
				throw failure ?? new EndpointError("UNREACHABLE", this.#everyTrouble());
			}
			await new Promise((resolve) => setTimeout(resolve, pause));
		}
	}

	/** Those that may be asked now, the best first: who serves goes on while nothing is wrong with it. */
	#candidates(): Endpoint[] {
		const usable = this.#endpoints.filter(({ foreign, isResting }) => !foreign && !isResting);
		const rank = (one: Endpoint): number => (this.#isLagging(one) ? 1000 : 0) + one.failures * 10 + (one === this.#serving ? 0 : 1);
		return usable
			.map((one, place) => ({ one, place }))
			.sort((a, b) => rank(a.one) - rank(b.one) || a.place - b.place)
			.map(({ one }) => one);
	}

	#isLagging({ head }: Endpoint): boolean {
		const best = Math.max(...this.#endpoints.map((one) => (one.foreign ? 0 : (one.head ?? 0))));
		return head !== undefined && best - head > (this.#options.maxLagBlocks ?? MAX_LAG_BLOCKS);
	}

	async #ask(endpoint: Endpoint, payloads: readonly JsonRpcPayload[]): Promise<Answer[]> {
		await this.#admit(endpoint);
		const asksHead = payloads.length === 1 && isHeadCall(payloads[0]);
		if (!asksHead) await this.#requireToldHead(endpoint);
		// The block at the end of each range of logs is asked for in the same request: a node that does not have it gives no logs instead of saying so.
		const witnesses = new Map<JsonRpcPayload, JsonRpcPayload>();
		for (const one of payloads) {
			const last = lastBlockOf(one);
			if (last !== undefined) witnesses.set(one, this.#blockCall(last));
		}
		const answers = await endpoint.call([...witnesses.values(), ...payloads]);
		for (const [i, [one]] of [...witnesses].entries()) {
			const block = blockOf(answers[i]);
			const number = Number(lastBlockOf(one));
			if (!block) throw new EndpointError("BEHIND", `${endpoint.name} does not have block ${number} yet`);
			const told = this.#told.get(number);
			if (told && told.hash !== block.hash && isFresh(told.at) && this.#endpoints.length > 1)
				throw new EndpointError("BEHIND", `${endpoint.name} has another block ${number} than the one that was told`);
			requireSound(endpoint, answers[witnesses.size + payloads.indexOf(one)], block);
		}
		const given = answers.slice(witnesses.size);
		for (const [i, one] of payloads.entries()) if (isHeadCall(one)) this.#hear(endpoint, given[i]);
		return given;
	}

	/** Everybody else's answers must go with the newest head that was told. */
	async #requireToldHead(endpoint: Endpoint): Promise<void> {
		const head = this.#head;
		if (!head || head.by === endpoint || !isFresh(head.at) || this.#agreeing.has(endpoint)) return;
		const [answer] = await endpoint.call([this.#blockCall(head.number)]);
		const block = blockOf(answer);
		if (!block) throw new EndpointError("BEHIND", `${endpoint.name} does not have block ${head.number} yet`);
		if (block.hash !== head.hash)
			throw new EndpointError("BEHIND", `${endpoint.name} has another block ${head.number} than the one that was told`);
		if (this.#head === head) this.#agreeing.add(endpoint);
	}

	#hear(endpoint: Endpoint, answer: Answer): void {
		const block = blockOf(answer);
		if (!block) return;
		endpoint.head = block.number;
		if (this.#head?.hash !== block.hash) this.#agreeing = new Set();
		const at = performance.now();
		this.#head = { ...block, by: endpoint, at };
		// What was told above a lower head is of a chain that L1 left.
		for (const number of this.#told.keys()) if (number > block.number) this.#told.delete(number);
		this.#told.delete(block.number);
		this.#told.set(block.number, { hash: block.hash, at });
		for (const number of this.#told.keys()) {
			if (this.#told.size <= TOLD) break;
			this.#told.delete(number);
		}
	}

	/** A transaction or receipt that one endpoint does not have is asked of the others: null is the answer only when it is everybody's. */
	async #lookElsewhere(endpoint: Endpoint, payloads: readonly JsonRpcPayload[], answers: Answer[]): Promise<Answer[]> {
		const missing = payloads.flatMap((one, i) =>
			LOOKUPS.includes(one.method) && "result" in answers[i] && answers[i].result === null ? [i] : [],
		);
		if (missing.length === 0) return answers;
		for (const other of this.#candidates()) {
			const left = missing.filter((i) => (answers[i] as { result: unknown }).result === null);
			if (other === endpoint || left.length === 0) continue;
			try {
				await this.#admit(other);
				const found = await other.call(left.map((i) => payloads[i]));
				for (const [place, i] of left.entries())
					if ("result" in found[place] && isOf(payloads[i], found[place].result)) answers[i] = found[place];
				other.served();
			} catch (error) {
				if (!(error instanceof EndpointError)) throw error;
				other.failed(error);
			}
		}
		return answers;
	}

	/** Gives a transaction to every endpoint. It is sent when one takes it, or has it. */
	async #broadcast(payload: JsonRpcPayload): Promise<Answer> {
		const usable = this.#candidates();
		const all = usable.length > 0 ? usable : this.#endpoints.filter(({ foreign }) => !foreign);
		const outcomes = await Promise.allSettled(
			all.map(async (endpoint) => {
				await this.#admit(endpoint);
				const [answer] = await endpoint.call([payload]);
				return answer;
			}),
		);
		const answers: Answer[] = [];
		for (const [i, outcome] of outcomes.entries()) {
			if (outcome.status === "fulfilled") answers.push(outcome.value);
			else if (outcome.reason instanceof EndpointError) all[i].failed(outcome.reason);
			else throw outcome.reason;
		}
		const taken = answers.find((answer) => "result" in answer);
		// "Already known" by one says more than a refusal by another, which may be behind.
		const known = answers.find((answer) => "error" in answer && isAlreadyKnown(answer.error));
		const given = taken ?? known ?? answers[0];
		if (given) return given;
		this.#alarm();
		throw new EndpointError("UNREACHABLE", this.#everyTrouble());
	}

	/** Compares its chain with the others', once until it fails again: what was restarted may be something else. */
	async #admit(endpoint: Endpoint): Promise<void> {
		if (endpoint.isAdmitted) return;
		const id = this.#ids++;
		const [chain, zero] = await endpoint.call([{ jsonrpc: "2.0", id, method: "eth_chainId", params: [] }, this.#blockCall(0)]);
		// Somebody else's question may have been answered first.
		if (endpoint.isAdmitted) return;
		const genesis = blockOf(zero);
		const chainId = "result" in chain ? Number(chain.result) : Number.NaN;
		if (!genesis || !Number.isSafeInteger(chainId))
			throw new EndpointError("BAD_ANSWER", `${endpoint.name} does not say of which chain it is`);
		const wasForeign = endpoint.foreign !== undefined;
		if (chainId !== this.#chain) endpoint.foreign = `it is of chain ${chainId}, not ${this.#chain}`;
		else if (this.#genesis !== undefined && this.#genesis !== genesis.hash)
			endpoint.foreign = `its chain ${chainId} begins with another block than the other endpoints'`;
		else this.#genesis = genesis.hash;
		if (endpoint.foreign) {
			if (!wasForeign)
				this.#log?.alarm("ForeignEndpoint", "an endpoint of L1 is of another chain and is not asked any more", {
					endpoint: endpoint.name,
					reason: endpoint.foreign,
				});
			throw new EndpointError("FOREIGN", `${endpoint.name} is not used: ${endpoint.foreign}`);
		}
		endpoint.isAdmitted = true;
	}

	#serve(endpoint: Endpoint): void {
		endpoint.served();
		this.#isAlarmed = false;
		if (this.#serving === endpoint) return;
		this.#log?.warn("another endpoint of L1 serves", {
			from: this.#serving.name,
			to: endpoint.name,
			reason: this.#troubleOf(this.#serving) ?? "it is well again",
		});
		this.#serving = endpoint;
		this.switches += 1;
		this.#measure();
	}

	/** Looks where everybody stands, so that who stands still is seen, and who is well again. */
	async #probe(): Promise<void> {
		this.#probedAt = performance.now();
		if (this.#endpoints.length === 1) return;
		await Promise.all(
			this.#endpoints.map(async (endpoint) => {
				if (endpoint.foreign || endpoint.isResting) return;
				try {
					await this.#admit(endpoint);
					const [answer] = await endpoint.call([{ jsonrpc: "2.0", id: this.#ids++, method: "eth_blockNumber", params: [] }]);
					if ("result" in answer) endpoint.head = Number(answer.result);
					endpoint.served();
				} catch (error) {
					if (error instanceof EndpointError) endpoint.failed(error);
				}
			}),
		);
		this.#measure();
	}

	#blockCall(number: number): JsonRpcPayload {
		return { jsonrpc: "2.0", id: this.#ids++, method: "eth_getBlockByNumber", params: [toQuantity(number), false] };
	}

	#troubleOf(endpoint: Endpoint): string | undefined {
		if (endpoint.foreign) return endpoint.foreign;
		if (endpoint.failures > 0) return endpoint.lastFailure;
		return this.#isLagging(endpoint) ? `it stands at block ${endpoint.head}, far behind the others` : undefined;
	}

	#everyTrouble(): string {
		const troubles = this.#endpoints.map((one) => `${one.name}: ${this.#troubleOf(one) ?? (one.lastFailure || "it was not asked")}`);
		return `No endpoint of L1 serves. ${troubles.join("; ")}.`;
	}

	#alarm(): void {
		if (!this.#isAlarmed)
			this.#log?.alarm("NoEndpoint", "no endpoint of L1 serves: nothing is read or sent until one does", { reason: this.#everyTrouble() });
		this.#isAlarmed = true;
		this.#measure();
	}

	#measure(): void {
		for (const endpoint of this.#endpoints) {
			this.#metrics?.set("l1_endpoint_healthy", this.#troubleOf(endpoint) === undefined ? 1 : 0, { endpoint: endpoint.name });
			if (endpoint.head !== undefined) this.#metrics?.set("l1_endpoint_head", endpoint.head, { endpoint: endpoint.name });
		}
	}
}

function isFresh(at: number): boolean {
	return performance.now() - at < TOLD_MS;
}

function isHeadCall({ method, params }: JsonRpcPayload): boolean {
	return method === "eth_getBlockByNumber" && Array.isArray(params) && params[0] === "latest";
}

function lastBlockOf({ method, params }: JsonRpcPayload): number | undefined {
	if (method !== "eth_getLogs" || !Array.isArray(params)) return undefined;
	const { toBlock } = (params[0] ?? {}) as { toBlock?: unknown };
	return typeof toBlock === "string" && toBlock.startsWith("0x") ? Number(toBlock) : undefined;
}

function blockOf(answer: Answer): Anchor | undefined {
	if (!("result" in answer)) return undefined;
	const { number, hash } = (answer.result ?? {}) as { number?: unknown; hash?: unknown };
	return typeof number === "string" && typeof hash === "string" ? { number: Number(number), hash } : undefined;
}

/** Whether a found transaction or receipt is the one that was asked for. */
function isOf({ params }: JsonRpcPayload, result: unknown): boolean {
	const { hash, transactionHash } = (result ?? {}) as { hash?: unknown; transactionHash?: unknown };
	return Array.isArray(params) && (hash === params[0] || transactionHash === params[0]);
}

/** Logs must lie in blocks that the node has: none behind the range, and those of its last block in that very block. */
function requireSound(endpoint: Endpoint, answer: Answer, last: Anchor): void {
	if (!("result" in answer) || !Array.isArray(answer.result)) return;
	for (const log of answer.result as { blockNumber?: string; blockHash?: string }[]) {
		const number = Number(log.blockNumber);
		if (number > last.number || (number === last.number && log.blockHash !== last.hash))
			throw new EndpointError("BAD_ANSWER", `${endpoint.name} gives logs of blocks that it does not have`);
	}
}
