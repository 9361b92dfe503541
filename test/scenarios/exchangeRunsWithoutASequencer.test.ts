// Nobody sequences: every message comes through L1, and every batch is one that somebody included by force. The exchange lists, prices, matches, settles and pays out all the same.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Expiries from "../../src/machine/types/Expiry.ts";
import { DEPOSIT as DEPOSIT_KIND, FORCED } from "../../src/machine/types/Machine.ts";
import * as Series from "../../src/machine/types/Series.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { MemoryChain } from "../executor/memoryChain.ts";
import { DAYS, GENESIS, INDEX, SERIES, deposit, list, ownerOf, place, report, withdraw } from "../executor/world.ts";

const HEIGHT = 12;
const [BUYER, SELLER] = [1, 2];
const COLLATERAL = 50_000_000_000;
const LOTS = 10;
const [SERIES_TRADED] = SERIES;
const [DAY] = DAYS;
/** Behind the settlement window of the day before: reports may not jump over any. */
const START = Series.expiryTimeOf(DAY) - 80_000;
/** In ticks of ten cents: the call is 100 dollars in the money, with most of a day to go. */
const PRICE = 1250;

describe("ExchangeRunsWithoutASequencer", () => {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-alone-"));
	const chain = new MemoryChain();
	let derived: DerivedExecutor;
	after(async () => {
		await derived.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const force = (payload: Uint8Array, time: number, account?: number): void => {
		chain.send(FORCED, payload, time, account === undefined ? undefined : ownerOf(account).address);
	};
	/** Anybody includes what waits. */
	const include = async (): Promise<void> => chain.forceInclude(await chain.messageCount());

	async function cellOf(kind: number, index: number): Promise<Uint8Array> {
		const answer = derived.history(derived.origin(), await chain.batchCount(), HEIGHT);
		assert.ok(answer.status === "known" && answer.history.halts);
		const state = await answer.history.finalState();
		const proof = await derived.proveCell({ leaf: Keccak.hash(state), state }, kind, index);
		assert.ok(proof);
		return proof.cell;
	}
	const accountOf = async (account: number): Promise<Accounts.Account> => Accounts.decode(await cellOf(Kinds.ACCOUNTS, account));

	it("trades: deposits, listings, a price and two orders, all from L1's inbox", async () => {
		for (const account of [BUYER, SELLER]) chain.send(DEPOSIT_KIND, deposit(account, COLLATERAL), START);
		force(list(0, DAY, 0), START + 1);
		force(list(0, DAY, Series.strikeOf(SERIES_TRADED)), START + 1);
		force(report(0, START + 2, INDEX), START + 2);
		const order = { series: SERIES_TRADED, price: PRICE, size: LOTS, nonce: 1 };
		force(place({ ...order, account: SELLER, side: 1 }), START + 3, SELLER);
		force(place({ ...order, account: BUYER, side: 0 }), START + 4, BUYER);
		await include();
		derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(folder, "leaves"),
			inbox: chain,
			genesis: Genesis.cells(GENESIS),
		});
		await derived.sync();
		assert.deepEqual((await accountOf(BUYER)).positions, [{ series: SERIES_TRADED, size: LOTS }]);
		assert.deepEqual((await accountOf(SELLER)).positions, [{ series: SERIES_TRADED, size: -LOTS }]);
	});

	it("settles the expiry by the reporters' prices, which anybody may put there, and pays out", async () => {
		const expiry = Series.expiryTimeOf(DAY);
		const settled = INDEX + 500_000_000;
		for (let time = expiry - 1800; time <= expiry; time += 60) force(report(0, time, settled, [DAYS[1]]), time);
		for (const account of [BUYER, SELLER]) force(Encoding.settle({ account }), expiry + 1);
		await include();
		await derived.sync();
		assert.equal(Expiries.decode(await cellOf(Kinds.EXPIRIES, Series.slotOf(0, DAY))).settlementPrice, settled);
		const [bought, sold] = [await accountOf(BUYER), await accountOf(SELLER)];
		assert.deepEqual([bought.positions, sold.positions], [[], []]);
		assert.ok(bought.cash !== COLLATERAL && sold.cash !== COLLATERAL);
		force(withdraw(BUYER, 1_000_000_000, 2), expiry + 2, BUYER);
		await include();
		await derived.sync();
		assert.deepEqual(
			derived.withdrawals.map(({ account, amount }) => [account, amount]),
			[[BUYER, 1_000_000_000]],
		);
		assert.equal((await accountOf(BUYER)).cash, bought.cash - 1_000_000_000);
	});

	it("did so in batches of which none is a sequencer's", async () => {
		const batches = await chain.batches(0, await chain.batchCount());
		assert.equal(batches.length, 3);
		for (const { carrier, content } of batches) assert.deepEqual([carrier, content.length], [Batch.FORCED_CARRIER, 0]);
	});
});
