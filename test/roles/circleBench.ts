import assert from "node:assert/strict";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { memberPlace, PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import type { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import { lotsPerUnit } from "../../src/machine/Constants.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Reporting from "../../src/machine/step/Reporting.ts";
import type { Underlying } from "../../src/machine/types/Underlying.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import type { TransactionOutcome, TransactionRequest } from "../../src/ports/Chain.ts";
import type { Log } from "../../src/ports/Log.ts";
import type { MarketQuote, PriceSource } from "../../src/ports/PriceSource.ts";
import type { Asker, Slot } from "../../src/roles/reporter/asking.ts";
import { askerOf, slotAt } from "../../src/roles/reporter/asking.ts";
import { Door } from "../../src/roles/reporter/Door.ts";
import { proposalDigest, Reporter, reportOf } from "../../src/roles/reporter/Reporter.ts";
import type { Seat } from "../../src/roles/reporter/Reporter.ts";
import { ReporterCircle } from "../../src/roles/reporter/ReporterCircle.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

/** 07:00 UTC: the window opens half an hour later. */
export const START = Date.UTC(2026, 1, 2, 7) / 1000;
export const DAY = Math.floor(START / 86_400);
export const EXPIRY = DAY * 86_400 + 28_800;
export const WINDOW = EXPIRY - 1800;
const market = new SyntheticMarket(3, START);
export const silent: Log = {
	debug: () => undefined,
	info: () => undefined,
	warn: () => undefined,
	alarm: () => undefined,
	child: () => silent,
};

/** The machine's rule of reports for underlying 0, which the contract on L1 shares. */
export class Destination {
	readonly times: number[] = [];
	settled = 0;
	/** What it takes is not ahead of this. */
	clock = (): number => Infinity;
	/** Reports that were ahead of its clock. */
	refused = 0;
	#state: Underlying = { indexPrice: 0, time: 0, confidence: 0, accumulator: 0n, windowDay: 0, windowStart: 0n };

	/** Whether it took the report. */
	take(payload: Uint8Array): boolean {
		const report = Messages.parseReport(payload) as Messages.Report;
		if (report.underlying !== 0) return true;
		if (report.time > this.clock()) {
			this.refused += 1;
			return false;
		}
		if (report.time <= this.#state.time || Reporting.leavesGap(this.#state.time, report.time)) return false;
		const { settlementPrice } = Reporting.average(this.#state, lotsPerUnit(0), report.time);
		if (settlementPrice > 0) this.settled = settlementPrice;
		this.#state.indexPrice = report.indexPrice;
		this.#state.time = report.time;
		this.times.push(report.time);
		return true;
	}

	get time(): number {
		return this.#state.time;
	}
}

/** The order of one exchange: what its machine took, everybody hears. */
class Order {
	readonly machine = new Destination();
	readonly heard: ((height: number, payloads: readonly Uint8Array[]) => void)[] = [];
	height = 0;

	take(payload: Uint8Array): boolean {
		const taken = this.machine.take(payload);
		this.height += 1;
		for (const hear of this.heard) hear(this.height, taken ? [payload] : []);
		return taken;
	}
}

const DOMAIN = new Uint8Array(32);

/** A committee as the reporters know it, whose members ask in their own names. */
export class Committee {
	now = START;
	readonly #signers: readonly KeySigner[];
	readonly #doors = new Map<Reporter, Door>();
	/** What a faulty member does before the others are heard. */
	before: (proposal: MarketQuote, door: Door) => Promise<unknown> = () => Promise.resolve();

	constructor(count: number) {
		this.#signers = Array.from({ length: count }, (_, i) => new KeySigner(testWallet(memberPlace(i, "sequencer")).privateKey));
	}

	get addresses(): string[] {
		return this.#signers.map(({ address }) => address).sort();
	}

	/** Asks in the name of a member. */
	async ask(member: number, proposal: MarketQuote, door: Door): Promise<Uint8Array | undefined> {
		const asker: Asker = askerOf(this.#signers[member], DOMAIN, () => this.now);
		return door.sign(proposal, await asker(proposalDigest(DOMAIN, proposal)));
	}

	slotAt(member: number, time: number): Slot {
		return slotAt(time, this.addresses, this.#signers[member].address);
	}

	isTurn(member: number, time: number): boolean {
		return this.slotAt(member, time).isOwn;
	}

	doorOf(reporter: Reporter): Door {
		const known = this.#doors.get(reporter);
		const ports = { reporter, domainSeparator: DOMAIN, members: () => this.addresses, now: () => this.now };
		const door = known ?? new Door(ports);
		this.#doors.set(reporter, door);
		return door;
	}

	async sign(member: number, proposal: MarketQuote, reporter: Reporter): Promise<Uint8Array | undefined> {
		const door = this.doorOf(reporter);
		await this.before(proposal, door);
		return this.ask(member, proposal, door);
	}
}

/** A circle of seven over one machine and one oracle, whose time and faults a test sets. */
export class Bench {
	now = START;
	readonly order: Order;
	readonly machine: Destination;
	readonly oracle: Destination;
	readonly store = new MemoryStore();
	readonly #signed: readonly MemoryStore[];
	/** Payloads that were handed to L1, by underlying and time: none may ever change. */
	readonly sent = new Map<string, Uint8Array>();
	/** How many L1 refused. */
	refused = 0;
	/** Seconds that this circle leaves to those before it. */
	readonly turn: number;
	sequencerIsDead = false;
	isDown = false;
	l1IsDead = false;
	/** What happens while L1 takes a report of an underlying. */
	meanwhile: (underlying: number) => unknown = () => undefined;
	/** How many of the next reports L1 loses. */
	lost = 0;
	/** Reporters whose signatures do not reach this circle. */
	readonly mute = new Set<number>();
	/** What faulty reporters say that they see, of what there is. */
	readonly lies = new Map<number, (seen: MarketQuote) => MarketQuote>();
	/** Days that are listed, as this circle knows them. */
	days: readonly number[] = [DAY];
	#other = 0;
	circle: ReporterCircle;
	/** Who asks the reporters here, where they ask who does. */
	readonly #asks: { readonly committee: Committee; readonly member: number } | undefined;
	readonly #sourceOf: (place: number) => PriceSource;

	constructor(
		turn = 0,
		beside?: Bench,
		asks?: { readonly committee: Committee; readonly member: number },
		sourceOf: (place: number) => PriceSource = (place) => market.source(place + 1, 0.0002),
	) {
		this.turn = turn;
		this.#asks = asks;
		this.#sourceOf = sourceOf;
		this.order = beside?.order ?? new Order();
		this.machine = this.order.machine;
		this.oracle = beside?.oracle ?? new Destination();
		this.#signed = beside ? beside.#signed : Array.from({ length: 7 }, () => new MemoryStore());
		this.circle = this.open();
		// What was executed while a member is down, it executes when it is back.
		this.order.heard.push((height, payloads) => !this.isDown && this.circle.hear(height, payloads));
	}

	open(): ReporterCircle {
		const queries = {
			expiries: () => [...this.days],
			expiry: () => ({ settlementPrice: this.machine.settled }),
			underlying: (underlying: number) => ({ time: underlying === 0 ? this.machine.time : this.#other }),
		};
		const asks = this.#asks;
		return new ReporterCircle({
			reporters: this.#signed.map((store, place) => this.#seat(store, place)),
			quorum: 5,
			live: {
				queries,
				height: this.order.height,
			} as unknown as LiveExecutor,
			// By slots nobody waits for another.
			clock: { now: () => this.now - (asks ? 0 : this.turn), sleep: () => Promise.resolve() },
			log: silent,
			metrics: { set: () => undefined, add: () => undefined, observe: () => undefined },
			store: this.store,
			publish: (payload) => {
				if (this.sequencerIsDead) return Promise.reject(new Error("the sequencer is dead"));
				const { underlying, time } = Messages.parseReport(payload) as Messages.Report;
				if (underlying === 1) this.#other = time;
				return Promise.resolve(this.order.take(payload));
			},
			oracle: {
				lastTime: (underlying) =>
					this.l1IsDead ? Promise.reject(new Error("L1 is dead")) : Promise.resolve(underlying === 0 ? this.oracle.time : 0),
				report: (underlying, time, payload, attempt) => ({ key: `${underlying}/${time}/${attempt}`, to: "", data: Bytes.toHex(payload) }),
			},
			sender: { address: "0x", send: (request) => this.#send(request) },
			intervalSeconds: 10,
			...(asks && { slotAt: (time: number) => asks.committee.slotAt(asks.member, time) }),
			oraclePatienceSeconds: (asks ? 4 : 3) * this.turn,
		});
	}

	#reporter(store: MemoryStore, place: number): Reporter {
		return new Reporter({
			place,
			signer: new KeySigner(testWallet(PLACES.reporters + place).privateKey),
			source: this.#sourceOf(place),
			store,
			domainSeparator: DOMAIN,
			wasAt: () => false,
		});
	}

	/** A report of this second as a faulty member makes it, its price `lie` parts beside what a reporter sees; undefined where no quorum signs it for him. */
	async lie(time: number, lie: number): Promise<Uint8Array | undefined> {
		const { committee, member } = this.#asks as { committee: Committee; member: number };
		const reporters = this.#signed.map((store, place) => this.#reporter(store, place));
		const seen = (await reporters[0].see(0, time, this.days)) as MarketQuote;
		const proposal = { ...seen, indexPrice: Math.round(seen.indexPrice * (1 + lie)) };
		const signatures: Uint8Array[] = [];
		for (const reporter of reporters.slice(0, 5)) {
			const signature = await committee.ask(member, proposal, committee.doorOf(reporter)).catch(() => undefined);
			if (signature) signatures.push(signature);
		}
		return signatures.length < 5 ? undefined : Encoding.report(reportOf(proposal, 0b11111, signatures));
	}

	#seat(store: MemoryStore, place: number): Seat {
		const reporter = this.#reporter(store, place);
		return {
			place,
			see: async (underlying, time, days) => {
				const seen = await reporter.see(underlying, time, days);
				return seen && (this.lies.get(place)?.(seen) ?? seen);
			},
			attest: (standing) => reporter.attest(standing),
			sign: (proposal) => {
				if (this.mute.has(place)) return Promise.reject(new Error("nobody answers"));
				return this.#asks ? this.#asks.committee.sign(this.#asks.member, proposal, reporter) : reporter.sign(proposal);
			},
		};
	}

	#send({ key, data }: TransactionRequest): Promise<TransactionOutcome> {
		if (this.l1IsDead) return Promise.reject(new Error("L1 is dead"));
		const payload = Bytes.fromHex(data);
		const place = key.slice(0, key.lastIndexOf("/"));
		assert.deepEqual(payload, this.sent.get(place) ?? payload, "a report that was sent never changes");
		this.sent.set(place, payload);
		if (this.lost > 0) {
			this.lost -= 1;
			return this.lost % 2 === 0
				? Promise.reject(new Error("the node hung up"))
				: Promise.resolve({ status: "reverted", error: "out of gas" });
		}
		this.meanwhile(Number(key.split("/")[0]));
		if (this.oracle.take(payload)) return Promise.resolve({ status: "mined", hash: "0x", block: 1, gasUsed: 1n });
		this.refused += 1;
		return Promise.resolve({ status: "reverted", error: "ReportLeavesGap" });
	}

	/** Rounds until this time, `step` seconds apart. */
	async runTo(time: number, step = 7): Promise<void> {
		while (this.now < time) {
			this.now = Math.min(time, this.now + step);
			await this.round();
		}
	}

	async round(): Promise<void> {
		await this.circle.round();
		await this.circle.stop();
	}

	/** The same circle in a new process. */
	restart(): void {
		this.circle = this.open();
	}
}

export function settlesAlike(bench: Bench): void {
	assert.ok(bench.machine.settled > 0, "the machine settled");
	assert.equal(bench.oracle.settled, bench.machine.settled);
}

/** Members of a committee, each with a circle of its own over the same reporters, one order and one oracle. */
export class Members {
	readonly benches: readonly Bench[];
	readonly #committee: Committee | undefined;

	/** @param committee whose first members these are, where reporters ask who asks */
	constructor(count: number, committee?: Committee) {
		const asks = (member: number) => committee && { committee, member };
		const first = new Bench(0, undefined, asks(0));
		this.benches = [first, ...Array.from({ length: count - 1 }, (_, i) => new Bench(3 * (i + 1), first, asks(i + 1)))];
		this.#committee = committee;
	}

	/** Rounds of those that are up until this time, `step` seconds apart. */
	async runTo(time: number, step = 3): Promise<void> {
		for (let now = this.benches[0].now; now < time;) {
			now = Math.min(time, now + step);
			if (this.#committee) this.#committee.now = now;
			for (const bench of this.benches) {
				bench.now = now;
				if (!bench.isDown) await bench.round();
			}
		}
	}

	/** A member that is back begins where the others' order is: as one that took a state over. */
	back(place: number): void {
		this.benches[place].isDown = false;
		this.benches[place].restart();
	}

	get refused(): number {
		return this.benches.reduce((sum, bench) => sum + bench.refused, 0);
	}
}
