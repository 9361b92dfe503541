import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";

const WALLETS = [60, 61, 62, 63];
const CLIENTS = 200;
const ORDERS_PER_SECOND = 100;
const SECONDS = 10;
/** LIMIT: generous, for machines that run other tests beside it; what was measured is printed. */
const P99_MS = 5000;

describe(`given ${CLIENTS} connections that follow 50 channels each, and one that never reads`, () => {
	let world: World;
	const traders: Trader[] = [];
	const connections: Connection[] = [];

	before(async () => {
		world = await World.start(WALLETS);
		await world.listed();
		const accounts = await Promise.all(WALLETS.map((place) => world.bridge.fund(testWallet(place), 1_000_000_000_000n)));
		await world.until("the deposits", () => world.exchange.live.queries.accounts().length > WALLETS.length);
		for (const [i, place] of WALLETS.entries()) {
			const connection = await Connection.open(world.exchange.url);
			connections.push(connection);
			traders.push(await Trader.open(connection, testWallet(place), accounts[i]));
		}
	});

	after(async () => {
		for (const connection of connections) connection.close();
		await world.close();
	});

	it("acknowledges orders as fast as before, leaves nobody a gap, and keeps the rest from the one", async (t) => {
		const instruments = world.exchange.live.queries.instruments();
		const names = instruments.flatMap(({ series }) => ["book", "ticker", "trades"].map((kind) => `${kind}.${nameOf(series)}`));
		const own = traders.flatMap(({ account }) => [`user.orders.${account}`, `user.trades.${account}`]);
		const channels = [...names, ...own].slice(0, 50);
		const followers = spawn(
			process.execPath,
			[
				join(import.meta.dirname, "..", "..", "bench", "load", "followers.ts"),
				world.exchange.url,
				String(CLIENTS),
				JSON.stringify(channels),
			],
			{
				stdio: ["pipe", "pipe", "inherit"],
			},
		);
		const lines = createInterface(followers.stdout)[Symbol.asyncIterator]();
		assert.equal((await lines.next()).value, "following");
		const memory = process.memoryUsage().rss;
		const times: number[] = [];
		const options = instruments.filter(({ underlying, kind }) => underlying === 0 && kind === 0);
		const sending: Promise<void>[] = [];
		for (let i = 0; i < ORDERS_PER_SECOND * SECONDS; i++) {
			const trader = traders[i % traders.length];
			const { series } = options[i % options.length];
			sending.push(
				(async () => {
					const payload = await trader.encodeOrder({ series, side: i % 2, price: 400 + (i % 7), size: 1 + (i % 5) });
					const began = performance.now();
					await trader.submit(payload);
					times.push(performance.now() - began);
				})(),
			);
			await new Promise((resolve) => setTimeout(resolve, 1000 / ORDERS_PER_SECOND));
		}
		await Promise.all(sending);
		times.sort((a, b) => a - b);
		const p99 = times[Math.floor(times.length * 0.99)];
		const grown = (process.memoryUsage().rss - memory) / 2 ** 20;
		// What is on its way arrives.
		await new Promise((resolve) => setTimeout(resolve, 2000));
		followers.stdin.write("report\n");
		const { messages, gaps, closed } = JSON.parse((await lines.next()).value as string) as Record<string, number>;
		t.diagnostic(
			`${times.length} acknowledgements, p50 ${times[times.length >> 1].toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; ${messages} messages to ${CLIENTS} connections; ${grown.toFixed(0)} MiB more memory`,
		);
		assert.equal(times.length, ORDERS_PER_SECOND * SECONDS);
		assert.ok(messages > CLIENTS * 100, `${messages} messages were told`);
		assert.deepEqual([gaps, closed], [0, 0]);
		assert.ok(p99 < P99_MS, `p99 ${p99.toFixed(1)} ms`);
		assert.ok(grown < 300, `${grown.toFixed(0)} MiB`);
	});
});
