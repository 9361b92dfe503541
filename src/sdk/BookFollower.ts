import type { Connection } from "./Connection.ts";

/** A level: dollars per unit, and units. */
export type BookLevel = readonly [price: string, amount: string];

type Snapshot = { readonly type: "snapshot"; readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] };
type Step = readonly [what: "new" | "change" | "delete", price: string, amount: string];
type Change = { readonly type: "change"; readonly bids: readonly Step[]; readonly asks: readonly Step[] };
type Told = (Snapshot | Change) & { readonly change_id: number; readonly prev_change_id: number | null };

/** An order book kept up to date by its channel. A gap in the channel is seen, and the whole book asked for again. */
export class BookFollower {
	readonly #connection: Connection;
	readonly #channel: string;
	readonly #onChange: (book: BookFollower) => void;
	readonly #sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };
	#changeId = 0;
	/** How often something was missed. */
	gaps = 0;

	private constructor(connection: Connection, instrument: string, onChange: (book: BookFollower) => void) {
		this.#connection = connection;
		this.#channel = `book.${instrument}`;
		this.#onChange = onChange;
	}

	/** Resolves when the first snapshot is there. */
	static async follow(
		connection: Connection,
		instrument: string,
		onChange: (book: BookFollower) => void = () => undefined,
	): Promise<BookFollower> {
		const book = new BookFollower(connection, instrument, onChange);
		await connection.subscribe(book.#channel, (data) => book.#take(data as Told));
		return book;
	}

	/** Best first. */
	get bids(): BookLevel[] {
		return [...this.#sides.bids].sort(([a], [b]) => Number(b) - Number(a));
	}

	/** Best first. */
	get asks(): BookLevel[] {
		return [...this.#sides.asks].sort(([a], [b]) => Number(a) - Number(b));
	}

	async stop(): Promise<void> {
		await this.#connection.unsubscribe(this.#channel);
	}

	#take(told: Told): void {
		if (told.type === "snapshot") {
			for (const side of ["bids", "asks"] as const) {
				this.#sides[side].clear();
				for (const [price, amount] of told[side]) this.#sides[side].set(price, amount);
			}
		} else if (told.prev_change_id !== this.#changeId) {
			this.gaps += 1;
			this.#connection.subscribe(this.#channel, (data) => this.#take(data as Told)).catch(() => undefined);
			return;
		} else {
			for (const side of ["bids", "asks"] as const)
				for (const [what, price, amount] of told[side]) {
					if (what === "delete") this.#sides[side].delete(price);
					else this.#sides[side].set(price, amount);
				}
		}
		this.#changeId = told.change_id;
		this.#onChange(this);
	}
}
