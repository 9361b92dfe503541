/** Seeded random numbers (mulberry32): the same seed gives the same market on every machine. Not for secrets. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** Uniform in [0, 1). */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let t = this.#state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	/** Whole number in [0, bound). */
	below(bound: number): number {
		return Math.floor(this.next() * bound);
	}

	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)];
	}

	/** Standard normal (Box and Muller). */
	normal(): number {
		return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
	}
}
