import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ExchangeSource } from "../../src/market/ExchangeSource.ts";
import type { Venue } from "../../src/market/Venues.ts";
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

	it("fills a hole in the window with what reporters saw at exchanges while nobody brought them together", async () => {
		let now = START;
		const venue = (name: string): Venue => ({
			name,
			index: () => Promise.resolve(2000 + (now - START) / 100),
			chain: () => Promise.resolve([]),
		});
		const sources = Array.from(
			{ length: 7 },
			() =>
				new ExchangeSource(
					[venue("a"), venue("b")],
					() => now,
					() => 1000 * now,
				),
		);
		const bench = new Bench(0, undefined, undefined, (place) => sources[place]);
		bench.days = [];
		const runTo = async (time: number): Promise<void> => {
			for (; now < time; now += 10) {
				bench.now = now;
				// As each does by itself.
				for (const source of sources) await source.quote(0, now, []);
				if (!bench.isDown) await bench.round();
			}
		};
		await runTo(WINDOW + 300);
		bench.isDown = true;
		await runTo(WINDOW + 1500);
		bench.isDown = false;
		await runTo(EXPIRY + 300);
		settlesAlike(bench);
		const mean = 2000 + (EXPIRY - 900 - START) / 100;
		const settled = bench.machine.settled / 1e6;
		// A price stands until the next, a minute later in the hole.
		assert.ok(Math.abs(settled - mean) < 0.3, `${settled} is the average of prices as they were, ${mean}`);
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
