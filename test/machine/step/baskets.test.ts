import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nameOf } from "../../../src/machine/Result.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import type { Book } from "../../../src/machine/types/Book.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, TODAY, cells, record, strikeOf } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { DOMAIN } from "../../../scripts/dev/lockstep/Desk.ts";
import { keyOf, sign } from "../../../scripts/dev/lockstep/Keys.ts";
import { Lane } from "../../../scripts/dev/lockstep/Lane.ts";
import type { Item } from "../../../scripts/dev/lockstep/Lane.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const RICH = { cash: 1_000_000_000_000 };
const KEY = keyOf("owner at the edge");

function quote(fields: Partial<DealMessages.Item>): DealMessages.Item {
	const none = {
		kind: Messages.PLACE,
		series: CALL,
		side: 0,
		timeInForce: 0,
		flags: 0,
		price: 900,
		size: 1,
		expiresAt: 0,
		label: 0,
		order: 0,
	};
	return { ...none, ...fields };
}

function basket(items: readonly DealMessages.Item[], nonce = 1001): Uint8Array {
	const message = { account: ACCOUNT, nonce, count: items.length, items: DealEncoding.items(items), signature: NOTHING };
	return DealEncoding.basket({ ...message, signature: sign(KEY, DealMessages.basketDigest(DOMAIN, message)) });
}

/** Plays whole batches, and tells every Result and the lane as it then is. */
function run(batches: readonly (readonly Item[])[]): { results: string[]; lane: Lane } {
	const machine = Machines.initial();
	machine.clock = CLOCK;
	const lane = new Lane(cells({ account: RICH }), machine);
	const results: string[] = [];
	for (const items of batches) {
		lane.open(items, { minTime: CLOCK, maxTime: CLOCK + 100 });
		while (!lane.done) results.push(nameOf(lane.advance().outcome.result));
	}
	return { results, lane };
}

describe("given a basket of quotes under one signature", () => {
	const items = [
		quote({}),
		quote({ side: 1, price: 1100 }),
		quote({ price: 1_000_000 }),
		quote({ kind: Messages.CANCEL, price: 0, size: 0, order: 1002 }),
	];

	it("gives each item a Result of its own, and the others their course when one is refused", () => {
		const { results, lane } = run([[record(basket(items))]]);
		assert.deepEqual(results, ["Ok", "Rested", "Rested", "BeyondBand", "Ok", "NextBatch"]);
		const books = [...lane.state.live.entries(Kinds.BOOKS)].map(([, cell]) => (cell as Book).orders);
		assert.deepEqual(
			books.flat().map(({ order, price }) => [order, price]),
			[[1003, 1100]],
		);
	});

	it("works once, whatever became of its items: whoever sends it again is refused", () => {
		const refused = [quote({ price: 1_000_000 })];
		const { results } = run([[record(basket(refused))], [record(basket(refused))]]);
		assert.deepEqual(results, ["Ok", "BeyondBand", "NextBatch", "NonceUsed", "NextBatch"]);
	});

	it("is void as a whole when a byte of any item was changed on its way", () => {
		const payload = basket(items);
		for (let at = 1; at < payload.length; at += 7) {
			const changed = payload.slice();
			changed[at] ^= 1;
			const { results, lane } = run([[record(changed)]]);
			assert.equal(results.length, 2, `byte ${at}: ${results.join()}`);
			assert.notEqual(results[0], "Ok");
			assert.equal([...lane.state.live.entries(Kinds.BOOKS)].length, 0);
		}
	});

	it("lets the clock of its record pass once, and leaves nothing behind for the next message", () => {
		const { lane } = run([[{ kind: "record", payload: basket(items), delay: 9 }]]);
		assert.equal(lane.machine.clock, CLOCK + 9);
		assert.equal(lane.machine.cursor.item, 0);
	});

	it("uses no nonce beyond those of its items", () => {
		const account = new Map(run([[record(basket(items))]]).lane.state.live.entries(Kinds.ACCOUNTS)).get(ACCOUNT) as Account;
		// The basket's own, its two orders' that rested; the refused order's is free, the cancellation has none.
		assert.equal(account.nonceBits, 0b1110n);
	});
});
