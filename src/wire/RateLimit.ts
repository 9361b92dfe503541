/** So many a second, and a burst of so many at once. */
export type Rate = { readonly perSecond: number; readonly burst: number };

/** LIMIT: names that a table of buckets holds; those at rest are forgotten first. */
const MAX_BUCKETS = 100_000;

/** A bucket of tokens that fills with time. `now` is in milliseconds and never runs backwards. */
export class Bucket {
	readonly #rate: Rate;
	#tokens: number;
	#time: number;

	constructor(rate: Rate, now: number) {
		this.#rate = rate;
		this.#tokens = rate.burst;
		this.#time = now;
	}

	/** Takes `count` tokens and returns 0, or takes none and returns after how many milliseconds there are enough; Infinity when there never are. */
	take(now: number, count = 1): number {
		const { perSecond, burst } = this.#rate;
		this.#fill(now);
		if (this.#tokens >= count) {
			this.#tokens -= count;
			return 0;
		}
		return count > burst ? Infinity : Math.ceil(((count - this.#tokens) / perSecond) * 1000);
	}

	/** Whether nothing was taken for so long that a new bucket would be the same. */
	isFull(now: number): boolean {
		this.#fill(now);
		return this.#tokens >= this.#rate.burst;
	}

	#fill(now: number): void {
		const { perSecond, burst } = this.#rate;
		this.#tokens = Math.min(burst, this.#tokens + ((now - this.#time) / 1000) * perSecond);
		this.#time = now;
	}
}

/** A bucket for every name that asks: an account, an address. */
export class Buckets<Name> {
	readonly #rate: Rate;
	readonly #maximum: number;
	readonly #buckets = new Map<Name, Bucket>();

	constructor(rate: Rate, maximum = MAX_BUCKETS) {
		this.#rate = rate;
		this.#maximum = maximum;
	}

	/** As `Bucket.take`. */
	take(name: Name, now: number, count = 1): number {
		let bucket = this.#buckets.get(name);
		if (!bucket) {
			if (this.#buckets.size >= this.#maximum) this.#forget(now);
			bucket = new Bucket(this.#rate, now);
			this.#buckets.set(name, bucket);
		}
		return bucket.take(now, count);
	}

	get size(): number {
		return this.#buckets.size;
	}

	/** Forgets the buckets that are full; when none is, the oldest tenth, so that strangers cannot fill the memory. */
	#forget(now: number): void {
		for (const [name, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(name);
		if (this.#buckets.size < this.#maximum) return;
		let left = Math.ceil(this.#maximum / 10);
		for (const name of this.#buckets.keys()) {
			if (left-- === 0) return;
			this.#buckets.delete(name);
		}
	}
}
