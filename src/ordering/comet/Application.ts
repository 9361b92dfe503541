// The ABCI 2.0 application of one member: it says what may stand in a block, signs what it decided and executed, and hands decided bundles on.

import type { Request, RequestFinalizeBlock, RequestPrepareProposal, RequestProcessProposal } from "cosmjs-types/tendermint/abci/types";
import { Response } from "cosmjs-types/tendermint/abci/types";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { BatchProposal, OrderedBundle } from "../../ports/Orderer.ts";
import type { Signer } from "../../ports/Signer.ts";
import type { Store } from "../../ports/Store.ts";
import type { StateVote } from "../../protocol/Checkpoint.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Proposals from "../proposals.ts";
import type { WriteAheadLog } from "../local/WriteAheadLog.ts";
import * as Decided from "./Decided.ts";
import * as Envelope from "./Envelope.ts";
import * as Extension from "./Extension.ts";
import * as Finalized from "./Finalized.ts";

export type ApplicationOptions = {
	readonly chainId: string;
	/** Who decides at the beginning. */
	readonly committee: Decided.Committee;
	/** Compressed public keys of those, in hexadecimal. Without them the committee cannot change. */
	readonly keys?: ReadonlyMap<string, string>;
	/** The committee as this member sees it on L1 now, ascending by address; undefined while it does not know, or where it never changes. */
	readonly committeeOnL1?: () => readonly Extension.SeenMember[] | undefined;
	/** The member's key: the one that the engine votes with, so that one stake stands behind both. */
	readonly signer: Signer;
	readonly digests: Decided.Digests;
	/** Where decided bundles go, and what this member signed and decided. SAFETY: lost with the key's stake if it is not durable. */
	readonly log: WriteAheadLog;
	readonly store: Store;
	/** The member's clock in seconds, and how many final L1 messages it saw: its share of the members' median. */
	readonly now: () => number;
	readonly l1Count: () => number;
	/** Root of the state after the bundles up to a height, once it is executed. */
	readonly rootAt: (height: number) => Uint8Array | undefined;
	/** The newest state at a place that L1 knows which this member derived and stands behind with its stake, and what is signed for it. */
	readonly standsBehind?: () => (StateVote & { readonly digest: Uint8Array }) | undefined;
	/** Whether this member would post that batch: SAFETY: its signature lets anybody. */
	readonly approves: (proposal: BatchProposal) => boolean;
	/** False while this member must not sign: its disk is nearly full, or its clock is wrong. It follows all the same. */
	readonly maySign?: () => boolean;
};

/** What happened in a block, for those who wait. */
export type Decision = {
	readonly decided: Decided.Decided;
	/** The members' median of the time at this block, and who of them voted for the block before. */
	readonly time: number;
	/** In which round the block before was decided. */
	readonly round: number;
	readonly voters: Decided.Outcome["voters"];
	readonly hellos: Decided.Outcome["hellos"];
	readonly certified: Decided.Outcome["certified"];
	readonly bundles: readonly (OrderedBundle & { readonly lane?: string; readonly laneSequence?: number })[];
	readonly contradictions: readonly Decided.Contradiction[];
};

const STATE_KEY = "decided";
/** Before the heights of the engine's blocks that hold evidence. */
const ACCUSING = "accusing/";
const EXTENSION_COMMITTED = 2;
const STATUS_ACCEPT = 1;
const STATUS_REJECT = 2;
/** How far ahead of its lane a gateway's bundle may wait. LIMIT: beyond it the gateway is told to slow down, so that nobody's backlog fills the others' memory. */
const MAX_AHEAD = 64;
/** Longer than it takes until every member proposed a block. */
const MAX_POOLED_BLOCKS = 64;
/** Checked signatures are remembered for so many transactions: more than a pool holds of thirteen members. */
const MAX_KNOWN = 1_024;
/** Bundles of the order that are read at once. */
const PIECE = 64;

export class Application {
	readonly #options: ApplicationOptions;
	readonly #listeners = new Set<(decision: Decision) => void>();
	readonly #known = new Map<string, Envelope.Envelope | string>();
	/** What waits in the engine's pool, by Decided.placeInPool: which transaction, and at which blocks it was checked first and last. */
	readonly #pooled = new Map<string, { readonly key: string; readonly since: number; readonly checkedAt: number }>();
	readonly #founders: Decided.Founders;
	#decided: Decided.Decided;
	#committee: Decided.Committee;
	#pending: (Decided.Outcome & { readonly hasEvidence: boolean }) | undefined;
	/** The last state of this member that a decided block brought to all: it is said until then, and not again. */
	#heard = "";
	#medianTime = 0;
	/** SAFETY: while this member does not know what it signed, it takes whatever it was asked to for signed. */
	hasForgotten = false;

	constructor(options: ApplicationOptions) {
		this.#options = options;
		const bytes = options.store.get(STATE_KEY);
		this.#decided = bytes ? (JSON.parse(Buffer.from(bytes).toString()) as Decided.Decided) : Decided.GENESIS;
		this.#founders = new Map(
			[...options.committee].map(([address, power]) => [address, { power, publicKey: options.keys?.get(address) ?? "" }]),
		);
		this.#committee = Decided.committeeOf(this.#decided, this.#founders);
	}

	/** Whether a store holds what a member decided, and so what it promised. */
	static isIn(store: Store): boolean {
		return store.get(STATE_KEY) !== undefined;
	}

	/** Goes back to the beginning, so that the engine brings all blocks again; what this member promised stays. The engine must not run. */
	async rewind(): Promise<void> {
		await this.#options.store.commit([{ key: STATE_KEY, value: encodeJson(Decided.GENESIS) }]);
		this.#decided = Decided.GENESIS;
		this.#committee = Decided.committeeOf(this.#decided, this.#founders);
		this.#pending = undefined;
	}

	get decided(): Decided.Decided {
		return this.#decided;
	}

	/** Who decides now: power by address. */
	get committee(): Decided.Committee {
		return this.#committee;
	}

	/** What time the members said at the last block, in seconds; 0 before this process heard any. */
	get medianTime(): number {
		return this.#medianTime;
	}

	/** Heights of the engine's blocks that hold evidence against a member, ascending. */
	*accusing(): Generator<number> {
		for (const [key] of this.#options.store.range(ACCUSING, "accusing0")) yield Number(key.slice(ACCUSING.length));
	}

	/** Calls `listener` after every block, when its bundles are durable. Returns the removal. */
	watch(listener: (decision: Decision) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** As `handle`, encoded: the engine knows more of a decided block's answer than the package that holds its messages. */
	readonly answer = async (request: Request): Promise<Uint8Array> =>
		request.finalizeBlock ? this.#finalize(request.finalizeBlock) : Response.encode(await this.handle(request)).finish();

	/** Answers the engine. Throws only where going on would be wrong: then the engine stops too. */
	readonly handle = async (request: Request): Promise<Response> => {
		const { decided } = this;
		if (request.echo) return Response.fromPartial({ echo: { message: request.echo.message } });
		if (request.flush) return Response.fromPartial({ flush: {} });
		if (request.info) {
			const lastBlockAppHash = decided.blockHeight > 0 ? Decided.appHash(decided) : new Uint8Array(0);
			const appVersion = BigInt(Decided.RULES);
			return Response.fromPartial({
				info: { data: "strikeproof", appVersion, lastBlockHeight: BigInt(decided.blockHeight), lastBlockAppHash },
			});
		}
		if (request.initChain) return Response.fromPartial({ initChain: { appHash: Decided.appHash(Decided.GENESIS) } });
		if (request.query) return Response.fromPartial({ query: { height: BigInt(decided.blockHeight) } });
		if (request.checkTx) return Response.fromPartial({ checkTx: this.#checkTx(request.checkTx.tx) });
		if (request.prepareProposal) return Response.fromPartial({ prepareProposal: { txs: this.#prepare(request.prepareProposal) } });
		if (request.processProposal) {
			const refusal = this.#refusalOf(request.processProposal);
			return Response.fromPartial({ processProposal: { status: refusal === undefined ? STATUS_ACCEPT : STATUS_REJECT } });
		}
		if (request.extendVote) return Response.fromPartial({ extendVote: { voteExtension: await this.#extend() } });
		if (request.verifyVoteExtension) {
			const isReadable = Extension.decode(request.verifyVoteExtension.voteExtension) !== undefined;
			return Response.fromPartial({ verifyVoteExtension: { status: isReadable ? STATUS_ACCEPT : STATUS_REJECT } });
		}
		if (request.finalizeBlock) return Response.decode(this.#finalize(request.finalizeBlock));
		if (request.commit) {
			await this.#commit();
			return Response.fromPartial({ commit: {} });
		}
		// No snapshots of the order are offered: a member that joins, or lost what it had, replays the blocks.
		if (request.listSnapshots) return Response.fromPartial({ listSnapshots: {} });
		if (request.offerSnapshot) return Response.fromPartial({ offerSnapshot: { result: 3 } });
		if (request.loadSnapshotChunk) return Response.fromPartial({ loadSnapshotChunk: {} });
		if (request.applySnapshotChunk) return Response.fromPartial({ applySnapshotChunk: { result: 2 } });
		return Response.fromPartial({ exception: { error: "this request is unknown" } });
	};

	/** Admission: what can never stand in a block, or only after too many others, is not taken into memory. */
	#checkTx(transaction: Uint8Array): { code: number; log: string } {
		const envelope = this.#read(transaction);
		if (typeof envelope === "string") return { code: 1, log: envelope };
		if (envelope.kind !== Envelope.BUNDLE) {
			const refusal = Decided.continues(this.#decided, this.#committee, envelope, Decided.holdingNothing());
			if (refusal) return { code: 2, log: refusal };
		} else if (!this.#committee.has(envelope.lane)) return { code: 1, log: `${envelope.lane} is no member of the committee` };
		if (envelope.kind === Envelope.CUT) {
			if (Proposals.placeOf(envelope.proposal) in this.#decided.cuts) return { code: 2, log: "the place is cut already" };
		} else if (envelope.kind === Envelope.BUNDLE) {
			const next = this.#decided.lanes[envelope.lane] ?? 0;
			if (envelope.sequence < next) return { code: 2, log: `the lane is at ${next} already` };
			if (envelope.sequence >= next + MAX_AHEAD) return { code: 3, log: `the lane is at ${next}: slow down` };
		}
		const refusal = this.#keep(envelope, transaction);
		return { code: refusal === undefined ? 0 : 2, log: refusal ?? "" };
	}

	/**
	 * Keeps a transaction's place in the engine's pool, or says why it has none: at a place stands one, so that no member fills the pools with what nobody could
	 * take. After a block the engine checks again what stays in its pool: what was not checked since is there no more. What no proposer took for so long is in
	 * this pool alone, or waits for something that does not come, and goes, so that the lane can say it anew to all.
	 */
	#keep(envelope: Envelope.Envelope, transaction: Uint8Array): string | undefined {
		const { blockHeight } = this.#decided;
		const place = Decided.placeInPool(envelope);
		const key = Bytes.toHex(Keccak.hash(transaction));
		const kept = this.#pooled.get(place);
		if (kept && kept.key !== key && kept.checkedAt === blockHeight) return `another one of ${envelope.lane} waits already`;
		const since = kept?.key === key && kept.checkedAt >= blockHeight - 1 ? kept.since : blockHeight;
		if (blockHeight - since < MAX_POOLED_BLOCKS) return void this.#pooled.set(place, { key, since, checkedAt: blockHeight });
		this.#pooled.delete(place);
		return `nobody took it for ${MAX_POOLED_BLOCKS} blocks`;
	}

	#prepare(request: RequestPrepareProposal): Uint8Array[] {
		const chosen: Uint8Array[] = [];
		const maxBytes = Number(request.maxTxBytes);
		let bytes = 0;
		const take = (transaction: Uint8Array): boolean => {
			// A transaction costs its length, a tag and at most three bytes of length in the block.
			if (bytes + transaction.length + 4 > maxBytes) return false;
			bytes += transaction.length + 4;
			chosen.push(transaction);
			return true;
		};
		if (request.height > 1n) {
			const votes = (request.localLastCommit?.votes ?? []).filter((vote) => Number(vote.blockIdFlag) === EXTENSION_COMMITTED);
			take(
				Extension.encodeCommit({
					round: request.localLastCommit?.round ?? 0,
					votes: votes.map((vote) => ({
						address: Bytes.toHex(vote.validator?.address ?? new Uint8Array(20)),
						extension: vote.voteExtension,
						signature: vote.extensionSignature,
					})),
				}),
			);
		}
		const holding = Decided.holdingNothing();
		const known = request.txs
			.map((transaction) => ({ transaction, envelope: this.#read(transaction) }))
			.filter((one): one is { transaction: Uint8Array; envelope: Envelope.Envelope } => typeof one.envelope !== "string")
			// Gossip may bring a lane's bundles in any order.
			.sort((a, b) => sequenceOf(a.envelope) - sequenceOf(b.envelope));
		for (const { transaction, envelope } of known) {
			if (Decided.continues(this.#decided, this.#committee, envelope, holding) !== undefined) continue;
			// What finds no room must not count as taken, or its lane's next one would leave a hole.
			if (take(transaction)) Decided.hold(holding, envelope);
		}
		return chosen;
	}

	/** INVARIANT: depends on the proposal and on what is decided only, so that honest members answer alike. */
	#refusalOf(request: RequestProcessProposal): string | undefined {
		const { chainId } = this.#options;
		let transactions: readonly Uint8Array[] = request.txs;
		if (request.height > 1n) {
			const commit = transactions.length > 0 ? Extension.decodeCommit(transactions[0]) : undefined;
			if (!commit) return "the extensions are missing";
			const votes = (request.proposedLastCommit?.votes ?? []).filter((vote) => Number(vote.blockIdFlag) === EXTENSION_COMMITTED);
			const addresses = votes.map((vote) => Bytes.toHex(vote.validator?.address ?? new Uint8Array(20)));
			const expected = { round: request.proposedLastCommit?.round ?? 0, addresses };
			const refusal = Extension.refusalOf(commit, expected, chainId, Number(request.height) - 1);
			if (refusal) return refusal;
			transactions = transactions.slice(1);
		}
		const holding = Decided.holdingNothing();
		for (const transaction of transactions) {
			const envelope = this.#read(transaction);
			if (typeof envelope === "string") return envelope;
			const refusal = Decided.continues(this.#decided, this.#committee, envelope, holding);
			if (refusal) return refusal;
			Decided.hold(holding, envelope);
		}
		return undefined;
	}

	/** SAFETY: signs only what earlier blocks decided, and one root and one batch for a place for ever: what it is about to sign is durable first. */
	async #extend(): Promise<Uint8Array> {
		const { now, l1Count, rootAt, approves, signer, digests, maySign } = this.#options;
		const { target, cuts } = this.#decided;
		const seen = this.#news();
		const share = { time: now(), l1Count: l1Count(), cuts: [], ...(seen && { committee: seen }) };
		if (maySign && !maySign()) return Extension.encode(share);
		const root = target && !(signer.address in target.signed) ? rootAt(target.height) : undefined;
		const signsRoot = target && root && (await this.#mayPromise(`signed/checkpoint/${target.height}`, root));
		const checkpoint = signsRoot
			? {
					height: target.height,
					root,
					signature: await signer.sign(digests.checkpoint(target.height, Bytes.fromHex(target.streamHash), root)),
				}
			: undefined;
		const state = await this.#signedState();
		const signed: Extension.SignedCut[] = [];
		for (const [place, cut] of Object.entries(cuts)) {
			if (signer.address in cut.signed) continue;
			const proposal = Proposals.decode(Bytes.fromHex(cut.proposal));
			const digest = Bytes.fromHex(cut.digest);
			if (!approves(proposal) || !(await this.#mayPromise(`signed/batch/${place}`, digest))) continue;
			signed.push({ index: proposal.index, previousAccumulator: proposal.previousAccumulator, signature: await signer.sign(digest) });
		}
		return Extension.encode({ ...share, ...(checkpoint && { checkpoint }), ...(state && { state }), cuts: signed });
	}

	/** SAFETY: one commitment for a place for ever. */
	async #signedState(): Promise<Extension.SignedState | undefined> {
		const { standsBehind, signer } = this.#options;
		const stand = standsBehind?.();
		if (!stand || this.#heard === placeOf(stand)) return undefined;
		const { digest, ...vote } = stand;
		if (!(await this.#mayPromise(`signed/state/${placeOf(stand)}`, vote.commitment))) return undefined;
		return { ...vote, signature: await signer.sign(digest) };
	}

	/** The committee on L1 when it is another than the one that was seen there last. */
	#news(): readonly Extension.SeenMember[] | undefined {
		const seen = this.#options.committeeOnL1?.();
		if (!seen || seen.length === 0 || seen.length > Extension.MAX_MEMBERS) return undefined;
		const known = this.#decided.seen ?? Object.fromEntries(this.#options.committee);
		const isKnown = seen.length === Object.keys(known).length && seen.every(({ address, power }) => known[address] === power);
		return isKnown ? undefined : seen;
	}

	/** Whether `value` is what was promised under this key, or becomes so durably now. */
	async #mayPromise(key: string, value: Uint8Array): Promise<boolean> {
		const given = this.#options.store.get(key);
		if (given) return Bytes.equal(given, value);
		await this.#options.store.commit([{ key, value }]);
		return true;
	}

	#finalize(request: RequestFinalizeBlock): Uint8Array {
		const { digests } = this.#options;
		const before = this.#decided;
		if (Number(request.height) !== before.blockHeight + 1)
			throw new OrderingError(
				"CORRUPT",
				`The engine decides block ${request.height} after ${before.blockHeight}: one of the two lost something.`,
			);
		const isFirst = request.height === 1n;
		const commit = isFirst ? undefined : Extension.decodeCommit(request.txs[0] ?? new Uint8Array(0));
		const envelopes = request.txs.slice(isFirst ? 0 : 1).map((transaction) => this.#read(transaction));
		const readable = envelopes.map((envelope) => (typeof envelope === "string" ? undefined : envelope));
		const content = (from: number, to: number): Uint8Array | undefined => this.#content(from, to);
		const outcome = Decided.apply(before, this.#committee, commit, readable, digests, content);
		this.#pending = { ...outcome, hasEvidence: request.misbehavior.length > 0 };
		const { decided } = outcome;
		return Finalized.encode(Decided.appHash(decided), request.txs.length, Decided.changes(before, decided, this.#founders));
	}

	async #commit(): Promise<void> {
		const { log, store } = this.#options;
		const outcome = this.#pending;
		if (!outcome) return;
		const before = this.#decided.height;
		// After a crash between log and store the block comes again: what the log holds already must be the same.
		const held = log.read(before + 1, before + outcome.placed.length);
		const bundles = await Promise.all(
			outcome.placed.map(async ({ bundle, lane, sequence }, i) => {
				if (held[i] && !Bytes.equal(held[i].records, bundle.records))
					throw log.damaged(`The log holds another bundle ${before + 1 + i} than the committee decided.`);
				return { ...(held[i] ?? (await log.append(bundle))), ...(lane !== undefined && { lane, laneSequence: sequence }) };
			}),
		);
		const changes = [{ key: STATE_KEY, value: encodeJson(outcome.decided) }];
		const { blockHeight } = outcome.decided;
		if (outcome.hasEvidence) changes.push({ key: `${ACCUSING}${String(blockHeight).padStart(15, "0")}`, value: Uint8Array.of(1) });
		for (const certified of outcome.certified) {
			const key = certified.kind === "batch" ? `certificate/${certified.place}` : "checkpoint";
			changes.push({ key, value: encodeJson(certified) });
		}
		for (const contradiction of outcome.contradictions)
			changes.push({ key: `contradiction/${contradiction.height}/${contradiction.member}`, value: encodeJson(contradiction) });
		if (this.hasForgotten)
			for (const [place, { digest }] of Object.entries(outcome.decided.cuts)) {
				const key = `signed/batch/${place}`;
				if (store.get(key) === undefined) changes.push({ key, value: Bytes.fromHex(digest) });
			}
		await store.commit(changes);
		this.#decided = outcome.decided;
		this.#committee = Decided.committeeOf(outcome.decided, this.#founders);
		this.#medianTime = outcome.time;
		for (const [place, { checkedAt }] of this.#pooled) if (checkedAt < blockHeight - 1) this.#pooled.delete(place);
		this.#pending = undefined;
		const { decided, time, round, voters, hellos, certified, contradictions } = outcome;
		const said = voters.find(({ address }) => address === this.#options.signer.address)?.said.state;
		if (said) this.#heard = placeOf(said);
		for (const listener of this.#listeners) listener({ decided, time, round, voters, hellos, bundles, certified, contradictions });
	}

	#content(fromHeight: number, toHeight: number): Uint8Array | undefined {
		const wanted = toHeight - fromHeight + 1;
		if (fromHeight < 1 || wanted < 0 || wanted > Decided.MAX_CONTENT_BYTES) return undefined;
		const pieces: Uint8Array[] = [];
		let length = 0;
		// Piece by piece: a member may ask for all of the order, which no batch holds.
		for (let from = fromHeight; from <= toHeight; from += PIECE) {
			for (const { records } of this.#options.log.read(from, Math.min(toHeight, from + PIECE - 1))) {
				pieces.push(records);
				length += records.length;
			}
			if (length > Decided.MAX_CONTENT_BYTES) return undefined;
		}
		return pieces.length === wanted ? Bytes.concat(...pieces) : undefined;
	}

	#read(transaction: Uint8Array): Envelope.Envelope | string {
		const key = Bytes.toHex(Keccak.hash(transaction));
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const envelope = Envelope.read(this.#options.chainId, transaction);
		this.#known.set(key, envelope);
		if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
		return envelope;
	}
}

function sequenceOf(envelope: Envelope.Envelope): number {
	return envelope.kind === Envelope.BUNDLE ? envelope.sequence : -1;
}

function placeOf({ gameId, step }: StateVote): string {
	return `${Bytes.toHex(gameId)}/${step}`;
}

function encodeJson(value: unknown): Uint8Array {
	return new Uint8Array(Buffer.from(JSON.stringify(value)));
}
