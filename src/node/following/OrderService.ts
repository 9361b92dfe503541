import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import type { BatchCertificate, Orderer } from "../../ports/Orderer.ts";
import type { Handler } from "../../ports/Transport.ts";
import { decide } from "../../roles/batcher/decide.ts";
import * as rules from "../../roles/batcher/rules.ts";
import { look } from "../../roles/batcher/view.ts";
import { ORDERING } from "../../wire/ordering.ts";
import type { WireBundle, WireCertificate } from "../../wire/ordering.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";

export type OrderServicePorts = {
	readonly orderer: Orderer;
	readonly live: LiveExecutor;
	readonly inbox: InboxReader;
	readonly streamStart: (index: number) => number | undefined;
	/** Whether this node still stands behind what it executes. */
	readonly isSound: () => boolean;
	readonly minBytes?: number;
	readonly maxWaitMs?: number;
};

const MIN_BYTES = 60_000;
const MAX_WAIT_MS = 2000;
/** LIMIT: bytes of records in one answer, and bundles looked at for it. */
const ANSWER_BYTES = 1_000_000;
const ANSWER_BUNDLES = 256;
const POLL_MS = 20;

/**
 * Gives the order, and certificates of batches, to who follows over the wire. Anybody may ask. SAFETY: who asks for a certificate names only the place; what is signed for it is this node's own cut, when this
 * node would post it itself: one content is signed for one place for ever, so nobody else may choose it.
 */
export class OrderService {
	readonly #ports: OrderServicePorts;
	/** The batch that is next on L1, and since when this node knows. */
	#next = { index: -1, since: 0 };

	constructor(ports: OrderServicePorts) {
		this.#ports = ports;
	}

	/** Answers the order's calls, and leaves the others to `handler`. */
	before(handler: Handler): Handler {
		return async (method, params, peer) => {
			if (!Object.hasOwn(ORDERING, method)) return handler(method, params, peer);
			if (method === "order/read") return this.#read(parse(ORDERING["order/read"].params, params));
			return this.#certificate(parse(ORDERING["order/certificate"].params, params));
		};
	}

	async #read({ from, wait_ms: waitMs }: { from: number; wait_ms: number }): Promise<{ height: number; bundles: WireBundle[] }> {
		const { orderer } = this.#ports;
		for (const end = performance.now() + waitMs; orderer.height < from && performance.now() < end;)
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		const { height } = orderer;
		const bundles: WireBundle[] = [];
		let bytes = 0;
		for (const one of height < from ? [] : await orderer.read(from, Math.min(height, from + ANSWER_BUNDLES - 1))) {
			bytes += one.records.length;
			if (bundles.length > 0 && bytes > ANSWER_BYTES) break;
			bundles.push({
				height: one.height,
				first_sequence: one.firstSequence,
				record_count: one.recordCount,
				stream_end: one.streamEnd,
				stream_hash: Bytes.toHex(one.streamHash),
				records: Bytes.toHex(one.records),
			});
		}
		return { height, bundles };
	}

	async #certificate({
		index,
		previous_accumulator: accumulator,
	}: {
		index: number;
		previous_accumulator: string;
	}): Promise<WireCertificate | null> {
		const { orderer, live, inbox, streamStart, isSound, minBytes = MIN_BYTES, maxWaitMs = MAX_WAIT_MS } = this.#ports;
		if (!isSound()) return null;
		const view = await look(inbox, live, streamStart);
		if (this.#next.index !== view.index) this.#next = { index: view.index, since: performance.now() };
		// Who asks may be ahead of this node's endpoint, or behind it.
		if (view.index !== index || Bytes.toHex(view.previousAccumulator) !== accumulator.toLowerCase()) return null;
		const proposal = decide(view);
		if (!proposal || !view.cut) return null;
		const bytes = view.cut.streamEnd - (streamStart(index) ?? 0);
		if (!rules.isWorthPosting(bytes, minBytes, performance.now() - this.#next.since, maxWaitMs)) return null;
		const certificate = await orderer.certificate(proposal);
		return certificate ? encode(certificate) : null;
	}
}

function parse<T>(
	schema: { safeParse(value: unknown): { success: boolean; data?: T; error?: { issues: { message: string }[] } } },
	params: unknown,
): T {
	const parsed = schema.safeParse(params);
	if (!parsed.success) throw new RpcError(Code.InvalidParams, parsed.error?.issues[0]?.message ?? "wrong parameters");
	return parsed.data as T;
}

function encode({ proposal, content, signatures }: BatchCertificate): WireCertificate {
	return {
		proposal: {
			index: proposal.index,
			previous_accumulator: Bytes.toHex(proposal.previousAccumulator),
			min_time: proposal.minTime,
			max_time: proposal.maxTime,
			l1_end: proposal.l1End,
			from_height: proposal.fromHeight,
			to_height: proposal.toHeight,
		},
		content: Bytes.toHex(content),
		signatures: signatures.map(Bytes.toHex),
	};
}
