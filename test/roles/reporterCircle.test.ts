import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ExchangeSource } from "../../src/market/ExchangeSource.ts";
import type { Venue } from "../../src/market/Venues.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { Bench, Committee, DAY, EXPIRY, Members, settlesAlike, START, WINDOW } from "./circleBench.ts";

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
		await bench.runTo(EXPIRY + 2000);
		assert.equal(bench.machine.settled, 0);
		assert.ok(bench.oracle.settled > 0);
		bench.sequencerIsDead = false;
		await bench.runTo(EXPIRY + 2100);
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

	/** Reporters of exchanges whose index rises by a dollar in a hundred seconds; with stores, they may begin anew. */
	class Exchanges {
		now = START;
		readonly #stores = Array.from({ length: 7 }, () => new MemoryStore());
		#sources: ExchangeSource[] = [];
		readonly bench = new Bench(0, undefined, undefined, (place) => ({ quote: (...asked) => this.#sources[place].quote(...asked) }));

		constructor() {
			this.restart();
			this.bench.days = [];
		}

		/** All reporters in new processes. */
		restart(): void {
			const venue = (name: string): Venue => ({
				name,
				index: () => Promise.resolve(2000 + (this.now - START) / 100),
				chain: () => Promise.resolve([]),
			});
			this.#sources = this.#stores.map((store) => {
				const source = new ExchangeSource(
					[venue("a"), venue("b")],
					() => this.now,
					() => 1000 * this.now,
				);
				source.keepIn(store);
				return source;
			});
		}

		/** Each looks by itself. */
		async runTo(time: number): Promise<void> {
			for (; this.now < time; this.now += 10) {
				this.bench.now = this.now;
				for (const source of this.#sources) await source.quote(0, this.now, []);
				if (!this.bench.isDown) await this.bench.round();
			}
		}

		/** That the window settled, on L1 alike, at the average of prices as they were: one stands until the next, a minute later in a hole. */
		settlesRight(): void {
			settlesAlike(this.bench);
			const mean = 2000 + (EXPIRY - 900 - START) / 100;
			const settled = this.bench.machine.settled / 1e6;
			assert.ok(Math.abs(settled - mean) < 0.4, `${settled} is the average of prices as they were, ${mean}`);
		}
	}

	it("fills a hole in the window with what reporters saw at exchanges while nobody brought them together", async () => {
		const exchanges = new Exchanges();
		await exchanges.runTo(WINDOW + 300);
		exchanges.bench.isDown = true;
		await exchanges.runTo(WINDOW + 1500);
		exchanges.bench.isDown = false;
		await exchanges.runTo(EXPIRY + 300);
		exchanges.settlesRight();
	});

	it("settles, and goes on, when nobody brought reporters together from before a window until hours after it", async () => {
		const exchanges = new Exchanges();
		await exchanges.runTo(WINDOW - 600);
		exchanges.bench.isDown = true;
		await exchanges.runTo(EXPIRY + 7200);
		exchanges.bench.isDown = false;
		await exchanges.runTo(EXPIRY + 7400);
		exchanges.settlesRight();
		assert.ok(exchanges.bench.machine.time > EXPIRY + 7300, "prices go on");
	});

	it("settles when all reporters are started again inside a window of which nothing was reported for minutes", async () => {
		const exchanges = new Exchanges();
		await exchanges.runTo(WINDOW + 300);
		exchanges.bench.isDown = true;
		await exchanges.runTo(WINDOW + 900);
		exchanges.restart();
		exchanges.bench.isDown = false;
		await exchanges.runTo(EXPIRY + 300);
		exchanges.settlesRight();
	});

	it("goes on with present prices while a hole of L1's oracle cannot be filled", async () => {
		let forgotten = false;
		const bench = new Bench(0, undefined, undefined, (place) => {
			const source = new SyntheticMarket(3, START).source(place + 1, 0.0002);
			return {
				quote: (underlying, time, days) =>
					forgotten && time <= WINDOW + 400 ? Promise.resolve(undefined) : source.quote(underlying, time, days),
			};
		});
		await bench.runTo(WINDOW + 200);
		bench.l1IsDead = true;
		await bench.runTo(WINDOW + 400);
		await bench.store.commit([...bench.store.range("", "~")].map(([key]) => ({ key })));
		bench.restart();
		bench.l1IsDead = false;
		forgotten = true;
		// L1 is told what is known here once nobody else told it what lies before that.
		await bench.runTo(EXPIRY + 200);
		assert.ok(bench.oracle.time < WINDOW + 400, "L1 misses what nobody knows");
		assert.ok(bench.machine.time > EXPIRY + 180, `prices go on, the last is ${bench.machine.time - EXPIRY} s behind the window's end`);
		assert.ok(bench.machine.settled > 0);
	});

	it("tells L1 nothing more that no order took, once the order is back, though it had begun to", async () => {
		const bench = new Bench();
		await bench.runTo(WINDOW + 300);
		bench.sequencerIsDead = true;
		const { time } = bench.machine;
		let told = 0;
		bench.meanwhile = (underlying) => {
			if (underlying !== 0 || ++told !== 2) return;
			// The order takes what was on its way to it when it stopped.
			bench.order.take(lateReport());
		};
		const lateReport = (): Uint8Array => {
			const [, late] = [...bench.store.range(`made/0/`, "made/00")].find(([key]) => Number(key.split("/")[2]) > time) as [
				string,
				Uint8Array,
			];
			return late;
		};
		const before = bench.oracle.time;
		bench.l1IsDead = true;
		await bench.runTo(EXPIRY + 1900);
		bench.l1IsDead = false;
		await bench.round();
		assert.ok(before <= time);
		assert.ok(bench.machine.time > time, "the order is back");
		assert.equal(told, 2, "L1 was told nothing further");
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

describe("given members of a committee who each bring reporters together", () => {
	it("makes first reports as a window ends, and none of them is of a second inside it, which the machine refuses", async () => {
		const members = new Members(4, new Committee(4));
		for (const bench of members.benches) bench.now = EXPIRY - 30;
		await members.runTo(EXPIRY + 60, 1);
		const { machine } = members.benches[0];
		assert.ok(machine.times[0] > EXPIRY && machine.times[0] <= EXPIRY + 12, `the first is ${machine.times[0] - EXPIRY} s behind its end`);
		for (const { store } of members.benches)
			for (const [key] of store.range("made/", "made0")) assert.ok(Number(key.split("/")[2]) >= EXPIRY, `${key} was made`);
		assert.ok(machine.time > EXPIRY + 48, "and each goes on");
	});

	for (const gone of [[1], [1, 2]])
		it(`settles without ${gone.length} of seven members, whose slots are next to each other`, async () => {
			const committee = new Committee(7);
			const members = new Members(7, committee);
			const first = [0, 1, 2, 3, 4, 5, 6].map((i) => [0, 1, 2, 3, 4, 5, 6].findIndex((member) => committee.isTurn(member, START + 10 * i)));
			for (const slot of gone) members.benches[first[slot]].isDown = true;
			await members.runTo(WINDOW - 1500);
			for (const bench of members.benches) bench.now = WINDOW - 120;
			await members.runTo(EXPIRY + 180, 5);
			const bench = members.benches[first[3]];
			settlesAlike(bench);
			const times = bench.machine.times.filter((time) => time >= WINDOW - 60);
			const longest = Math.max(...times.slice(1).map((time, i) => time - times[i]));
			assert.ok(longest < 60, `${longest} s without a report`);
		});

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

	/** Nobody's reports are ordered, from a time in the window on; afterwards those of the last member are. */
	async function standStill(members: Members, until: () => Promise<void>): Promise<void> {
		await members.runTo(WINDOW + 300);
		for (const bench of members.benches) bench.sequencerIsDead = true;
		await until();
		(members.benches.at(-1) as Bench).sequencerIsDead = false;
		await members.runTo(EXPIRY + 300);
	}

	it("fixes the machine's price when the order stands still for ten minutes inside the window and then takes another member's reports", async () => {
		const members = new Members(3, new Committee(3));
		await standStill(members, () => members.runTo(WINDOW + 900));
		settlesAlike(members.benches[0]);
	});

	it("fixes the machine's price when time leaps while reports are on their way to the order", async () => {
		const members = new Members(3, new Committee(3));
		await standStill(members, async () => {
			await members.runTo(WINDOW + 330);
			for (const bench of members.benches) bench.now += 900;
			await members.runTo(WINDOW + 1260);
		});
		settlesAlike(members.benches[0]);
	});

	it("tells L1 what it made itself once no order took it for half an hour", async () => {
		const members = new Members(2);
		const { machine, oracle } = members.benches[0];
		await members.runTo(WINDOW + 300);
		for (const bench of members.benches) bench.sequencerIsDead = true;
		await members.runTo(WINDOW + 1800, 6);
		assert.ok(oracle.time <= machine.time, "the order may still take them");
		await members.runTo(EXPIRY + 1900, 6);
		assert.equal(machine.settled, 0);
		assert.ok(oracle.settled > 0, "an order that is dead for good holds up no settlement on L1");
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
