// Virtual time: everything that happens in a simulated run is an event in one queue, and the same seed gives the same events in the same order.

/** A time, and its bits. */
const moment = new Float64Array(1);
const momentWords = new Int32Array(moment.buffer);

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

export class Scheduler {
	/** Milliseconds since the run began. */
	now = 0;
	/** Events that have happened. */
	count = 0;
	readonly #queue: Event[] = [];
	#order = 0;
	/** Two words that every event so far has mixed its time and its number into: runs that part ways at any event end with others. */
	#trace = 0x9e3779b9;
	#crossTrace = 0x85ebca6b;

	/** Names the events that have happened, in their order. */
	get trace(): string {
		return [this.#trace, this.#crossTrace].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
	}

	/** Lets something happen in `delay` milliseconds. */
	after(delay: number, run: () => void): void {
		const event = { at: this.now + Math.max(0, delay), order: this.#order++, run };
		// A heap, smallest time first, and of one time the one that was asked for first.
		const queue = this.#queue;
		let place = queue.push(event) - 1;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!isBefore(event, queue[parent])) break;
			queue[place] = queue[parent];
			place = parent;
		}
		queue[place] = event;
	}

	/** Lets everything happen until `time`; after each event `check` looks. */
	async runUntil(time: number, check: () => void): Promise<void> {
		for (;;) {
			const event = this.#queue[0];
			if (!event || event.at > time) break;
			this.#pop();
			this.now = event.at;
			this.count += 1;
			this.#note(event);
			event.run();
			await settled();
			check();
		}
		this.now = time;
	}

	#note({ at, order }: Event): void {
		moment[0] = at;
		this.#trace = Math.imul(this.#trace ^ momentWords[0], 0x01000193) ^ (order + (this.#trace >>> 13));
		this.#crossTrace = Math.imul(this.#crossTrace ^ momentWords[1], 0x2c1b3c6d) ^ (this.#trace + (this.#crossTrace >>> 15));
	}

	#pop(): void {
		const queue = this.#queue;
		const last = queue.pop() as Event;
		if (queue.length === 0) return;
		let place = 0;
		for (;;) {
			const left = 2 * place + 1;
			if (left >= queue.length) break;
			const child = left + 1 < queue.length && isBefore(queue[left + 1], queue[left]) ? left + 1 : left;
			if (!isBefore(queue[child], last)) break;
			queue[place] = queue[child];
			place = child;
		}
		queue[place] = last;
	}
}

/** Resolves when whatever the event set going waits for another event: only so is the order that of the seed. Nothing here may wait for a real disk. */
function settled(): Promise<void> {
	return new Promise((resolve) => {
		const turn = (): void => {
			// A long execution lets others run between its steps.
			if (process.getActiveResourcesInfo().includes("Immediate")) setImmediate(turn);
			else resolve();
		};
		setImmediate(turn);
	});
}

function isBefore(a: Event, b: Event): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
