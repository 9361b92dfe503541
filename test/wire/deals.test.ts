import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Connection, ConnectionError, Deals, Trader } from "../../src/sdk/index.ts";
import type { OwnRequest, ShownQuote } from "../../src/sdk/index.ts";
import { channelOf, CHANNELS } from "../../src/wire/channels.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { Code } from "../../src/wire/RpcError.ts";
import { METHODS } from "../../src/wire/schema.ts";
import type { Answer, Method } from "../../src/wire/schema.ts";
import { MovableMarket, START, World } from "../node/world.ts";

const [TAKER, MAKER, OTHER, DEBTOR] = [60, 61, 62, 63];
const WALLETS = [TAKER, MAKER, OTHER];

describe("given accounts that deal beside the book", () => {
	const market = new MovableMarket(1, START);
	let world: World;
	let connection: Connection;
	let call = 0;
	let put = 0;
	let callTicks = 0;
	let putTicks = 0;
	const traders: Trader[] = [];
	const deals: Deals[] = [];

	async function ask<M extends Method>(method: M, params: object = {}): Promise<Answer<M>> {
		const answer = await connection.call<Answer<M>>(method, params);
		const parsed = METHODS[method].result.safeParse(answer);
		assert.ok(parsed.success, `${method} answers what its schema says: ${JSON.stringify(parsed.error?.issues)}`);
		return answer;
	}

	const refused = (what: Promise<unknown>, code: number, message: RegExp): Promise<void> =>
		assert.rejects(what, (error: unknown) => {
			assert.ok(error instanceof ConnectionError, String(error));
			assert.equal(error.code, code, error.message);
			assert.match(error.message, message);
			return true;
		});
	const soon = (): number => world.clock.now() + 60;
	const sizeOf = async (account: number, series: number): Promise<string> =>
		(await ask("private/get_positions", { account })).find(({ instrument_name }) => instrument_name === nameOf(series))?.size ?? "0";

	before(async () => {
		world = await World.start([...WALLETS, DEBTOR], {}, market);
		await world.listed();
		const accounts = [];
		for (const place of WALLETS) accounts.push(await world.bridge.fund(testWallet(place), 100_000_000_000n));
		accounts.push(await world.bridge.fund(testWallet(DEBTOR), 1_000_000_000n));
		await world.until("the deposits", () => world.exchange.live.queries.accounts().length > WALLETS.length + 1);
		connection = await Connection.open(world.exchange.url);
		for (const [i, place] of [...WALLETS, DEBTOR].entries()) {
			traders.push(await Trader.open(connection, testWallet(place), accounts[i]));
			deals.push(new Deals(connection, traders[i]));
		}
		const options = world.exchange.live.queries.instruments().filter(({ underlying }) => underlying === 0);
		call = options.filter(({ kind }) => kind === 0)[1].series;
		put = options.filter(({ kind }) => kind === 1)[1].series;
		const ticksOf = (series: number): number => Math.round((world.exchange.live.queries.ticker(series)?.mark ?? 0) / 100_000);
		[callTicks, putTicks] = [ticksOf(call), ticksOf(put)];
	});

	after(async () => {
		connection.close();
		await world.close();
	});

	it("refuses requests that are not signed by the account, last too long, name a series twice, or are too many", async () => {
		const leg = { series: call, side: 0, size: 10 };
		await refused(deals[0].request([leg], world.clock.now() + 3600), Code.InvalidParams, /expires_at/);
		await refused(deals[0].request([leg, { ...leg, side: 1 }], soon()), Code.InvalidParams, /twice/);
		const legs = [{ instrument_name: nameOf(call), direction: "buy", amount: "0.1" }];
		const forged = { account: traders[0].account, legs, nonce: 5, expires_at: soon(), signature: `0x${"11".repeat(64)}1b` };
		await refused(ask("private/create_rfq", forged), Code.NotTaken, /the signature is of/);
		const many: OwnRequest[] = [];
		for (let i = 0; i < 8; i++) many.push(await deals[0].request([leg], soon()));
		await refused(deals[0].request([leg], soon()), Code.LimitReached, /at most 8/);
		for (const { request, signature } of many) await ask("private/cancel_rfq", { rfq_id: request.rfq_id, signature });
		assert.deepEqual(await ask("public/get_rfqs"), []);
	});

	it("makes a deal of a request: makers quote unseen by each other, the taker signs the best, the machine trades all legs", async () => {
		const told: { rfqs: { rfq_id: number; quotes: number }[] }[] = [];
		await connection.subscribe("rfqs", (data) => told.push(data as (typeof told)[number]));
		const own = await deals[0].request(
			[
				{ series: put, side: 1, size: 50 },
				{ series: call, side: 0, size: 50 },
			],
			soon(),
		);
		const { rfq_id } = own.request;
		const [shown] = await ask("public/get_rfqs", { currency: "ETH" });
		assert.deepEqual(shown, own.request);
		assert.deepEqual(await ask("public/get_rfqs", { currency: "BTC" }), []);
		const prices = (premium: number): Map<number, number> =>
			new Map([
				[call, callTicks + premium],
				[put, putTicks],
			]);
		await deals[1].quote(shown, prices(30), soon());
		const dear = await deals[1].quote(shown, prices(20), soon());
		const cheap = await deals[2].quote(shown, prices(10), soon());
		await refused(deals[0].quote(shown, prices(1), soon()), Code.InvalidParams, /himself/);
		await refused(ask("private/get_rfq_quotes", { rfq_id, signature: cheap.signature }), Code.NotTaken, /not that of the request/);
		const quotes = await deals[0].quotes(own);
		assert.deepEqual(
			quotes.map(({ quote_id }) => quote_id),
			[cheap.quote.quote_id, dear.quote.quote_id],
			"one a maker, best first",
		);
		for (const quote of quotes) assert.ok(!("signature" in quote));
		assert.equal(Number(quotes[0].net), ((callTicks + 10 - putTicks) / 10) * 0.5);
		// A server that shows a better price than was quoted gains a signature that fits no block.
		const lie: ShownQuote = { ...quotes[0], legs: quotes[0].legs.map((leg) => ({ ...leg, price: "1" })) };
		await refused(deals[0].accept(own, lie), Code.NotTaken, /the signature is of/);
		await world.until("both quotes to be told", () => told.some(({ rfqs }) => rfqs[0]?.quotes === 2));
		assert.equal(await ask("private/cancel_quote", { rfq_id, quote_id: dear.quote.quote_id, signature: dear.signature }), "ok");
		await refused(deals[0].accept(own, dear.quote), Code.NotFound, /does not stand/);
		const ack = await deals[0].accept(own, quotes[0]);
		assert.equal(ack.result, "Ok");
		assert.deepEqual(
			[await sizeOf(traders[0].account, call), await sizeOf(traders[0].account, put), await sizeOf(traders[2].account, call)],
			["0.5", "-0.5", "-0.5"],
		);
		const [trade] = await ask("public/get_last_trades_by_instrument", { instrument_name: nameOf(put) });
		assert.deepEqual([trade.direction, trade.maker, trade.sequence], ["sell", traders[2].account, ack.sequence]);
		await refused(deals[0].accept(own, quotes[0]), Code.NotFound, /not open/);
		await world.until("the end of the request to be told", () => told.at(-1)?.rfqs.length === 0);
		for (const message of told) assert.ok(CHANNELS.rfqs.message.safeParse(message).success);
	});

	it("forgets requests and quotes whose time is over", async () => {
		const own = await deals[0].request([{ series: call, side: 0, size: 1 }], world.clock.now() + 100);
		await deals[1].quote(own.request, new Map([[call, callTicks]]), world.clock.now() + 50);
		assert.equal((await deals[0].quotes(own)).length, 1);
		await world.advanceTo(world.clock.now() + 51);
		assert.deepEqual(await deals[0].quotes(own), []);
		await world.advanceTo(world.clock.now() + 50);
		await refused(deals[0].quotes(own), Code.NotFound, /not open/);
	});

	it("trades a block that was agreed elsewhere, by bytes and by typed fields, and each once", async () => {
		const terms = {
			maker: traders[1].account,
			taker: traders[0].account,
			makerNonce: traders[1].takeNonce(),
			takerNonce: traders[0].takeNonce(),
			expiresAt: 0,
			legs: [{ series: call, side: 1, price: callTicks, size: 20 }],
		};
		const [made, taken] = [await deals[1].signBlock(terms), await deals[0].signBlock(terms)];
		const params = {
			maker: terms.maker,
			taker: terms.taker,
			maker_nonce: terms.makerNonce,
			taker_nonce: terms.takerNonce,
			legs: [{ instrument_name: nameOf(call), direction: "sell", price: String(callTicks / 10), amount: "0.2" }],
			maker_signature: Bytes.toHex(made),
			taker_signature: Bytes.toHex(taken),
		};
		const swapped = { ...params, maker_signature: params.taker_signature };
		assert.equal((await ask("private/execute_block_trade", swapped)).result, "BadSignature");
		const ack = await ask("private/execute_block_trade", params);
		assert.equal(ack.result, "Ok");
		assert.equal(await sizeOf(traders[0].account, call), "0.3");
		const again = await deals[0].executeBlock(terms, made, taken);
		assert.notEqual(again.result, "Ok", "its nonces are used");
	});

	it("names a referrer once", async () => {
		const nonce = traders[0].takeNonce();
		const signature = Bytes.toHex(
			await traders[0].sign("SetReferrer", { account: traders[0].account, referrer: traders[1].account, nonce }),
		);
		const ack = await ask("private/set_referrer", { account: traders[0].account, referrer: traders[1].account, nonce, signature });
		assert.equal(ack.result, "Ok");
		assert.equal((await deals[0].setReferrer(traders[2].account)).result, "AlreadyReferred");
	});

	it("shows an auction that the keeper began, and takes a bid for a part of it", async () => {
		await world.until("an attested state", () => world.exchange.live.queries.globals().attestedAt > 0);
		assert.deepEqual(await ask("public/get_auctions"), []);
		const told: { auctions: { account: number }[] }[] = [];
		await connection.subscribe("auctions", (data) => told.push(data as (typeof told)[number]));
		const debtor = traders[3].account;
		const nonce = traders[1].takeNonce();
		const bidOf = async (share: string, limit: string): Promise<object> => {
			const micro = { share: Number(share) * 1_000_000, limit: Number(limit) * 1_000_000 };
			const signature = Bytes.toHex(await traders[1].sign("Bid", { account: traders[1].account, debtor, ...micro, nonce }));
			return { account: traders[1].account, debtor, share, limit, nonce, signature };
		};
		assert.equal((await ask("private/bid", await bidOf("0.5", "0"))).result, "NoAuction");
		const lots = await shortAsManyAsHeCarries();
		assert.ok(lots > 0);
		market.factor = 1.06;
		await world.until("the auction", async () => {
			await world.advanceTo(world.clock.now() + 5);
			return (await ask("public/get_auctions"))[0]?.largest_share > "0";
		});
		const [auction] = await ask("public/get_auctions");
		assert.equal(auction.account, debtor);
		assert.ok(Number(auction.equity) < Number(auction.maintenance_margin));
		assert.ok(Number(auction.largest_share) > 0, JSON.stringify(auction));
		assert.deepEqual(auction.positions, [{ instrument_name: nameOf(call), size: `-${lots / 100}` }]);
		assert.equal((await ask("private/bid", await bidOf("1", "-1000000"))).result, "BeyondLimit");
		const ack = await ask("private/bid", await bidOf("1", "1000"));
		assert.equal(ack.result, "Ok");
		await world.until("the auction to be told", () => told.some(({ auctions }) => auctions[0]?.account === debtor));
		for (const message of told) assert.ok(CHANNELS.auctions.message.safeParse(message).success, JSON.stringify(message));
		assert.equal(channelOf("auctions")?.kind, "auctions");

		async function shortAsManyAsHeCarries(): Promise<number> {
			let sold = 0;
			for (let size = 4096; size >= 1; size >>= 1) {
				await traders[2].place({ series: call, side: 0, price: callTicks, size });
				sold += (await traders[3].place({ series: call, side: 1, price: callTicks, size, immediateOrCancel: true })).filled;
				await traders[2].cancelAll();
			}
			return sold;
		}
	});
});
