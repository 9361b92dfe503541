// Baskets on the two sides of every edge: how many items there may be, what an item of each kind may hold, whose key may sign, and what the clock does between
// the items.

import { MAX_ITEMS, MAX_NONCE } from "../../../src/machine/Constants.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, OWNER, TODAY, cells, forced, playAll, record, strikeOf } from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import { DOMAIN } from "./Desk.ts";
import { keyOf, sign } from "./Keys.ts";
import type { Key } from "./Keys.ts";
import { Lane } from "./Lane.ts";
import type { Item } from "./Lane.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const RICH = { cash: 1_000_000_000_000 };
const NONE = { series: CALL, side: 0, timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0, order: 0 };
const PLACE = { ...NONE, kind: Messages.PLACE, price: 900, size: 3 };
const CANCEL = { ...NONE, kind: Messages.CANCEL, order: 1002 };
const REPLACE = { ...NONE, kind: Messages.REPLACE, price: 900, size: 2, order: 1002 };
const OWNER_KEY = keyOf("owner at the edge");

function basketOf(items: readonly DealMessages.Item[], nonce = 1001, account = ACCOUNT): DealMessages.Basket {
	return { account, nonce, count: items.length, items: DealEncoding.items(items), signature: NOTHING };
}

function signed(basket: DealMessages.Basket, key: Key): Item {
	return record(DealEncoding.basket({ ...basket, signature: sign(key, DealMessages.basketDigest(DOMAIN, basket)) }));
}

export function baskets(): Boundary[] {
	const all: Boundary[] = [];
	const add = (name: string, item: Item, world: World = {}): void => {
		const steps = playAll(cells({ account: RICH, ...world }), item);
		for (const [i, recorded] of steps.entries()) all.push({ name: `basket/${name}/${i}`, recorded });
	};
	for (const count of [0, 1, MAX_ITEMS, MAX_ITEMS + 1]) {
		const items = Array.from({ length: count }, (_, i) => ({ ...CANCEL, order: 1 + i }));
		add(`count/${count}`, signed(basketOf(items), OWNER_KEY));
	}
	const payload = DealEncoding.basket(basketOf([CANCEL]));
	for (const length of [11, 12, 13, payload.length - 1, payload.length + 1]) {
		const bytes = new Uint8Array(length);
		bytes.set(payload.subarray(0, length));
		add(`length/${length}`, forced(bytes));
	}
	const last = MAX_NONCE - 2;
	for (const nonce of [999, 1000, 1001, last, last + 1, MAX_NONCE]) {
		const floor = { ...RICH, nonceFloor: nonce > 2000 ? MAX_NONCE - 500 : 1000 };
		add(`nonce/${nonce}`, forced(DealEncoding.basket(basketOf([PLACE], nonce))), { account: floor });
	}
	// The basket's own nonce is used once; an item's may be used already.
	for (const nonceBits of [2n, 4n])
		add(`used/${nonceBits}`, signed(basketOf([PLACE, PLACE]), OWNER_KEY), { account: { ...RICH, nonceBits } });
	for (const account of [ACCOUNT, ACCOUNT + 1]) add(`account/${account}`, signed(basketOf([CANCEL], 1001, account), OWNER_KEY));
	for (const scopes of [1, 2, 4]) {
		const session = keyOf("session at the edge");
		const guard = { ...Guards.empty(), sessions: [{ key: session.address, scopes, expiresAt: 0 }] };
		add(`session/${scopes}`, signed(basketOf([PLACE]), session), { guards: [guard] });
	}
	add("stranger", signed(basketOf([PLACE]), keyOf("stranger")));
	add("kinds", signed(basketOf([PLACE, REPLACE, { ...REPLACE, price: 901 }, { ...CANCEL, order: 1004 }, CANCEL]), OWNER_KEY));
	for (const kind of [0, Messages.CANCEL_ALL, Messages.SETTLE, Messages.BASKET, 255])
		add(`kind/${kind}`, signed(basketOf([{ ...PLACE, kind }, CANCEL]), OWNER_KEY));
	add("place/order", signed(basketOf([{ ...PLACE, order: 1 }]), OWNER_KEY));
	for (const field of ["timeInForce", "flags", "expiresAt", "label"] as const) {
		add(`replace/${field}`, signed(basketOf([PLACE, { ...REPLACE, [field]: 1 }]), OWNER_KEY));
		add(`cancel/${field}`, signed(basketOf([PLACE, { ...CANCEL, [field]: 1 }]), OWNER_KEY));
	}
	for (const field of ["price", "size"] as const) add(`cancel/${field}`, signed(basketOf([PLACE, { ...CANCEL, [field]: 1 }]), OWNER_KEY));
	// Every field of an item reaches the message that it stands for.
	const whole = { ...PLACE, side: 1, timeInForce: 1, flags: Messages.REDUCE_ONLY + 8, price: 1100, expiresAt: CLOCK + 9, label: 515 };
	add("fields", signed(basketOf([{ ...whole, timeInForce: 0, flags: 8 }, whole]), OWNER_KEY));
	// An item that trades is done before the next one begins.
	const makers = { others: [RICH], books: [{ series: CALL, side: 1, orders: [{ size: 2 }, { size: 9, order: 8 }] }] };
	add("trades", signed(basketOf([{ ...PLACE, price: 1000 }, CANCEL, { ...PLACE, price: 1000, size: 20 }]), OWNER_KEY), makers);
	return [...all, ...delayed()];
}

/** A record's delay passes once; a basket that L1 brought is read again from there, whether a record takes it or the batch's end. */
function delayed(): Boundary[] {
	const all: Boundary[] = [];
	const basket = DealEncoding.basket(basketOf([PLACE, PLACE, CANCEL]));
	const forcedBy = { kind: "message", l1Kind: Machines.FORCED, sender: OWNER, payload: basket } as const;
	const own = signed(basketOf([PLACE, PLACE, CANCEL]), OWNER_KEY);
	const items: readonly (readonly [string, Item])[] = [
		["record", { ...own, delay: 7 } as Item],
		["taken", { ...forcedBy, taken: true }],
		["left", { ...forcedBy, taken: false }],
	];
	for (const [name, item] of items) {
		const machine = Machines.initial();
		machine.clock = CLOCK;
		const lane = new Lane(cells({ account: RICH }), machine);
		lane.open([item, { kind: "record", payload: Uint8Array.of(9), delay: 2 }], { minTime: CLOCK, maxTime: CLOCK + 100 });
		while (!lane.done) all.push({ name: `basket/${name}/${all.length}`, recorded: lane.advance() });
	}
	return all;
}
