import * as Bytes from "../machine/math/Bytes.ts";
import type { Result } from "../machine/Result.ts";
import type { Change, Store } from "../ports/Store.ts";
import type { CloseReason } from "./Events.ts";

/** Everything known of one order. Prices in ticks, sizes in lots. */
export type OrderStatus = {
	readonly account: number;
	readonly order: number;
	readonly series: number;
	readonly side: number;
	readonly price: number;
	readonly size: number;
	readonly timeInForce: number;
	readonly flags: number;
	/** Seconds; 0 is never. */
	readonly expiresAt: number;
	/** The owner's own mark; 0 is none. */
	readonly label: number;
	/** Sequence number and machine time of the record that placed it. */
	readonly sequence: number;
	readonly time: number;
	/** Result of the message. */
	result: Result;
	remaining: number;
	/** Ticks times lots over its fills. */
	filledValue: number;
	/** Undefined while it stands in the book. */
	closed: CloseReason | undefined;
};

const REASONS: readonly (CloseReason | undefined)[] = [
	undefined,
	"Filled",
	"Cancelled",
	"CancelledAll",
	"Dropped",
	"BookFull",
	"Displaced",
	"Expired",
	"SelfTradePrevented",
	"MakerFailed",
	"TakerStopped",
	"Refused",
	"Replaced",
	"Killed",
	"NotReducing",
	"ProtectionTripped",
	"SwitchedOff",
	"Swept",
	"Liquidated",
];
const LENGTH = 64;

const digits = (value: number, width: number): string => String(value).padStart(width, "0");
const keyOf = (account: number, order: number): string => `live/order/${digits(account, 8)}/${digits(order, 16)}`;
/** Orders with a label again, by it, newest first: the place of a message counts down. */
const labelPrefix = (account: number, label: number): string => `live/label/${digits(account, 8)}/${digits(label, 5)}/`;
const labelKeyOf = ({ account, label, sequence }: OrderStatus): string =>
	`${labelPrefix(account, label)}${digits(Number.MAX_SAFE_INTEGER - sequence, 16)}`;

/**
 * Status of every order that ever reached the log: those that stand are in memory, the others in the store, and in memory until they are saved. So a
 * question by account and nonce always has an answer.
 */
export class Orders {
	readonly #store: Store;
	/** Standing orders by account, then by nonce. */
	readonly #open = new Map<number, Map<number, OrderStatus>>();
	/** Changed since the last `takeChanges`. */
	#unsaved = new Map<string, OrderStatus>();
	/** Given out by `takeChanges`, not yet known to be in the store. */
	#saving = new Map<string, OrderStatus>();

	constructor(store: Store) {
		this.#store = store;
	}

	find(account: number, order: number): OrderStatus | undefined {
		const open = this.#open.get(account)?.get(order);
		if (open) return open;
		const key = keyOf(account, order);
		const recent = this.#unsaved.get(key) ?? this.#saving.get(key);
		if (recent) return recent;
		const bytes = this.#store.get(key);
		return bytes && decode(account, order, bytes);
	}

	/** Standing orders of an account, by nonce of placing. Some may be dead already: the caller knows epoch and clock. */
	openOf(account: number): Iterable<OrderStatus> {
		return this.#open.get(account)?.values() ?? [];
	}

	/** Up to `limit` orders of an account with a label, standing or not, newest first. */
	labelled(account: number, label: number, limit: number): OrderStatus[] {
		const found = new Map<number, OrderStatus>();
		for (const recent of [this.#saving, this.#unsaved])
			for (const status of recent.values()) if (status.account === account && status.label === label) found.set(status.order, status);
		let stored = 0;
		const prefix = labelPrefix(account, label);
		for (const [, order] of this.#store.range(prefix, `${prefix}~`)) {
			if (++stored > limit) break;
			const status = this.find(account, Bytes.uint(order, 0, 8));
			if (status) found.set(status.order, status);
		}
		return [...found.values()].sort((a, b) => b.sequence - a.sequence).slice(0, limit);
	}

	/** Accounts with standing orders. */
	accounts(): number[] {
		return [...this.#open.keys()];
	}

	/** Notes a new or changed order. */
	put(status: OrderStatus): void {
		this.#unsaved.set(keyOf(status.account, status.order), status);
		let orders = this.#open.get(status.account);
		if (status.closed === undefined) {
			if (!orders) {
				orders = new Map();
				this.#open.set(status.account, orders);
			}
			orders.set(status.order, status);
		} else if (orders?.delete(status.order) && orders.size === 0) this.#open.delete(status.account);
	}

	/** Takes an order that stands in a restored book into memory, without counting it as changed unless its status disagrees. */
	restore(status: OrderStatus, remaining: number): void {
		const agrees = status.remaining === remaining && status.closed === undefined;
		status.remaining = remaining;
		status.closed = undefined;
		this.put(status);
		if (agrees) this.#unsaved.delete(keyOf(status.account, status.order));
	}

	/** Forgets which orders stand; statuses remain. */
	clearOpen(): void {
		this.#open.clear();
	}

	takeChanges(): Change[] {
		const changes: Change[] = [];
		for (const [key, status] of this.#unsaved) {
			changes.push({ key, value: encode(status) });
			if (status.label !== 0) changes.push({ key: labelKeyOf(status), value: numberOf(status.order) });
		}
		for (const [key, status] of this.#unsaved) this.#saving.set(key, status);
		this.#unsaved = new Map();
		return changes;
	}

	/** What `takeChanges` gave is in the store. */
	saved(): void {
		this.#saving = new Map();
	}
}

function numberOf(order: number): Uint8Array {
	const bytes = new Uint8Array(8);
	Bytes.put(bytes, 0, 8, order);
	return bytes;
}

/** series u64 | side | timeInForce | flags | result | closed u8 | price u32 | size u40 | remaining u40 | expiresAt u40 | sequence u64 | time u40 | filledValue u64 | label u16 | 0 */
function encode(status: OrderStatus): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	let at = Bytes.put(bytes, 0, 8, status.series);
	for (const byte of [status.side, status.timeInForce, status.flags, status.result, REASONS.indexOf(status.closed)]) bytes[at++] = byte;
	at = Bytes.put(bytes, at, 4, status.price);
	at = Bytes.put(bytes, at, 5, status.size);
	at = Bytes.put(bytes, at, 5, status.remaining);
	at = Bytes.put(bytes, at, 5, status.expiresAt);
	at = Bytes.put(bytes, at, 8, status.sequence);
	at = Bytes.put(bytes, at, 5, status.time);
	at = Bytes.put(bytes, at, 8, status.filledValue);
	Bytes.put(bytes, at, 2, status.label);
	return bytes;
}

function decode(account: number, order: number, bytes: Uint8Array): OrderStatus {
	return {
		account,
		order,
		series: Bytes.uint(bytes, 0, 8),
		side: bytes[8],
		timeInForce: bytes[9],
		flags: bytes[10],
		result: bytes[11] as Result,
		closed: REASONS[bytes[12]],
		price: Bytes.uint(bytes, 13, 4),
		size: Bytes.uint(bytes, 17, 5),
		remaining: Bytes.uint(bytes, 22, 5),
		expiresAt: Bytes.uint(bytes, 27, 5),
		sequence: Bytes.uint(bytes, 32, 8),
		time: Bytes.uint(bytes, 40, 5),
		filledValue: Bytes.uint(bytes, 45, 8),
		label: Bytes.uint(bytes, 53, 2),
	};
}
