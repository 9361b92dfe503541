import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bucket, Buckets } from "../../src/wire/RateLimit.ts";

describe("given a bucket of eight a second and three at once", () => {
	const rate = { perSecond: 8, burst: 3 };

	it("says when there is room again, and takes nothing until then", () => {
		const bucket = new Bucket(rate, 0);
		assert.deepEqual(
			[1, 2, 3, 4, 5].map(() => bucket.take(0)),
			[0, 0, 0, 125, 125],
		);
		assert.equal(bucket.take(100), 25);
		assert.equal(bucket.take(125), 0);
	});

	it("never gives more at once than the burst", () => {
		const bucket = new Bucket(rate, 0);
		assert.equal(bucket.take(1_000_000, 4), Infinity);
		assert.equal(bucket.take(1_000_000, 3), 0);
		assert.equal(bucket.take(1_000_000), 125);
	});
});

describe("given buckets by name", () => {
	it("keeps one name's use from another's", () => {
		const buckets = new Buckets<string>({ perSecond: 1, burst: 1 });
		assert.equal(buckets.take("a", 0), 0);
		assert.ok(buckets.take("a", 0) > 0);
		assert.equal(buckets.take("b", 0), 0);
	});

	it("holds no more names than it may, however many strangers come at once", () => {
		const buckets = new Buckets<number>({ perSecond: 1, burst: 1 }, 100);
		for (let name = 0; name < 10_000; name++) buckets.take(name, 0);
		assert.ok(buckets.size <= 100, `${buckets.size} names`);
	});

	it("forgets those at rest before those in use", () => {
		const buckets = new Buckets<string>({ perSecond: 1, burst: 2 }, 2);
		buckets.take("rested", 0);
		buckets.take("busy", 5000);
		buckets.take("busy", 5000);
		buckets.take("new", 5000);
		assert.ok(buckets.take("busy", 5000) > 0);
	});
});
