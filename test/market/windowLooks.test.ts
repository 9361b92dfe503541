// What is remembered of settlement windows when the clock, or a venue, is not as it should be.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WindowLooks } from "../../src/market/WindowLooks.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

const DAY = 86_400;
const OPENS = Date.UTC(2026, 1, 2, 7, 30) / 1000;
const NOW = OPENS + 30 * DAY;

type Look = { readonly at: number; readonly of: string };

async function keep(looks: WindowLooks<Look>, from: number, count: number, of = "good"): Promise<void> {
	for (let i = 0; i < count; i++) await looks.keep(0, { at: from + 10 * i, of });
}

/** What is told now, and by a process that starts now: the same. */
function told(store: MemoryStore, looks: WindowLooks<Look>, now = NOW): readonly Look[] {
	const known = looks.of(0, now);
	assert.deepEqual(new WindowLooks<Look>(store).of(0, now), known);
	return known;
}

describe("given looks of settlement windows", () => {
	for (const [name, behind] of [
		["a day", DAY],
		["fifteen minutes", 900],
	] as const) {
		it(`loses none to a look by a clock that is ${name} behind, and does not believe that one`, async () => {
			const store = new MemoryStore();
			const looks = new WindowLooks<Look>(store);
			await keep(looks, OPENS, 150);
			await looks.keep(0, { at: OPENS + 1495 - behind, of: "behind" });
			assert.ok(looks.of(0, OPENS + 1500 - behind).every(({ at }) => at <= OPENS + 1500 - behind));
			await keep(looks, OPENS + 1500, 30);
			const known = told(store, looks);
			assert.deepEqual(
				known.map(({ at }) => at),
				Array.from({ length: 180 }, (_, i) => OPENS + 10 * i),
			);
			assert.ok(known.every(({ of }) => of === "good"));
		});
	}

	it("tells nothing that is to come, and believes the clock that is set right as soon as it is", async () => {
		const store = new MemoryStore();
		const looks = new WindowLooks<Look>(store);
		await keep(looks, OPENS + DAY, 100, "ahead");
		await keep(looks, OPENS, 3);
		assert.deepEqual(
			told(store, looks, OPENS + 30).map(({ at }) => at),
			[OPENS, OPENS + 10, OPENS + 20],
		);
		await keep(looks, OPENS + 30, 97);
		assert.ok(
			told(store, looks).every(({ of }) => of === "good"),
			"of as many the later ones, also when that time has come",
		);
	});

	it("keeps what is seen now, however much a clock that ran ahead has left", async () => {
		const store = new MemoryStore();
		const looks = new WindowLooks<Look>(store);
		for (let day = 0; day < 6; day++) await keep(looks, OPENS + (365 + day) * DAY, 180, "ahead");
		await keep(looks, OPENS, 180);
		assert.equal([...store.range("", "~")].length, 1024);
		assert.equal(told(store, looks).length, 180);
	});

	it("keeps both when a slow look ends after the next one", async () => {
		const store = new MemoryStore();
		const looks = new WindowLooks<Look>(store);
		for (const at of [0, 20, 10, 50, 30, 40, 60]) await looks.keep(0, { at: OPENS + at, of: "good" });
		assert.deepEqual(
			told(store, looks).map(({ at }) => at - OPENS),
			[0, 10, 20, 30, 40, 50, 60],
		);
	});

	it("keeps none that is as good as another, and none of another time", async () => {
		const store = new MemoryStore();
		const looks = new WindowLooks<Look>(store);
		for (const at of [0, 7, 8, 1, 16, 3600]) await looks.keep(0, { at: OPENS + at, of: "good" });
		assert.deepEqual(
			told(store, looks).map(({ at }) => at - OPENS),
			[0, 8, 16],
		);
	});

	it("reads what was kept without its place in the order", async () => {
		const store = new MemoryStore();
		const before = [OPENS, OPENS + 10].map((at) => ({ at, of: "good" }));
		await store.commit(before.map((look) => ({ key: `0/${String(look.at).padStart(12, "0")}`, value: Buffer.from(JSON.stringify(look)) })));
		const looks = new WindowLooks<Look>(store);
		await keep(looks, OPENS + 20, 1022);
		assert.equal(told(store, looks).length, 190);
		for (let day = 1; day < 6; day++) await keep(looks, OPENS + day * DAY, 180);
		assert.equal(told(store, looks).at(0)?.at, OPENS + 660, "and lets it go when it is old");
	});
});
