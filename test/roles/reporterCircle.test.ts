import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import type { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import { lotsPerUnit } from "../../src/machine/Constants.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Reporting from "../../src/machine/step/Reporting.ts";
import type { Underlying } from "../../src/machine/types/Underlying.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import type { TransactionOutcome, TransactionRequest } from "../../src/ports/Chain.ts";
import type { Log } from "../../src/ports/Log.ts";
import { Reporter } from "../../src/roles/reporter/Reporter.ts";
import type { Seat } from "../../src/roles/reporter/Reporter.ts";
import { ReporterCircle } from "../../src/roles/reporter/ReporterCircle.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

/** 07:00 UTC: the window opens half an hour later. */
const START = Date.UTC(2026, 1, 2, 7) / 1000;
const DAY = Math.floor(START / 86_400);
const EXPIRY = DAY * 86_400 + 28_800;
const WINDOW = EXPIRY - 1800;
const market = new SyntheticMarket(3, START);
const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };

/** The machine's rule of reports for underlying 0, which the contract on L1 shares. */
class Destination {
	readonly times: number[] = [];
	settled = 0;
	#state: Underlying = { indexPrice: 0, time: 0, confidence: 0, accumulator: 0n, windowDay: 0, windowStart: 0n };

	/** Whether it took the report. */
	take(payload: Uint8Array): boolean {
		const report = Messages.parseReport(payload) as Messages.Report;
		if (report.underlying !== 0) return true;
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

/** A circle of seven over one machine and one oracle, whose time and faults a test sets. */
class Bench {
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
	/** How many of the next reports L1 loses. */
	lost = 0;
	/** Reporters whose signatures do not reach this circle. */
	readonly mute = new Set<number>();
	/** Days that are listed, as this circle knows them. */
	days: readonly number[] = [DAY];
	#other = 0;
	circle: ReporterCircle;

	constructor(turn = 0, beside?: Bench) {
		this.turn = turn;
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
		return new ReporterCircle({
			reporters: this.#signed.map((store, place) => this.#seat(store, place)),
			quorum: 5,
			live: {
				queries,
				height: this.order.height,
			} as unknown as LiveExecutor,
			clock: { now: () => this.now - this.turn, sleep: () => Promise.resolve() },
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
			oraclePatienceSeconds: 3 * this.turn,
		});
	}

	#seat(store: MemoryStore, place: number): Seat {
		const reporter = new Reporter({
			place,
			signer: new KeySigner(testWallet(PLACES.reporters + place).privateKey),
			source: market.source(place + 1, 0.0002),
			store,
			domainSeparator: new Uint8Array(32),
			wasAt: () => false,
		});
		return {
			place,
			see: (underlying, time, days) => reporter.see(underlying, time, days),
			attest: (standing) => reporter.attest(standing),
			sign: (proposal) => (this.mute.has(place) ? Promise.reject(new Error("nobody answers")) : reporter.sign(proposal)),
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

function settlesAlike(bench: Bench): void {
	assert.ok(bench.machine.settled > 0, "the machine settled");
	assert.equal(bench.oracle.settled, bench.machine.settled);
}

describe("given an hour around a settlement", () => {
	it("feeds L1 a first report and the window's alone, and L1 fixes the machine's price", async () => {
		const bench = new Bench();
		await bench.runTo(EXPIRY + 600);
		settlesAlike(bench);
		const [first, second] = bench.oracle.times;
		assert.ok(first < WINDOW);
		assert.equal(second, WINDOW, "the window begins with a report of its first second");
		assert.ok(bench.machine.times.length > 2 * bench.oracle.times.length, "what is outside windows costs nothing on L1");
		assert.equal(bench.oracle.times.filter((time) => time >= EXPIRY).length, 1);
	});

	it("tells L1 nothing that the order has not taken, as long as it may still take it", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW + 100);
		bench.sequencerIsDead = true;
		await bench.runTo(WINDOW + 200);
		assert.ok(bench.oracle.time <= bench.machine.time);
		bench.sequencerIsDead = false;
		await bench.runTo(EXPIRY + 200);
		settlesAlike(bench);
	});

	it("settles on L1 when the sequencer dies before the window, and on the machine when it is back", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW - 60);
		bench.sequencerIsDead = true;
		await bench.runTo(EXPIRY + 200);
		assert.equal(bench.machine.settled, 0);
		assert.ok(bench.oracle.settled > 0);
		bench.sequencerIsDead = false;
		await bench.runTo(EXPIRY + 300);
		settlesAlike(bench);
	});

	it("catches up in order when L1 was away, and when it lost some on the way", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW + 300);
		bench.l1IsDead = true;
		await bench.runTo(EXPIRY + 30);
		assert.equal(bench.oracle.settled, 0);
		bench.l1IsDead = false;
		bench.lost = 3;
		await bench.runTo(EXPIRY + 300);
		settlesAlike(bench);
	});

	it("started again in the middle of the window, goes on with the very reports it made", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW + 200);
		bench.l1IsDead = true;
		bench.sequencerIsDead = true;
		await bench.runTo(WINDOW + 400);
		bench.restart();
		bench.l1IsDead = false;
		bench.sequencerIsDead = false;
		// Away for ten minutes of the window.
		bench.now = WINDOW + 1000;
		await bench.runTo(EXPIRY + 100);
		settlesAlike(bench);
	});

	it("makes again what was lost with its store, where L1 misses it", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW + 200);
		bench.l1IsDead = true;
		await bench.runTo(WINDOW + 400);
		await bench.store.commit([...bench.store.range("", "~")].map(([key]) => ({ key })));
		bench.restart();
		bench.l1IsDead = false;
		await bench.runTo(EXPIRY + 200);
		assert.ok(bench.machine.settled > 0 && bench.oracle.settled > 0);
	});

	it("keeps nothing that nobody will ask for", async () => {
		const bench = new Bench();
		await bench.runTo(EXPIRY + 600);
		for (const kind of ["made", "taken"]) {
			const kept = [...bench.store.range(`${kind}/0/`, `${kind}/00`)].length;
			assert.ok(kept <= 2, `${kept} of ${kind} kept`);
		}
	});
});

/** Members of a committee, each with a circle of its own over the same reporters, one order and one oracle. */
class Members {
	readonly benches: readonly Bench[];

	constructor(count: number) {
		const first = new Bench();
		this.benches = [first, ...Array.from({ length: count - 1 }, (_, i) => new Bench(3 * (i + 1), first))];
	}

	/** Rounds of those that are up until this time, `step` seconds apart. */
	async runTo(time: number, step = 3): Promise<void> {
		for (let now = this.benches[0].now; now < time;) {
			now = Math.min(time, now + step);
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

describe("given members of a committee who each bring reporters together", () => {
	it("lets one of them tell L1 what the machine took, and both fix the same price", async () => {
		const members = new Members(4);
		await members.runTo(EXPIRY + 300);
		settlesAlike(members.benches[0]);
		assert.deepEqual(
			members.benches.map(({ sent }) => [...sent.keys()].some((place) => place.startsWith("0/"))),
			[true, false, false, false],
		);
	});

	it("fixes the machine's price when the member that tells L1 is killed in the window, and when it is back without what it missed", async () => {
		const members = new Members(4);
		await members.runTo(WINDOW + 300);
		members.benches[0].isDown = true;
		await members.runTo(WINDOW + 900);
		assert.ok(
			[...members.benches[1].sent.keys()].some((place) => place.startsWith("0/")),
			"the next one tells L1",
		);
		assert.ok(members.benches[1].oracle.time > WINDOW + 800);
		members.back(0);
		await members.runTo(EXPIRY + 300);
		settlesAlike(members.benches[0]);
		assert.equal(members.refused, 0, "and nothing is sent to be refused");
	});

	it("waits for the order behind a jump of the clock too: what is old when it is made is not what no order took", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW - 60);
		bench.sequencerIsDead = true;
		bench.now = WINDOW + 400;
		await bench.round();
		await bench.runTo(WINDOW + 460);
		assert.ok(bench.oracle.time < WINDOW, "L1 hears nothing that the machine may still hear otherwise");
		bench.sequencerIsDead = false;
		await bench.runTo(EXPIRY + 200);
		settlesAlike(bench);
	});

	it("fixes the machine's price when the sender reaches no L1 while its reports are ordered", async () => {
		const members = new Members(2);
		await members.runTo(WINDOW + 300);
		members.benches[0].l1IsDead = true;
		await members.runTo(EXPIRY + 60);
		members.benches[0].l1IsDead = false;
		await members.runTo(EXPIRY + 300);
		settlesAlike(members.benches[0]);
	});

	it("fixes the machine's price when reports come from another member's circle by turns", async () => {
		const members = new Members(3);
		for (let time = START; time < EXPIRY + 300; time += 45) {
			members.benches[0].sequencerIsDead = !members.benches[0].sequencerIsDead;
			await members.runTo(time + 45);
		}
		settlesAlike(members.benches[0]);
		assert.equal(members.refused, 0);
	});

	for (const [where, from] of [
		["of a window's first second", WINDOW - 100],
		["inside a window", WINDOW + 300],
	] as const)
		it(`settles although the signatures for a report ${where} were split between two proposals`, async () => {
			const members = new Members(2);
			await members.runTo(from);
			// Both wake up late, and know different days while these are being listed: no second can be had by both, and none has enough of this one.
			const [first, second] = members.benches;
			first.days = [DAY, DAY + 1];
			for (const place of [4, 5, 6]) first.mute.add(place);
			for (const place of [0, 1, 2, 3]) second.mute.add(place);
			for (const bench of members.benches) {
				bench.now = from + 400;
				await bench.round();
			}
			assert.ok(first.machine.time <= from, "neither of them has enough");
			for (const bench of members.benches) bench.mute.clear();
			await members.runTo(EXPIRY + 300);
			settlesAlike(first);
		});

	it("fixes the machine's price when a window has no report of its first second, and L1 is heard of only inside it", async () => {
		const members = new Members(2);
		await members.runTo(WINDOW - 30);
		const [first, second] = members.benches;
		for (const bench of members.benches) {
			bench.l1IsDead = true;
			bench.restart();
		}
		first.days = [DAY, DAY + 1];
		for (const place of [4, 5, 6]) first.mute.add(place);
		for (const place of [0, 1, 2, 3]) second.mute.add(place);
		await members.runTo(WINDOW + 8, 1);
		for (const bench of members.benches) bench.mute.clear();
		await members.runTo(WINDOW + 400);
		assert.ok(!first.machine.times.includes(WINDOW), "the first second is spoilt");
		for (const bench of members.benches) bench.l1IsDead = false;
		await members.runTo(EXPIRY + 300);
		settlesAlike(first);
	});
});
