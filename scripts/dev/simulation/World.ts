// One run: an exchange of four nodes over an L1, its users, and what goes wrong, all from one seed. Invariants are checked after every event, and at the end that
// everything comes to rest where it should.

import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Genesis from "../../../src/executor/Genesis.ts";
import { Runner } from "../../../src/executor/Runner.ts";
import type { DerivedExecutor } from "../../../src/executor/DerivedExecutor.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import type { CellBytes } from "../../../src/executor/TrackedState.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import * as GlobalsCell from "../../../src/machine/types/Globals.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../../src/machine/types/Machine.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { DAYS, DEPOSIT, GENESIS, TRADERS, deposit, list, randomOf, STRIKES } from "../../../test/executor/world.ts";
import { BLOCK_MS, Chain } from "./Chain.ts";
import { imitateCommitments } from "./commitments.ts";
import { Committee, VALIDATORS } from "./Committee.ts";
import * as Faults from "./Faults.ts";
import type { Fault } from "./Faults.ts";
import { PROPOSING, RECEIPTS, SimulatedNode } from "./Node.ts";
import { PACE } from "./Process.ts";
import { Registry } from "./Registry.ts";
import { CHALLENGER, LIAR, SimulatedChallenger, SimulatedLiar, proposerOf, stepAfter } from "./Rollup.ts";
import { Scheduler } from "./Scheduler.ts";
import { forgetSignatures, imitateSigners } from "./signers.ts";
import { Traders, hashOf } from "./Traders.ts";

/** Faults begin within so many milliseconds; the exchange's window of settlement is inside. */
const SPAN_MS = 24_000;
/** Share of the seeds with assertions and a challenger, and of those the share in which somebody lies. */
const GAMES = 0.4;
const LIARS = 0.9;
/** Every so many heights a node signs what it has there. */
const CHECKPOINT_HEIGHTS = 8;
const STAKE = 10n ** 19n;
const GENESIS_LEAF = Runner.genesis(Genesis.cells(GENESIS)).commitment();
/** After the last fault an order is acknowledged within this, and everything is on L1 and derived within that. */
const PROGRESS_MS = 25_000;
const REST_MS = 40_000;
const FORCE_DELAY_SECONDS = 600;
const EXPIRY = Series.expiryTimeOf(DAYS[0]);

export type Outcome = {
	readonly seed: number;
	readonly faults: readonly Fault[];
	readonly events: number;
	readonly bundles: number;
	readonly acknowledged: number;
	readonly batches: number;
	readonly starts: number;
	readonly settled: boolean;
	/** Wrong assertions that L1 took, and keys that lost their stake. */
	readonly lies: number;
	readonly slashed: number;
	/** Milliseconds from the end of the last fault to the next acknowledgement. */
	readonly recoveredMs: number;
	/** Names the root of the last state. */
	readonly root: string;
	/** Names everything that happened: the events with their times, the order, the roots, and what was signed. Two runs of a seed must agree on it. */
	readonly trace: string;
	/** What was broken first; undefined when nothing was. */
	readonly broken: string | undefined;
};

imitateSigners();
imitateCommitments();

class Broken extends Error {}

/** What a run consists of. */
export type Parts = {
	readonly committee: Committee;
	readonly chain: Chain;
	readonly nodes: readonly SimulatedNode[];
	readonly traders: Traders;
	readonly challenger: SimulatedChallenger;
	readonly registry: Registry;
};

export class World {
	readonly #seed: number;
	readonly #sabotage: ((parts: Parts) => void) | undefined;
	readonly #scheduler = new Scheduler();
	readonly #committee: Committee;
	readonly #chain: Chain;
	readonly #nodes: readonly SimulatedNode[];
	readonly #traders: Traders;
	readonly #faults: readonly Fault[];
	readonly #hasGames: boolean;
	readonly #challenger: SimulatedChallenger;
	readonly #registry: Registry;
	#liar: SimulatedLiar | undefined;
	/** Whose key was made to contradict itself. */
	readonly #contradicted = new Set<string>();
	/** By place and height: roots that a node has signed; it signs no other. */
	readonly #signed = new Set<string>();
	/** The exchange's time at the beginning of the run, and by how much it has been moved on. */
	#begin = EXPIRY - 4000;
	#alarm: string | undefined;
	#isCensoring = false;
	/** By slot: what was once the settlement price. */
	readonly #settled = new Map<number, number>();
	/** By height: the root that some node had there. */
	readonly #roots = new Map<string, string>();
	readonly #looked: string[] = [];
	#checkedBundles = 0;
	#root = "";
	#l1Messages = 0;

	/** `sabotage` is done in the middle of the run: what it breaks must be found. */
	constructor(seed: number, sabotage?: (parts: Parts) => void) {
		forgetSignatures();
		this.#seed = seed;
		this.#sabotage = sabotage;
		const random = randomOf(seed * 7919 + 13);
		const scheduler = this.#scheduler;
		const time = (): number => this.#begin + Math.floor((scheduler.now * PACE) / 1000);
		this.#faults = Faults.draw(random, SPAN_MS);
		this.#committee = new Committee(scheduler, random);
		const blocksLost = Faults.blocksLost(this.#faults, BLOCK_MS);
		this.#chain = new Chain(scheduler, time, GENESIS_LEAF, blocksLost, (preState, target) => stepAfter(this.#derived(), preState, target));
		this.#hasGames = random() < GAMES;
		this.#challenger = new SimulatedChallenger(scheduler, this.#chain, time, random);
		if (this.#hasGames && random() < LIARS) {
			const makeLiar = (): SimulatedLiar => new SimulatedLiar(scheduler, this.#chain, time, random, () => this.#derived()[0]);
			scheduler.after(SPAN_MS * random(), () => (this.#liar = makeLiar()));
		}
		const surroundings = {
			scheduler,
			committee: this.#committee,
			chain: this.#chain,
			random,
			time,
			proposes: this.#hasGames,
			onAlarm: (name: string, message: string) => (this.#alarm ??= `${name}: ${message}`),
		};
		this.#nodes = Array.from({ length: VALIDATORS }, (_, place) => new SimulatedNode(place, surroundings));
		this.#registry = new Registry(
			RECEIPTS,
			this.#nodes.map(({ address }) => address),
			STAKE,
		);
		this.#committee.stateClock = () => Math.max(0, ...this.#nodes.map(({ running }) => running?.live.clock ?? 0));
		this.#committee.l1 = () => {
			// L1 answers in the same turn: nothing else happens before.
			void this.#chain.inbox.messageCount().then((count) => (this.#l1Messages = count));
			const taken = Math.max(0, ...this.#nodes.map(({ running }) => running?.live.l1Index ?? 0));
			return { isIgnored: this.#isCensoring || this.#chain.isDown, count: this.#l1Messages, taken };
		};
		this.#traders = new Traders(scheduler, this.#nodes, this.#chain, random, time);
	}

	async run(): Promise<Outcome> {
		const { now: wallClock } = Date;
		// Roles that ask the platform for the time get the run's.
		Date.now = () => this.#scheduler.now;
		let recoveredMs = -1;
		let broken: string | undefined;
		try {
			await this.#open();
			recoveredMs = await this.#suffer();
			await this.#rest();
		} catch (error) {
			if (!(error instanceof Broken)) throw error;
			broken = error.message;
		} finally {
			Date.now = wallClock;
			for (const node of this.#nodes) node.end();
			this.#challenger.kill();
		}
		return {
			seed: this.#seed,
			faults: this.#faults,
			events: this.#scheduler.count,
			bundles: this.#committee.decided.length,
			acknowledged: this.#traders.promised.length,
			batches: await this.#chain.inbox.batchCount(),
			starts: this.#nodes.reduce((sum, { starts }) => sum + starts, 0),
			settled: this.#settled.size > 0,
			lies: this.#liar?.hasLied ? 1 : 0,
			slashed: this.#registry.slashed.length,
			recoveredMs,
			root: this.#root,
			trace: this.#trace(),
			broken,
		};
	}

	#trace(): string {
		const roots = [...this.#roots].map(([key, root]) => `${key}=${root}`);
		const receipts = this.#traders.promised.map(({ ack }) => `${ack.sequence}:${Bytes.toHex(ack.receipt)}`);
		const order = Bytes.toHex(this.#committee.decided.at(-1)?.streamHash ?? new Uint8Array());
		return Bytes.toHex(hashed([this.#scheduler.trace, order, ...roots, ...receipts].join(" ")));
	}

	#derived(): DerivedExecutor[] {
		return this.#nodes.flatMap(({ running }) => running?.derived ?? []);
	}

	/** Deposits, listings, the first report; then time goes to shortly before the settlement window. */
	async #open(): Promise<void> {
		for (let account = 1; account <= TRADERS.length; account++)
			this.#chain.inbox.send(DEPOSIT_KIND, deposit(account, DEPOSIT), this.#begin - 5);
		for (const node of this.#nodes) void node.start();
		if (this.#hasGames) void this.#challenger.start();
		const listings = DAYS.flatMap((day) => [list(0, day, 0), ...STRIKES.map((strike) => list(0, day, strike))]);
		await this.#until("the market opens", 20_000, Promise.all(listings.map((payload) => this.#traders.send(payload))));
		this.#begin = EXPIRY - 1800 - 300 - Math.floor((this.#scheduler.now * PACE) / 1000);
		// An underlying's first report must come before the window, or nothing of that day is ever settled: no fault comes before it.
		await this.#until("the first report", 20_000, this.#traders.startReporting());
		this.#supervise();
		this.#force();
	}

	/** Everything that goes wrong, while people trade. Returns how long after the last of it somebody was served. */
	async #suffer(): Promise<number> {
		const { now } = this.#scheduler;
		const faults = this.#faults;
		const parts = {
			committee: this.#committee,
			chain: this.#chain,
			nodes: this.#nodes,
			traders: this.#traders,
			challenger: this.#challenger,
			registry: this.#registry,
		};
		this.#scheduler.after(SPAN_MS / 2, () => this.#sabotage?.(parts));
		Faults.schedule(faults, {
			scheduler: this.#scheduler,
			committee: this.#committee,
			chain: this.#chain,
			nodes: this.#nodes,
			censor: ({ running }, isOn) => {
				this.#isCensoring = isOn;
				if (isOn) running?.sequencer.silence(3);
				else running?.sequencer.speak();
			},
			challenger: this.#hasGames ? this.#challenger : undefined,
			equivocate: (node) => node.equivocate(() => this.#contradicted.add(node.address)),
			signFalsely: (node) => this.#signFalsely(node),
		});
		void this.#traders.trade(SPAN_MS);
		const lastFault = Math.max(...faults.map(({ at, duration }) => at + duration));
		await this.#advance(now + Math.max(SPAN_MS, lastFault));
		const healed = this.#scheduler.now;
		await this.#until("an order is acknowledged after the last fault", PROGRESS_MS, this.#traders.send(this.#traders.message()));
		return this.#scheduler.now - healed;
	}

	/** Nothing goes wrong any more: everything comes to L1, every node has the same state, and it is the one that L1 gives. */
	async #rest(): Promise<void> {
		const isQuiet = (): boolean => this.#settled.size > 0;
		const late = this.#scheduler.now + REST_MS;
		while (this.#scheduler.now < late && !isQuiet()) await this.#advance(this.#scheduler.now + 200);
		if (this.#settled.size === 0) throw new Broken("nothing was settled");
		this.#traders.stopReporting();
		await this.#until(
			"all accounts are settled",
			REST_MS,
			Promise.all(TRADERS.map((_, i) => this.#traders.send(Encoding.settle({ account: i + 1 })))),
		);
		const end = this.#scheduler.now + REST_MS;
		const isAtRest = (): boolean =>
			this.#traders.open.size === 0 &&
			this.#nodes.every(({ running }) => {
				if (!running) return false;
				const { live, derived } = running;
				// What nobody took from L1's inbox is forced in when it has waited long enough.
				return (
					live.l1Index === this.#l1Messages &&
					live.height === this.#committee.decided.length &&
					derived.streamEnd === live.streamEnd &&
					live.batchCount === derived.batchCount
				);
			});
		while (this.#scheduler.now < end && !isAtRest()) await this.#advance(this.#scheduler.now + 500);
		const count = this.#committee.decided.length;
		for (const { place, running } of this.#nodes) {
			if (!running) throw new Broken(`node ${place} does not run at the end`);
			const { live, derived } = running;
			const heights = `height ${live.height} of ${count}, ${derived.streamEnd} of ${live.streamEnd} bytes derived, ${live.batchCount} of ${derived.batchCount} batches agreed`;
			if (live.height !== count || derived.streamEnd !== live.streamEnd || live.batchCount !== derived.batchCount)
				throw new Broken(`node ${place} is not at rest: ${heights}`);
		}
		if (this.#traders.open.size > 0) throw new Broken(`${this.#traders.open.size} messages were never acknowledged`);
		const roots = new Set(this.#nodes.map(({ running }) => Bytes.toHex(running?.live.stateRoot() ?? new Uint8Array())));
		if (roots.size !== 1) throw new Broken(`the nodes end in ${roots.size} states`);
		for (const { place, running } of this.#nodes) {
			const last = running?.derived.batch(running.derived.batchCount - 1);
			if (!running || !last || !Bytes.equal(last.stateRoot, running.live.stateRoot()))
				throw new Broken(`node ${place} derives another state from L1`);
		}
		this.#root = [...roots][0];
		await this.#gamesEnd();
		this.#keptPromises();
		await this.#coversClaims();
	}

	async #until(what: string, milliseconds: number, done: Promise<unknown>): Promise<void> {
		let isDone = false;
		void done.then(() => (isDone = true));
		const end = this.#scheduler.now + milliseconds;
		while (!isDone && this.#scheduler.now < end) await this.#advance(this.#scheduler.now + 100);
		if (!isDone) throw new Broken(`not within ${milliseconds} ms: ${what}`);
	}

	#advance(time: number): Promise<void> {
		return this.#scheduler.runUntil(time, () => this.#check());
	}

	/** Starts again what died, unless a fault keeps it down. */
	#supervise(): void {
		this.#scheduler.after(400, () => this.#supervise());
		for (const node of this.#nodes) if (!node.running && this.#scheduler.now >= node.downUntil) void node.start();
	}

	/** Anybody includes what the sequencers left in L1's inbox for too long. */
	#force(): void {
		this.#scheduler.after(1000, () => this.#force());
		this.#chain.submit(() => {
			const { inbox, time } = this.#chain;
			void inbox.messages(inbox.last.l1End, inbox.last.l1End + 1).then(([oldest]) => {
				if (oldest && oldest.timestamp + FORCE_DELAY_SECONDS < time) this.#chain.forceInclude(oldest.index + 1);
			});
		});
	}

	/** After every event. */
	#check(): void {
		if (this.#alarm !== undefined) throw new Broken(this.#alarm);
		const { decided } = this.#committee;
		for (; this.#checkedBundles < decided.length; this.#checkedBundles++) {
			const [before, bundle] = [decided[this.#checkedBundles - 1], decided[this.#checkedBundles]];
			if (bundle.height !== this.#checkedBundles + 1 || bundle.streamEnd !== (before?.streamEnd ?? 0) + bundle.records.length)
				throw new Broken(`two orders at height ${bundle.height}`);
		}
		for (const { place, running } of this.#nodes) {
			if (!running) continue;
			const { live } = running;
			const { height, batchCount, l1Index, reading } = live;
			// What L1 forced in between is part of what a state is a function of.
			const key = `${height}/${l1Index}/${batchCount}/${reading}`;
			if (this.#looked[place] === key) continue;
			this.#looked[place] = key;
			const root = live.rootAt(live.streamEnd);
			if (!root) continue;
			this.#signCheckpoint(place, height, root);
			const known = this.#roots.get(key);
			if (known === undefined) this.#roots.set(key, Bytes.toHex(root));
			else if (known !== Bytes.toHex(root)) throw new Broken(`node ${place} has another state at height ${height}`);
			this.#checkSettlement(place);
		}
	}

	/** A node signs what it has at some heights, once for each. */
	#signCheckpoint(place: number, height: number, root: Uint8Array): void {
		const key = `${place}/${height}`;
		if (height === 0 || height % CHECKPOINT_HEIGHTS !== 0 || this.#signed.has(key)) return;
		this.#signed.add(key);
		this.#registry.checkpoint(this.#nodes[place].checkpoint(height, this.#committee.decided[height - 1].streamHash, root));
	}

	/** A node's key signs two roots for one height. */
	#signFalsely(node: SimulatedNode): void {
		const height = Math.max(1, this.#committee.decided.length);
		this.#contradicted.add(node.address);
		for (const root of [hashed("one root"), hashed("another root")]) this.#registry.checkpoint(node.checkpoint(height, GENESIS_LEAF, root));
	}

	/** The lie is rejected and has cost its bond, the truth is confirmed, and nobody honest has lost anything. */
	async #gamesEnd(): Promise<void> {
		if (!this.#hasGames) return;
		const { game } = this.#chain;
		const isOver = (): boolean => {
			const look = game.look();
			const lie = look.assertions.get(this.#liar?.assertion ?? "");
			return look.assertions.get(look.latestConfirmed)?.parent !== "" && (!lie || (lie.status === "rejected" && !look.stakes.has(LIAR)));
		};
		const end = this.#scheduler.now + 2 * game.parameters.challengePeriodBlocks * BLOCK_MS + REST_MS;
		while (this.#scheduler.now < end && !isOver()) await this.#advance(this.#scheduler.now + 500);
		const look = game.look();
		const told = [...look.assertions.values()].map(({ status, asserter }) => `${asserter.slice(-2)}:${status}`).join(" ");
		if (look.isFrozen) throw new Broken("two outcomes of one step were proven");
		if (!isOver()) throw new Broken(`the games did not end: ${told}`);
		for (const honest of [CHALLENGER, ...PROPOSING.map(proposerOf)])
			if (game.lostBy(honest) !== 0n) throw new Broken(`${honest} was honest and lost its bond: ${told}`);
	}

	#checkSettlement(place: number): void {
		const live = this.#nodes[place].running?.live;
		const price = live?.queries.expiry(0, DAYS[0])?.settlementPrice ?? 0;
		if (price === 0) return;
		const known = this.#settled.get(0);
		if (known === undefined) this.#settled.set(0, price);
		else if (known !== price) throw new Broken(`the settlement price changed from ${known} to ${price} at node ${place}`);
	}

	/** Every acknowledged message stands where its receipt says: otherwise two receipts of one number would convict the signer. */
	#keptPromises(): void {
		const ordered = new Map<number, string>();
		for (const { records, firstSequence } of this.#committee.decided) {
			let sequence = firstSequence;
			for (let at = 0; at < records.length; sequence++) {
				const record = Batch.readRecord(records, 0, at, records.length);
				at = record.payloadAt + record.length;
				ordered.set(sequence, hashOf(records.slice(record.payloadAt, at)));
			}
		}
		const numbers = new Map<string, string>();
		for (const { ack } of this.#traders.promised) this.#registry.receipt({ of: ack, signature: ack.receipt });
		const [slashed, guilty] = [this.#registry.slashed, [...this.#contradicted]].map((all) => all.toSorted().join(" "));
		if (slashed !== guilty)
			throw new Broken(`the keys of ${guilty || "nobody"} contradicted themselves, and ${slashed || "nobody"} was slashed`);
		for (const { payload, ack, signer } of this.#traders.promised) {
			// The receipt is not honoured, and has cost its signer the stake.
			if (this.#contradicted.has(signer)) continue;
			if (ordered.get(ack.sequence) !== hashOf(payload))
				throw new Broken(`the message acknowledged as number ${ack.sequence} is not there`);
			const key = `${signer}/${ack.sequence}`;
			const receipt = `${Bytes.toHex(ack.messageHash)}/${Bytes.toHex(ack.streamHash)}`;
			if ((numbers.get(key) ?? receipt) !== receipt) throw new Broken(`${signer} gave number ${ack.sequence} twice`);
			numbers.set(key, receipt);
		}
	}

	/** What L1's vault holds is what the last state says is behind it, and covers all that can be claimed. */
	async #coversClaims(): Promise<void> {
		const { live, derived } = this.#nodes[0].running as NonNullable<SimulatedNode["running"]>;
		const messages = await this.#chain.inbox.messages(0, live.l1Index);
		const deposits = messages
			.filter(({ kind }) => kind === DEPOSIT_KIND)
			.reduce((sum, { payload }) => sum + Bytes.uint(payload, payload.length - 8, 8), 0);
		const withdrawn = derived.withdrawals.reduce((sum, { amount }) => sum + amount, 0);
		const inside = moneyIn(derived.snapshot()?.cells ?? []);
		if (deposits - withdrawn !== inside) throw new Broken(`the vault holds ${deposits - withdrawn}, and inside there are ${inside}`);
		if ((await this.#chain.inbox.messageCount()) !== live.l1Index) throw new Broken("L1 messages were left out for ever");
	}
}

function hashed(text: string): Uint8Array {
	return Keccak.hashText(text);
}

/** What accounts, fees and insurance hold, less what is a deficit, micro-USDC. */
function moneyIn(cells: Iterable<CellBytes>): number {
	let sum = 0;
	for (const { kind, cell } of cells) {
		if (kind === Kinds.GLOBALS) {
			const { fees, insurance, deficit } = GlobalsCell.decode(cell);
			sum += fees + insurance - deficit;
		}
		if (kind === Kinds.ACCOUNTS) {
			const { cash, rebate } = Accounts.decode(cell);
			sum += cash + rebate;
		}
	}
	return sum;
}
