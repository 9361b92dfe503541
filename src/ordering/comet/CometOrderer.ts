import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { BatchCertificate, BatchProposal, Bundle, OrderedBundle, Orderer } from "../../ports/Orderer.ts";
import type { Log } from "../../ports/Log.ts";
import { follow } from "../local/follow.ts";
import type { WriteAheadLog } from "../local/WriteAheadLog.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Proposals from "../proposals.ts";
import * as Batch from "../../protocol/Batch.ts";
import { stampRefusal, wholeRecords } from "../records.ts";
import { AbciServer } from "./AbciServer.ts";
import { Application } from "./Application.ts";
import type { ApplicationOptions, Decision } from "./Application.ts";
import { hasShownKey, isQuorum, membersOnL1 } from "./Decided.ts";
import type { Certified, Contradiction } from "./Decided.ts";
import * as DoubleVotes from "./DoubleVotes.ts";
import * as Engine from "./Engine.ts";
import * as Envelope from "./Envelope.ts";
import * as Home from "./Home.ts";
import * as Recovery from "./Recovery.ts";
import { Rejoining } from "./Rejoining.ts";
import * as SigningState from "./SigningState.ts";

export type CometOrdererOptions = Omit<ApplicationOptions, "log"> & {
	/** Folder of this member alone: the engine's files in `engine`, the decided bundles in `log`, and what of both was set aside as damaged. */
	readonly directory: string;
	/** Path of the unix socket between the two; short. */
	readonly socket: string;
	readonly network: Home.Network;
	readonly journal: Log;
	readonly binary?: string;
	/** Hears evidence against a member. */
	readonly onContradiction?: (contradiction: Contradiction) => void;
	/** Hears that the engine is gone though nobody stopped it. */
	readonly onEnd?: (code: number | undefined) => void;
};

/** Agreement of more than two thirds on the state after the bundles up to a height. */
export type Checkpoint = {
	readonly height: number;
	readonly streamHash: Uint8Array;
	readonly root: Uint8Array;
	readonly signatures: readonly Uint8Array[];
};

type Waiting = {
	readonly bundle: Bundle;
	readonly resolve: (bundle: OrderedBundle) => void;
	readonly reject: (error: Error) => void;
	/** Its place in the lane once it has one. */
	sequence: number;
	sentAt: number;
};

/** LIMIT: bundles of this gateway that are on their way; beyond it the gateway's clients are told to slow down. */
const MAX_ON_THE_WAY = 32;
/** A bundle that is not ordered by then is said again: its pool may have lost it. */
const SAY_AGAIN_MILLISECONDS = 2_000;
const TICK_MILLISECONDS = 250;
const HELLO_MILLISECONDS = 1_000;

/** The engine `comet`: this member of a committee that orders by CometBFT. */
export class CometOrderer implements Orderer {
	readonly stamps = true;
	readonly application: Application;
	readonly engine: Engine.Engine;
	readonly #options: CometOrdererOptions;
	readonly #log: WriteAheadLog;
	readonly #server: AbciServer;
	readonly #tick: NodeJS.Timeout;
	/** In the order of their places in the lane. */
	#waiting: Waiting[] = [];
	#nextSequence: number;
	#progressAt = performance.now();
	#closed = false;
	/** Whether the application stopped the engine since the last block. */
	#hasFailed = false;
	/** While this member does not know what it signed. */
	#rejoining: Rejoining | undefined;
	#helloAt = 0;

	private constructor(
		options: CometOrdererOptions,
		log: WriteAheadLog,
		application: Application,
		server: AbciServer,
		engine: Engine.Engine,
	) {
		this.#options = options;
		this.#log = log;
		this.application = application;
		this.#server = server;
		this.engine = engine;
		this.#nextSequence = application.decided.lanes[options.signer.address] ?? 0;
		application.watch((decision) => this.#onDecision(decision));
		this.#tick = setInterval(() => {
			this.#sayAgain();
			void this.#sayHello();
		}, TICK_MILLISECONDS);
		this.#tick.unref();
	}

	/** Opens the log, serves the application and starts the engine, whose home must have been written (Home.write). Throws OrderingError. */
	static async open(options: CometOrdererOptions): Promise<CometOrderer> {
		const { directory, network, journal } = options;
		mkdirSync(directory, { recursive: true });
		const home = join(directory, "engine");
		const log = await Recovery.openLog(directory, options.chainId, journal);
		const lastVote = SigningState.read(home);
		// Who voted for the second block has decided the first.
		const lostPromises = !Application.isIn(options.store) && (log.height > 0 || (typeof lastVote === "number" && lastVote > 1));
		const mayVote = typeof lastVote === "number" && !lostPromises;
		const damagedLog = Recovery.setDamagedLogAside(home);
		if (damagedLog)
			journal.warn("the engine's log lost its last vote and is set aside: the member leaves out the block that it voted on", {
				kept: damagedLog,
			});
		if (!mayVote) SigningState.forbid(home);
		else if (Recovery.hasNoLocks(home)) SigningState.leaveHeight(home);
		const application = new Application({ ...options, log });
		application.hasForgotten = !mayVote;
		const { decided } = application;
		if (decided.height > log.height || (decided.blockHeight > 0 && Recovery.hasNoBlocks(home))) {
			journal.warn("the member lost a part of the order: the engine brings all blocks again", { block: decided.blockHeight });
			await application.rewind();
		}
		const failed = (error: Error): void => {
			// Nobody asks the application before the engine is started for what stands below.
			orderer.#hasFailed = true;
			journal.alarm("OrderingFailed", "the member stopped ordering rather than guess", { reason: error.message });
		};
		const server = await AbciServer.listen(options.socket, application.answer, failed);
		Home.configure(home, options.socket, network);
		const engine = new Engine.Engine({
			home,
			binary: options.binary,
			said: (line) => journal.debug("the engine says", { line }),
			ended: (code) => options.onEnd?.(code),
		});
		const orderer = new CometOrderer(options, log, application, server, engine);
		if (!mayVote) orderer.#waitWithVotes();
		try {
			await engine.start();
		} catch (error) {
			await orderer.close();
			throw error;
		}
		return orderer;
	}

	get height(): number {
		return this.#log.height;
	}

	/** Milliseconds since the committee last decided a block, as this member knows: what a supervisor watches. */
	get stillForMilliseconds(): number {
		return performance.now() - this.#progressAt;
	}

	/** Whether the engine says that it reaches enough members to decide: with too few, starting it anew helps nobody. Undefined while it does not answer. LIMIT: counts members, not power. */
	async reachesEnough(): Promise<boolean | undefined> {
		const peers = await Engine.peerCount(this.#options.network.rpc);
		return peers === undefined ? undefined : 3 * (peers + 1) > 2 * this.application.committee.size;
	}

	/** Why this member does not vote, or undefined. */
	get silence(): string | undefined {
		return this.#rejoining?.reason;
	}

	/** Lets the engine vote again, once the order is past what this member may have voted on. Whether it did. */
	async voteAgain(): Promise<boolean> {
		const above = this.#rejoining?.mayVoteAbove;
		if (above === undefined) return false;
		await this.engine.stop();
		// SAFETY: an engine that is started behind a close would sign beside the next process that has the key.
		if (this.#closed) return false;
		SigningState.allowAbove(this.#home, above);
		this.#rejoining = undefined;
		this.application.hasForgotten = false;
		this.#options.journal.info("the member votes again", { above });
		await this.engine.start();
		return true;
	}

	/**
	 * The last rung for an engine that ends at every start: it is stopped and its data set aside, and once it is started, it copies the blocks from the others,
	 * each verified by the votes of more than two thirds. Whether the data was set aside: never while too few others run to hold the order, since then the damage may be everybody's.
	 */
	async resync(): Promise<boolean> {
		const { network, journal, directory } = this.#options;
		// What ends the engine then is this side's disk or order, and its data is as good as ever.
		if (this.#hasFailed || Recovery.isLogDamaged(directory)) return false;
		const answering = await Recovery.countAnswering(network.peers);
		if (3 * answering < this.application.committee.size) return false;
		await this.engine.stop("SIGKILL");
		if (this.#closed) return false;
		// Before: an engine that has its blocks still says them again, too.
		await this.application.rewind();
		if (this.#closed) return false;
		const kept = Recovery.setEngineAside(this.#home);
		if (SigningState.read(this.#home) === "never") this.#waitWithVotes();
		journal.warn("the engine's data cannot be used: it is set aside, and the blocks are copied from the other members", {
			kept,
			answering,
		});
		return true;
	}

	async submit(bundle: Bundle): Promise<OrderedBundle> {
		const { records, recordCount } = bundle;
		const whole = records.length <= Envelope.MAX_RECORDS_BYTES ? wholeRecords(records) : undefined;
		if (recordCount < 1 || recordCount !== whole) {
			const sentence = `A bundle is 1 to ${Envelope.MAX_RECORDS_BYTES} bytes of whole records; this one has ${records.length} bytes, said to be ${recordCount} records.`;
			throw new OrderingError("BAD_BUNDLE", sentence);
		}
		const refusal = stampRefusal(records);
		if (refusal) throw new OrderingError("BAD_BUNDLE", `The committee takes no such bundle: ${refusal}.`);
		if (this.#closed) throw closed();
		if (this.#waiting.length >= MAX_ON_THE_WAY)
			throw new OrderingError("OVERLOADED", `${MAX_ON_THE_WAY} bundles of this gateway wait for the committee: send again in a moment.`);
		return new Promise((resolve, reject) => {
			const waiting: Waiting = { bundle, resolve, reject, sequence: this.#nextSequence++, sentAt: 0 };
			this.#waiting.push(waiting);
			void this.#say(waiting);
		});
	}

	stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle> {
		return follow(this.#log, fromHeight, signal);
	}

	async read(fromHeight: number, toHeight: number): Promise<readonly OrderedBundle[]> {
		return this.bundles(fromHeight, toHeight);
	}

	/** As `read`, at once. */
	bundles(fromHeight: number, toHeight: number): readonly OrderedBundle[] {
		return this.#log.read(fromHeight, toHeight);
	}

	/** Asks the committee to sign, unless it was asked, and gives the certificate once more than two thirds did. */
	async certificate(asked: BatchProposal): Promise<BatchCertificate | undefined> {
		const place = Proposals.placeOf(asked);
		const certified = this.#read<Extract<Certified, { kind: "batch" }>>(`certificate/${place}`);
		if (certified) {
			const onL1 = membersOnL1(this.application.decided, this.#options.committee);
			const proposal = Proposals.decode(Bytes.fromHex(certified.proposal));
			// L1 judges by those who are members when it is posted. Others signed for a committee that is no more; with too few left, the same cut is asked for again.
			const signed = Object.entries(certified.signed).filter(([member]) => onL1.has(member));
			if (
				!isQuorum(
					onL1,
					signed.map(([member]) => member),
				)
			) {
				if (!(place in this.application.decided.cuts)) await this.#cut(proposal);
				return undefined;
			}
			const bundles = this.#log.read(proposal.fromHeight, proposal.toHeight);
			const content = Bytes.concat(...bundles.map((bundle) => bundle.records));
			return { proposal, content, signatures: sorted(Object.fromEntries(signed)) };
		}
		if (asked.toHeight > this.height) {
			const sentence = `Batch ${asked.index} asks for bundles up to ${asked.toHeight}, but only ${this.height} are ordered.`;
			throw new OrderingError("NOT_ORDERED", sentence);
		}
		if (!(place in this.application.decided.cuts)) await this.#cut(asked);
		return undefined;
	}

	/**
	 * Shows the committee this member's key, so that its votes count: once L1 has it as a member, and when the committee does not know it yet. Not before it may vote
	 * on whatever comes then: where its power is needed for a decision, the order would end otherwise.
	 */
	async join(publicKey: Uint8Array): Promise<void> {
		const { chainId, signer, network } = this.#options;
		const { decided, committee } = this.application;
		if (committee.has(signer.address) || !(signer.address in (decided.seen ?? {})) || hasShownKey(decided, signer.address)) return;
		const lastVote = SigningState.read(this.#home);
		if (typeof lastVote !== "number" || decided.blockHeight < lastVote) return;
		const join = Envelope.encodeJoin(chainId, signer, publicKey, decided.blockHeight);
		await join.then((said) => Engine.broadcast(network.rpc, said)).catch(() => undefined);
	}

	async #cut(proposal: BatchProposal): Promise<void> {
		const { chainId, signer, network } = this.#options;
		await Engine.broadcast(network.rpc, await Envelope.encodeCut(chainId, signer, proposal, this.application.decided.blockHeight)).catch(
			() => undefined,
		);
	}

	/** The last state that more than two thirds signed, if any. */
	checkpoint(): Checkpoint | undefined {
		const certified = this.#read<Extract<Certified, { kind: "checkpoint" }>>("checkpoint");
		if (!certified) return undefined;
		const { height, streamHash, root, signed } = certified;
		return { height, streamHash: Bytes.fromHex(streamHash), root: Bytes.fromHex(root), signatures: sorted(signed) };
	}

	/** What an accusing block holds against members. Throws when the engine does not answer. */
	doubleVotes(blockHeight: number): Promise<DoubleVotes.CastVote[]> {
		return DoubleVotes.read(this.#options.network.rpc, blockHeight);
	}

	/** `signal` is how the engine is told: a drill kills it. */
	async close(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		this.#closed = true;
		clearInterval(this.#tick);
		await this.engine.close(signal);
		await this.#server.close();
		for (const { reject } of this.#waiting.splice(0)) reject(closed());
		await this.#log.close();
	}

	get #home(): string {
		return join(this.#options.directory, "engine");
	}

	#waitWithVotes(): void {
		this.application.hasForgotten = true;
		this.#rejoining = new Rejoining(this.#options.signer.address);
		this.#options.journal.warn("this member does not know what it signed: it follows, and votes on nothing until the order is past that");
	}

	async #sayHello(): Promise<void> {
		const rejoining = this.#rejoining;
		if (!rejoining?.isUnheard || performance.now() - this.#helloAt < HELLO_MILLISECONDS) return;
		this.#helloAt = performance.now();
		const { chainId, signer, network } = this.#options;
		// A key that does not sign now, or an engine that does not answer, is asked again.
		const hello = Envelope.encodeHello(chainId, signer, rejoining.number);
		const taken = await hello.then((said) => Engine.broadcast(network.rpc, said)).catch(() => undefined);
		if (taken?.code === 0) rejoining.say();
	}

	#onDecision(decision: Decision): void {
		this.#progressAt = performance.now();
		this.#hasFailed = false;
		this.#rejoining?.hear(decision);
		const own = this.#options.signer.address;
		for (const bundle of decision.bundles) {
			if (bundle.lane !== own) continue;
			const first = this.#waiting.findIndex((one) => one.sequence === bundle.laneSequence);
			// A bundle of an earlier life of this gateway took the place: what waits for it moves on.
			if (first < 0) continue;
			const [waiting] = this.#waiting.splice(first, 1);
			if (sameRecords(waiting.bundle.records, bundle.records)) waiting.resolve(bundle);
			else void this.submit(waiting.bundle).then(waiting.resolve, waiting.reject);
		}
		this.#nextSequence = Math.max(this.#nextSequence, decision.decided.lanes[own] ?? 0);
		for (const contradiction of decision.contradictions) this.#options.onContradiction?.(contradiction);
	}

	async #say(waiting: Waiting): Promise<void> {
		const { chainId, signer, network } = this.#options;
		waiting.sentAt = performance.now();
		try {
			const transaction = await Envelope.encodeBundle(chainId, signer, waiting.sequence, waiting.bundle.records);
			const taken = await Engine.broadcast(network.rpc, transaction);
			// Too far ahead, or a pool that is full: said again soon. Behind its lane: the decision that tells so is on its way.
			if (taken.code !== 0) waiting.sentAt = performance.now() - SAY_AGAIN_MILLISECONDS + TICK_MILLISECONDS;
		} catch {
			// The engine does not answer: it starts, or it is being restarted.
			waiting.sentAt = performance.now() - SAY_AGAIN_MILLISECONDS + TICK_MILLISECONDS;
		}
	}

	#sayAgain(): void {
		const due = performance.now() - SAY_AGAIN_MILLISECONDS;
		for (const waiting of this.#waiting) if (waiting.sentAt <= due) void this.#say(waiting);
	}

	#read<Value>(key: string): Value | undefined {
		const bytes = this.#options.store.get(key);
		return bytes && (JSON.parse(Buffer.from(bytes).toString()) as Value);
	}
}

/** Signatures in the order of their signers, as L1 wants them. */
function sorted(signed: Readonly<Record<string, string>>): Uint8Array[] {
	return Object.entries(signed)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([, signature]) => Bytes.fromHex(signature));
}

/** Whether decided records are those that were handed in, but for the delay that the committee put on the first. */
function sameRecords(handed: Uint8Array, decided: Uint8Array): boolean {
	const tail = (bytes: Uint8Array): Uint8Array => {
		const first = Batch.readRecord(bytes, 0, 0, bytes.length);
		return bytes.subarray(first.payloadAt);
	};
	return Bytes.equal(tail(handed), tail(decided));
}

function closed(): OrderingError {
	return new OrderingError("CLOSED", "The member is closed.");
}
