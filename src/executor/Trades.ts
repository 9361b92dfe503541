import * as Bytes from "../machine/math/Bytes.ts";
import type { Change, Store } from "../ports/Store.ts";

/** One fill. Price in ticks, size in lots, fees in micro-USDC. `trade` counts within the series from 1. */
export type Trade = {
	readonly series: number;
	readonly trade: number;
	readonly sequence: number;
	readonly time: number;
	readonly price: number;
	readonly size: number;
	readonly takerSide: number;
	readonly taker: number;
	readonly takerOrder: number;
	readonly takerFee: number;
	readonly maker: number;
	readonly makerOrder: number;
	readonly makerFee: number;
};

const digits = (value: number, width: number): string => String(value).padStart(width, "0");
const keyOf = (series: number, trade: number): string => `live/trade/${digits(series, 16)}/${digits(trade, 12)}`;

/** Every trade, in the store by series and number; in memory until it is saved. */
export class Trades {
	readonly #store: Store;
	#unsaved = new Map<string, Trade>();
	#saving = new Map<string, Trade>();
	/** Undone by a rebase; kept until the store has forgotten them too. */
	readonly #removed = new Set<string>();

	constructor(store: Store) {
		this.#store = store;
	}

	put(trade: Trade): void {
		this.#unsaved.set(keyOf(trade.series, trade.trade), trade);
	}

	/** One trade of a series, or undefined. */
	find(series: number, trade: number): Trade | undefined {
		const key = keyOf(series, trade);
		const recent = this.#unsaved.get(key) ?? this.#saving.get(key);
		if (recent) return recent;
		if (this.#removed.has(key)) return undefined;
		const bytes = this.#store.get(key);
		return bytes && decode(series, trade, bytes);
	}

	/** Up to `limit` trades of a series before number `before`, newest first. */
	last(series: number, before: number, limit: number): Trade[] {
		const trades: Trade[] = [];
		for (let trade = before - 1; trade >= 1 && trades.length < limit; trade--) {
			const found = this.find(series, trade);
			if (!found) break;
			trades.push(found);
		}
		return trades;
	}

	/** Takes back the trades of a series from number `first` on, which a rebase undid, and tells each. */
	*undo(series: number, first: number): Iterable<Trade> {
		for (let trade = first; ; trade++) {
			const found = this.find(series, trade);
			if (!found) return;
			const key = keyOf(series, trade);
			this.#unsaved.delete(key);
			this.#saving.delete(key);
			this.#removed.add(key);
			yield found;
		}
	}

	takeChanges(): Change[] {
		const changes: Change[] = [];
		for (const key of this.#removed) changes.push({ key });
		for (const [key, trade] of this.#unsaved) {
			changes.push({ key, value: encode(trade) });
			this.#saving.set(key, trade);
		}
		this.#unsaved = new Map();
		return changes;
	}

	/** What `takeChanges` gave is in the store. */
	saved(): void {
		this.#saving = new Map();
		this.#removed.clear();
	}
}

/** sequence u64 | time u40 | price u32 | size u40 | takerSide u8 | taker u24 | takerOrder u64 | takerFee u64 | maker u24 | makerOrder u64 | makerFee u64 */
function encode(trade: Trade): Uint8Array {
	const bytes = new Uint8Array(61);
	let at = Bytes.put(bytes, 0, 8, trade.sequence);
	at = Bytes.put(bytes, at, 5, trade.time);
	at = Bytes.put(bytes, at, 4, trade.price);
	at = Bytes.put(bytes, at, 5, trade.size);
	bytes[at++] = trade.takerSide;
	at = Bytes.put(bytes, at, 3, trade.taker);
	at = Bytes.put(bytes, at, 8, trade.takerOrder);
	at = Bytes.put(bytes, at, 8, trade.takerFee);
	at = Bytes.put(bytes, at, 3, trade.maker);
	at = Bytes.put(bytes, at, 8, trade.makerOrder);
	Bytes.put(bytes, at, 8, trade.makerFee);
	return bytes;
}

function decode(series: number, trade: number, bytes: Uint8Array): Trade {
	return {
		series,
		trade,
		sequence: Bytes.uint(bytes, 0, 8),
		time: Bytes.uint(bytes, 8, 5),
		price: Bytes.uint(bytes, 13, 4),
		size: Bytes.uint(bytes, 17, 5),
		takerSide: bytes[22],
		taker: Bytes.uint(bytes, 23, 3),
		takerOrder: Bytes.uint(bytes, 26, 8),
		takerFee: Bytes.uint(bytes, 34, 8),
		maker: Bytes.uint(bytes, 42, 3),
		makerOrder: Bytes.uint(bytes, 45, 8),
		makerFee: Bytes.uint(bytes, 53, 8),
	};
}
