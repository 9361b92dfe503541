import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { World } from "../node/world.ts";

const PLACE = 60;

// The API opened its port before the live state had caught up with the order, so that right after a crash an acknowledged order was "unknown" and its nonce
// "unused": a trader who believed that sent it again.
describe("given a node that crashed behind acknowledged orders", () => {
	let world: World;
	before(async () => {
		world = await World.start([PLACE]);
		await world.listed();
	});
	after(() => world.close());

	it("knows all of them at its first answer", async () => {
		const wallet = testWallet(PLACE);
		const account = await world.bridge.fund(wallet, 1_000_000_000_000n);
		await world.until("the deposit", () => world.exchange.live.queries.signersOf(account) !== undefined);
		const connection = await Connection.open(world.exchange.url);
		const trader = await Trader.open(connection, wallet, account);
		const { series } = world.exchange.live.queries.instruments()[0];
		const orders: number[] = [];
		for (let i = 0; i < 40; i++) orders.push((await trader.place({ series, side: 0, price: 1 + (i % 5), size: 1 })).order);
		connection.close();
		const { height } = world.exchange.live;
		await world.crash();
		assert.ok(world.exchange.live.height >= height, `it is at bundle ${world.exchange.live.height} of ${height} when it opens its port`);
		const again = await Connection.open(world.exchange.url);
		const states = await Promise.all(orders.map((order) => again.call<{ state: string }>("private/get_order_state", { account, order })));
		again.close();
		assert.deepEqual(
			states.filter(({ state }) => state === "unknown"),
			[],
		);
	});
});
