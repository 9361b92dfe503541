import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import { Connection, ConnectionError, Trader, typedData } from "../../src/sdk/index.ts";
import type { Domain } from "../../src/sdk/index.ts";
import { channelOf, CHANNELS } from "../../src/wire/channels.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { Code } from "../../src/wire/RpcError.ts";
import { METHODS } from "../../src/wire/schema.ts";
import type { Answer, Method } from "../../src/wire/schema.ts";
import { World } from "../node/world.ts";

const WALLETS = [60, 61];
const WRONG_SIGNATURE = `0x${"11".repeat(64)}1b`;

describe("given a node's API", () => {
	let world: World;
	let connection: Connection;
	let accounts: number[] = [];
	const traders: Trader[] = [];
	let domain: Domain;
	let call = 0;
	let name = "";
	let mark = 0;

	/** Calls, and holds the answer against the schema that documents it. */
	async function ask<M extends Method>(method: M, params: object = {}, on = connection): Promise<Answer<M>> {
		const answer = await on.call<Answer<M>>(method, params);
		const parsed = METHODS[method].result.safeParse(answer);
		assert.ok(parsed.success, `${method} answers what its schema says: ${JSON.stringify(parsed.error?.issues)}`);
		return answer;
	}

	function refused(method: string, params: object, code: number, message: RegExp, on = connection): Promise<void> {
		return assert.rejects(on.call(method, params), (error: unknown) => {
			assert.ok(error instanceof ConnectionError);
			assert.equal(error.code, code, `${method}: ${error.message}`);
			assert.match(error.message, message);
			return true;
		});
	}

	async function sign(place: number, type: keyof typeof typedData, value: Record<string, unknown>): Promise<string> {
		return testWallet(place).signTypedData(domain, typedData[type], value);
	}

	before(async () => {
		world = await World.start(WALLETS, { messages: { perSecond: 1, burst: 60 }, calls: { perSecond: 50, burst: 400 } });
		await world.listed();
		accounts = await Promise.all(WALLETS.map((place) => world.bridge.fund(testWallet(place), 1_000_000_000_000n)));
		await world.until("the deposits", () => world.exchange.live.queries.accounts().length > WALLETS.length);
		connection = await Connection.open(world.exchange.url);
		for (const [i, place] of WALLETS.entries()) traders.push(await Trader.open(connection, testWallet(place), accounts[i]));
		({ domain } = await connection.call<{ domain: Domain }>("public/get_domain"));
		call = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0)[1].series;
		name = nameOf(call);
		mark = Math.round((world.exchange.live.queries.ticker(call)?.mark ?? 0) / 100_000);
	});

	after(async () => {
		connection.close();
		await world.close();
	});

	it("refuses parameters that are too many, too few, or of another kind, and names the first", async () => {
		await refused("public/ticker", {}, Code.InvalidParams, /instrument_name/);
		await refused("public/ticker", { instrument_name: name, more: 1 }, Code.InvalidParams, /more/);
		await refused("public/get_order_book", { instrument_name: name, depth: 65 }, Code.InvalidParams, /depth/);
		await refused("public/get_finality", {}, Code.InvalidParams, /params/);
		await refused("public/ticker", { instrument_name: "ETH-4FEB26-2000.05-C" }, Code.InvalidParams, /is not like/);
		await refused("public/ticker", { instrument_name: "ETH-4FEB26-9975-C" }, Code.NotFound, /is not listed/);
		await refused("private/get_account_summary", { account: 77 }, Code.NotFound, /deposit to open one/);
	});

	it("answers every market question as its schema says, and filters", async () => {
		const all = await ask("public/get_instruments");
		assert.equal(all.length, 14);
		const calls = await ask("public/get_instruments", { currency: "ETH", kind: "option", option_type: "call", expired: false });
		assert.equal(calls.length, 3);
		assert.ok(calls.every((one) => one.currency === "ETH" && one.option_type === "call"));
		const strike = calls[1].strike as string;
		assert.deepEqual(
			(await ask("public/get_instruments", { currency: "ETH", kind: "option", strike_from: strike, strike_to: strike })).map(
				(one) => one.strike,
			),
			[strike, strike],
		);
		assert.deepEqual(await ask("public/get_instruments", { expired: true }), []);
		assert.equal((await ask("public/get_instrument", { instrument_name: name })).series, call);
		const ticker = await ask("public/ticker", { instrument_name: name });
		assert.ok(Number(ticker.mark_iv) > 0.05 && ticker.greeks !== null && ticker.greeks.delta > 0.2 && ticker.greeks.delta < 0.8);
		assert.equal((await ask("public/get_tickers", { currency: "BTC", kind: "future" })).length, 1);
		for (const method of ["public/get_currencies", "public/get_time", "public/get_status", "public/get_domain", "public/test"] as const)
			await ask(method);
		await ask("public/get_index_price", { currency: "BTC" });
		assert.deepEqual(await ask("public/get_delivery_prices", { currency: "ETH" }), []);
		const [surface] = await ask("public/get_volatility_surface", { currency: "ETH" });
		assert.ok(Math.abs((surface.atm_iv as number) - Number(ticker.mark_iv)) < 0.1);
		assert.equal(
			(await ask("public/get_tradingview_chart_data", { instrument_name: name, start_timestamp: 0, end_timestamp: 9e9, resolution: "1" }))
				.status,
			"no_data",
		);
	});

	it("says of an order why it would be refused, and what the machine would make of it", async () => {
		const place = (fields: object): Uint8Array =>
			Encoding.place({
				account: accounts[0],
				series: call,
				side: 1,
				timeInForce: 0,
				flags: 0,
				price: mark,
				size: 100,
				expiresAt: 0,
				nonce: 300,
				label: 0,
				signature: Bytes.fromHex(WRONG_SIGNATURE),
				...fields,
			});
		const bad = await ask("public/order_debug", { payload: Bytes.toHex(place({})) });
		assert.equal(bad.would_be_taken, false);
		assert.equal(bad.reason, "bad_signature");
		assert.equal(bad.execution, null);
		assert.equal(bad.kind, "Place");
		assert.deepEqual(bad.signers, [testWallet(60).address.toLowerCase()]);
		const { domain: shown } = bad.domain as { domain: Domain };
		assert.deepEqual(shown, domain);
		const unsigned = await ask("public/order_debug", { payload: Bytes.toHex(place({})), assume_signed: true });
		assert.equal(unsigned.execution?.result, "Rested");
		const naked = await ask("public/order_debug", { payload: Bytes.toHex(place({ size: 1_000_000 })), assume_signed: true });
		assert.equal(naked.execution?.result, "InsufficientMargin");
		assert.equal((await ask("public/order_debug", { payload: "0x63" })).reason, "unknown_kind");
		assert.equal((await ask("public/order_debug", { payload: "0x01aabb" })).reason, "malformed");
		assert.equal((await ask("public/order_debug", { payload: Bytes.toHex(place({ account: 99 })) })).reason, "no_account");
		// Nothing of it happened.
		const { change_id, ...empty } = await ask("public/get_order_book", { instrument_name: name });
		assert.ok(change_id > 0);
		assert.deepEqual(empty, { instrument_name: name, timestamp: world.exchange.live.clock, bids: [], asks: [] });
		// The digest is what a wallet signs: recovered from it, the signature is the owner's.
		const { signature: _, ...value } = Messages.parsePlace(place({})) as Messages.Place;
		const signed = place({ signature: Bytes.fromHex(await sign(60, "Place", value)) });
		const good = await ask("public/order_debug", { payload: Bytes.toHex(signed) });
		assert.equal(good.would_be_taken, true);
		assert.equal(good.signer, testWallet(60).address.toLowerCase());
		assert.equal(good.digest, bad.digest);
	});

	it("rehearses a fill with the price that the machine would give it, and changes nothing", async () => {
		const ack = await traders[0].place({ series: call, side: 1, price: mark, size: 30, label: 7 });
		const root = Bytes.toHex(world.exchange.live.stateRoot());
		const payload = await traders[1].encodeOrder({ series: call, side: 0, price: mark + 5, size: 50, nonce: 999 });
		const { execution } = await ask("public/order_debug", { payload: Bytes.toHex(payload) });
		assert.deepEqual(
			{ ...execution, average_price: Number(execution?.average_price) },
			{
				result: "Ok",
				final: "Rested",
				filled: 30,
				remaining: 20,
				average_price: mark / 10,
				items: [],
			},
		);
		assert.equal(Bytes.toHex(world.exchange.live.stateRoot()), root);
		await traders[0].cancel(call, 1, ack.order);
	});

	it("edits, finds by label and by number, and cancels by label, series, currency and account", async () => {
		const account = accounts[0];
		const cheap = { series: call, side: 0, price: 10, size: 100 };
		const first = await traders[0].place({ ...cheap, label: 5 });
		const nonce = traders[0].takeNonce();
		const edit = { account, series: call, side: 0, order: first.order, price: 11, size: 50, nonce };
		const edited = await ask("private/edit", {
			account,
			instrument_name: name,
			direction: "buy",
			order: first.order,
			price: "1.1",
			amount: "0.5",
			nonce,
			signature: await sign(60, "Replace", edit),
		});
		assert.equal(edited.result, "Rested");
		const old = await ask("private/get_order_state", { account, order: first.order });
		assert.equal("reason" in old && old.reason, "Replaced");
		const now = await ask("private/get_order_state", { account, order: edited.order });
		assert.ok("price" in now && now.price === "1.1" && now.remaining === "0.5" && now.state === "open");
		const labelled = await ask("private/get_order_state_by_label", { account, label: 5 });
		assert.deepEqual(
			labelled.map(({ order_id, state }) => [order_id, state]),
			[
				[edited.order, "open"],
				[first.order, "cancelled"],
			],
		);
		await traders[0].place({ ...cheap, label: 6 });
		const cancelled = await ask("private/cancel_by_label", await cancelSeries("CancelSeries", { sides: 3, label: 5 }, { label: 5 }));
		assert.equal(cancelled.result, "Ok");
		assert.deepEqual(
			(await ask("private/get_open_orders", { account })).map(({ label }) => label),
			[6],
		);
		assert.deepEqual(await ask("private/get_open_orders", { account, currency: "BTC" }), []);
		await ask("private/cancel_all_by_instrument", await cancelSeries("CancelSeries", { sides: 1, label: 0 }, { direction: "buy" }));
		assert.deepEqual(await ask("private/get_open_orders", { account }), []);
		for (const [method, currency, underlying] of [
			["private/cancel_all_by_currency", "ETH", 0],
			["private/cancel_all", undefined, 255],
		] as const) {
			await traders[0].place(cheap);
			const nonce = traders[0].takeNonce();
			await ask(method, { account, currency, nonce, signature: await sign(60, "CancelAll", { account, underlying, nonce }) });
			assert.deepEqual(await ask("private/get_open_orders", { account }), []);
		}

		async function cancelSeries(type: "CancelSeries", signed: object, shown: object): Promise<object> {
			const nonce = traders[0].takeNonce();
			const signature = await sign(60, type, { account, series: call, nonce, ...signed });
			return { account, instrument_name: name, nonce, signature, ...shown };
		}
	});

	it("takes a mass quote under one signature, and says of each of its items what became of it", async () => {
		const [maker] = traders;
		const quoted = await maker.basket([
			{ series: call, side: 0, price: mark - 300, size: 2 },
			{ series: call, side: 1, price: mark + 300, size: 2 },
			{ series: call, side: 0, price: 20 * mark, size: 2 },
		]);
		assert.equal(quoted.result, "Ok");
		assert.deepEqual(
			quoted.items.map(({ result, remaining }) => [result, remaining]),
			[
				["Rested", 2],
				["Rested", 2],
				["BeyondBand", 2],
			],
		);
		const [bid, ask_] = quoted.items;
		const again = await maker.basket([
			{ replace: bid.order, series: call, side: 0, price: mark - 299, size: 3 },
			{ cancel: ask_.order, series: call, side: 1 },
			{ cancel: ask_.order, series: call, side: 1 },
		]);
		assert.deepEqual(
			again.items.map(({ result }) => result),
			["Rested", "Ok", "OrderNotFound"],
		);
		const orders = await ask("private/get_open_orders", { account: accounts[0] });
		assert.deepEqual(
			orders.map(({ order_id, amount }) => [order_id, amount]),
			[[again.items[0].order, "0.03"]],
		);
		await maker.cancelAll();
	});

	it("takes a mass quote by typed fields: of each quote the bid, then the ask, signed in that order", async () => {
		const [maker] = traders;
		const [account] = accounts;
		const dollars = (ticks: number): string => String(ticks / 10);
		const item = { series: call, side: 0, timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0, order: 0 };
		const order = { ...item, kind: Messages.PLACE, flags: Messages.POST_ONLY | Messages.PROTECTED, size: 2 };
		const signed = async (items: readonly object[], quotes: readonly object[]): Promise<object> => {
			const nonce = maker.takeNonce();
			for (let i = 0; i < items.length; i++) maker.takeNonce();
			return { account, quotes, nonce, signature: await sign(60, "Basket", { account, nonce, items }) };
		};
		const first = await signed(
			[
				{ ...order, price: mark - 300, label: 8 },
				{ ...order, side: 1, price: mark + 300 },
			],
			[
				{
					instrument_name: name,
					bid: { price: dollars(mark - 300), amount: "0.02", label: 8 },
					ask: { price: dollars(mark + 300), amount: "0.02" },
				},
			],
		);
		const unprotected = await ask("public/order_debug", { method: "private/mass_quote", params: first });
		assert.deepEqual(unprotected.execution?.items, ["Unprotected", "Unprotected"]);
		await maker.setProtection(0, { window: 60, quantityLimit: 1_000_000 });
		const debugged = await ask("public/order_debug", { method: "private/mass_quote", params: first });
		assert.equal(debugged.would_be_taken, true);
		assert.deepEqual(debugged.execution?.items, ["Rested", "Rested"]);
		const quoted = await ask("private/mass_quote", first);
		assert.deepEqual(
			quoted.items.map(({ result }) => result),
			["Rested", "Rested"],
		);
		const [bid, offer] = quoted.items;
		const second = await signed(
			[
				{ ...item, kind: Messages.REPLACE, price: mark - 290, size: 3, order: bid.order },
				{ ...item, kind: Messages.CANCEL, side: 1, order: offer.order },
			],
			[{ instrument_name: name, bid: { edit: bid.order, price: dollars(mark - 290), amount: "0.03" }, ask: { cancel: offer.order } }],
		);
		assert.deepEqual(
			(await ask("private/mass_quote", second)).items.map(({ result }) => result),
			["Rested", "Ok"],
		);
		const [left] = await ask("private/get_open_orders", { account });
		assert.deepEqual([left.price, left.amount, left.post_only, left.mmp], [dollars(mark - 290), "0.03", true, true]);
		await maker.cancelAll();
		await maker.setProtection(0, { window: 0 });

		const one = { instrument_name: name, bid: { cancel: 1 }, ask: { cancel: 2 } };
		await refused("private/mass_quote", { ...first, quotes: [] }, Code.InvalidParams, /quotes/);
		await refused("private/mass_quote", { ...first, quotes: [{ instrument_name: name }] }, Code.InvalidParams, /a bid or an ask/);
		await refused("private/mass_quote", { ...first, quotes: Array(17).fill(one) }, Code.InvalidParams, /34 sides are more than 32/);
		await refused(
			"private/mass_quote",
			{ ...first, quotes: [{ instrument_name: name, bid: { price: "1.05", amount: "1" } }] },
			Code.InvalidParams,
			/multiple of the tick/,
		);
		await refused("private/mass_quote", { ...second, signature: WRONG_SIGNATURE }, Code.NotTaken, /the signature is of/);
	});

	it("says of a method's fields why they would be refused, and which bytes they are", async () => {
		const params = { account: accounts[0], instrument_name: name, price: String(mark / 10), amount: "0.02", nonce: 5000 };
		const asked = { method: "private/buy", params: { ...params, signature: WRONG_SIGNATURE } };
		const bad = await ask("public/order_debug", asked);
		assert.equal(bad.reason, "bad_signature");
		assert.equal(bad.payload.slice(0, 4), "0x01");
		assert.equal((await ask("public/order_debug", { ...asked, assume_signed: true })).execution?.result, "Rested");
		await refused("public/order_debug", { method: "public/ticker", params: {} }, Code.InvalidParams, /private\/buy/);
		await refused("public/order_debug", { method: "constructor", params: {} }, Code.InvalidParams, /sends no message/);
		await refused("public/order_debug", { method: "private/buy", params }, Code.InvalidParams, /params\.signature/);
	});

	it("sets protection, sessions and the switch by typed fields, and shows them", async () => {
		const account = accounts[0];
		const key = testWallet(70).address.toLowerCase();
		const nonces = [0, 0, 0].map(() => traders[0].takeNonce());
		const limits = { window: 60, freeze: 5, quantityLimit: 500, deltaLimit: 0, vegaLimit: 0 };
		await ask("private/set_mmp_config", {
			account,
			currency: "ETH",
			interval: 60,
			frozen_time: 5,
			quantity_limit: 500,
			nonce: nonces[0],
			signature: await sign(60, "SetProtection", { account, underlying: 0, ...limits, nonce: nonces[0] }),
		});
		await ask("private/set_session", {
			account,
			key,
			scopes: 1,
			nonce: nonces[1],
			signature: await sign(60, "SetSession", { account, key, scopes: 1, expiresAt: 0, nonce: nonces[1] }),
		});
		await ask("private/set_dead_man_switch", {
			account,
			duration: 3600,
			nonce: nonces[2],
			signature: await sign(60, "Heartbeat", { account, duration: 3600, nonce: nonces[2] }),
		});
		const shown = await ask("private/get_account_summary", { account });
		assert.equal(shown.mmp[0].quantity_limit, "5");
		assert.deepEqual(shown.sessions, [{ key, scopes: 1, expires_at: 0 }]);
		assert.ok((shown.dead_man_switch as number) > world.exchange.live.clock);
	});

	it("shows a trade to both sides, in candles, in lists, in positions and with its rung", async () => {
		const resting = await traders[0].place({ series: call, side: 1, price: mark, size: 40 });
		const taken = await traders[1].place({ series: call, side: 0, price: mark, size: 40, immediateOrCancel: true });
		assert.equal(taken.filled, 40);
		const [trade] = await ask("public/get_last_trades_by_instrument", { instrument_name: name });
		assert.deepEqual([trade.taker, trade.maker, trade.amount, trade.direction], [accounts[1], accounts[0], "0.4", "buy"]);
		for (const kind of ["option", undefined] as const)
			assert.deepEqual(await ask("public/get_last_trades_by_currency", { currency: "ETH", kind, count: 1 }), [trade]);
		assert.deepEqual(await ask("public/get_last_trades_by_currency", { currency: "ETH", kind: "future" }), []);
		assert.deepEqual(await ask("public/get_last_trades_by_instrument", { instrument_name: name, end_seq: trade.trade_seq }), [trade]);
		for (const account of accounts) {
			assert.deepEqual(await ask("private/get_user_trades_by_instrument", { account, instrument_name: name }), [trade]);
			assert.deepEqual(await ask("private/get_user_trades_by_currency", { account, currency: "ETH" }), [trade]);
			assert.deepEqual(await ask("private/get_user_trades_by_currency", { account, currency: "BTC" }), []);
		}
		const candles = await ask("public/get_tradingview_chart_data", {
			instrument_name: name,
			start_timestamp: trade.timestamp - 60,
			end_timestamp: trade.timestamp,
			resolution: "1",
		});
		assert.deepEqual([candles.close, candles.volume], [[trade.price], ["0.4"]]);
		assert.deepEqual(candles.ticks, [trade.timestamp - (trade.timestamp % 60)]);
		const [position] = await ask("private/get_positions", { account: accounts[0], currency: "ETH", kind: "option" });
		assert.equal(position.size, "-0.4");
		const byNumber = await ask("public/get_finality", { sequence: taken.sequence });
		assert.deepEqual(await ask("public/get_finality", { message_hash: taken.message_hash }), byNumber);
		assert.deepEqual(await ask("public/get_finality", { account: accounts[0], order: resting.order }), {
			...byNumber,
			sequence: resting.sequence,
		});
		await refused("public/get_finality", { message_hash: `0x${"00".repeat(32)}` }, Code.NotFound, /no message/);
		await refused("public/get_finality", { account: 1, order: 5 }, Code.NotFound, /no message/);
		await world.until("the record to be posted", async () => {
			const { rung, evidence } = await ask("public/get_finality", { sequence: taken.sequence });
			return rung === "posted" && evidence.batch !== null;
		});
	});

	it("simulates a portfolio by the machine's own margin: what is held gives what the account shows", async () => {
		const [account] = accounts;
		const held = await ask("public/get_account", { account });
		const same = await ask("private/simulate_portfolio", { account });
		assert.deepEqual(
			[same.equity, same.initial_margin, same.maintenance_margin],
			[held.equity, held.initial_margin, held.maintenance_margin],
		);
		const flat = await ask("private/simulate_portfolio", { account, simulated_positions: { [name]: "0.4" } });
		assert.deepEqual([flat.initial_margin, flat.positions], ["0", []]);
		const short = await ask("private/simulate_portfolio", { simulated_positions: { [name]: "-10" } });
		const [risk] = short.risk;
		assert.equal(risk.scenarios.length, 33);
		assert.ok(Math.abs(Number(short.initial_margin) - (Number(risk.contingencies) - Number(risk.worst))) < 1e-6);
		assert.ok(Number(risk.worst) < 0 && risk.scenarios.some(({ change }) => Number(change) > 0));
		await refused("private/simulate_portfolio", { simulated_positions: { [name]: "0.001" } }, Code.InvalidParams, /lot/);
		await refused("private/simulate_portfolio", { simulated_positions: { [name]: "999999999" } }, Code.InvalidParams, /too large/);
		await refused("private/simulate_portfolio", { account: 99 }, Code.NotFound, /does not exist/);
	});

	it("tells every channel a whole at first, and then changes whose numbers leave no gap", async () => {
		const listener = await Connection.open(world.exchange.url);
		const [maker, taker] = accounts;
		const names = [
			`book.${name}`,
			`ticker.${name}`,
			`trades.${name}`,
			"trades.ETH",
			`user.orders.${maker}`,
			`user.trades.${taker}`,
			`user.portfolio.${maker}`,
			`user.events.${maker}`,
			"finality",
		];
		type Told = { type?: string; change_id: number; prev_change_id: number | null };
		const told = new Map<string, Told[]>(names.map((channel) => [channel, []]));
		for (const channel of names) await listener.subscribe(channel, (data) => told.get(channel)?.push(data as Told));
		// What happens to a book within a twentieth of a second is told as one change: so each is waited for.
		const booked = (count: number): Promise<void> =>
			world.until("the book to be told", () => (told.get(`book.${name}`)?.length ?? 0) >= count);
		const rest = await traders[0].place({ series: call, side: 1, price: mark + 20, size: 60 });
		await booked(2);
		await traders[1].place({ series: call, side: 0, price: mark + 20, size: 10, immediateOrCancel: true });
		await booked(3);
		await traders[0].cancel(call, 1, rest.order);
		await booked(4);
		await world.until("the portfolio to be told", () => (told.get(`user.portfolio.${maker}`)?.length ?? 0) > 1);
		await world.until("the ticker to be told", () => (told.get(`ticker.${name}`)?.length ?? 0) > 1);
		for (const [channel, messages] of told) {
			const kind = channelOf(channel)?.kind as keyof typeof CHANNELS;
			assert.ok(messages.length > 0, `${channel} tells something`);
			for (const [i, message] of messages.entries()) {
				const parsed = CHANNELS[kind].message.safeParse(message);
				assert.ok(
					parsed.success,
					`${channel} tells what its schema says: ${JSON.stringify(message)} ${JSON.stringify(parsed.error?.issues)}`,
				);
				if (i > 0) assert.equal(message.prev_change_id, messages[i - 1].change_id, `${channel} leaves no gap`);
				else if (kind !== "user.events") assert.equal(message.prev_change_id, null);
			}
		}
		const changes = (told.get(`book.${name}`) as unknown as { asks: [string, string, string][] }[]).slice(1).flatMap(({ asks }) => asks);
		assert.deepEqual(
			changes.map(([what, , amount]) => [what, amount]),
			[
				["new", "0.6"],
				["change", "0.5"],
				["delete", "0"],
			],
		);
		const states = (told.get(`user.orders.${maker}`) as unknown as { orders: { state: string }[] }[]).map(({ orders }) => orders[0]?.state);
		assert.equal(states.at(-1), "cancelled");
		listener.close();
	});

	it("tells of an order whose time is over though nobody touches its book", async () => {
		const listener = await Connection.open(world.exchange.url);
		const steps: string[] = [];
		await listener.subscribe(`book.${name}`, (data) => steps.push(...(data as { bids: [string][] }).bids.map(([what]) => what)));
		await traders[1].place({ series: call, side: 0, price: 3, size: 5, expiresAt: world.clock.now() + 60 });
		await world.until("the level to come", () => steps.includes("new"));
		await world.advanceTo(world.clock.now() + 61);
		await world.until("the level to go", () => steps.includes("delete"));
		listener.close();
	});

	it("refuses channels that are none, more than a connection may have, and any over HTTP", async () => {
		for (const wrong of ["book", "book.", "book.ETH-PERP", "user.orders.x", "user.orders.-1", "trades.DOGE", "finality.1", "__proto__"])
			await refused("public/subscribe", { channels: [wrong] }, Code.InvalidParams, /is none/);
		await refused("public/subscribe", { channels: ["book.ETH-4FEB26-9975-C"] }, Code.NotFound, /not listed/);
		const greedy = await Connection.open(world.exchange.url);
		const many = (from: number): string[] => Array.from({ length: 200 }, (_, i) => `user.trades.${from + i}`);
		await greedy.call("public/subscribe", { channels: many(1) });
		await greedy.call("public/subscribe", { channels: many(201) });
		await refused("public/subscribe", { channels: many(401) }, Code.LimitReached, /at most 500/, greedy);
		assert.deepEqual(await greedy.call("public/unsubscribe", { channels: many(1).slice(1) }), ["user.trades.1", ...many(201)]);
		assert.equal(await greedy.call("public/unsubscribe_all"), "ok");
		greedy.close();
		const response = await fetch(world.exchange.url.replace("ws:", "http:"), {
			method: "POST",
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "public/subscribe", params: { channels: ["finality"] } }),
		});
		assert.equal(((await response.json()) as { error: { code: number } }).error.code, Code.InvalidRequest);
	});

	it("limits the messages of an account, but counts only those that its owner signed", async () => {
		// A stranger's messages in the account's name are refused and use up nothing.
		const forged = Bytes.fromHex(
			Bytes.toHex(await traders[1].encodeOrder({ series: call, side: 0, price: 1, size: 1 })).slice(0, -130) + WRONG_SIGNATURE.slice(2),
		);
		await Promise.all(
			Array.from({ length: 100 }, () => refused("public/submit", { payload: Bytes.toHex(forged) }, Code.NotTaken, /signature/)),
		);
		const placed = await traders[1].place({ series: call, side: 0, price: 1, size: 1 });
		assert.equal(placed.result, "Rested");
		const outcomes = await Promise.allSettled(
			Array.from({ length: 70 }, () => traders[1].place({ series: call, side: 0, price: 1, size: 1 })),
		);
		const failed = outcomes.filter((outcome): outcome is PromiseRejectedResult => outcome.status === "rejected");
		assert.ok(failed.length > 0 && failed.length < 70, `${failed.length} of 70 are one too many`);
		const { code, data } = failed[0].reason as ConnectionError;
		assert.equal(code, Code.LimitReached);
		assert.equal(data?.limit, "messages_of_account");
		assert.ok((data?.retry_after_ms as number) > 0);
		// Another account is served.
		assert.equal((await traders[0].cancelAll()).result, "Ok");
	});

	it("limits the calls of a connection, batches included, and serves the others", async () => {
		const hasty = await Connection.open(world.exchange.url);
		const outcomes = await Promise.allSettled(Array.from({ length: 600 }, () => hasty.call("public/test")));
		const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
		assert.ok(refusals.length > 100 && refusals.length < 300, `${refusals.length} of 600 refused`);
		const { data } = refusals[0].reason as ConnectionError;
		assert.equal(data?.limit, "calls_of_connection");
		await ask("public/test");
		hasty.close();
		const body = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ jsonrpc: "2.0", id, method: "public/test" })));
		const answers = await Promise.all(
			Array.from({ length: 6 }, async () => (await fetch(world.exchange.url.replace("ws:", "http:"), { method: "POST", body })).json()),
		);
		assert.ok(
			answers.some((answer) => !Array.isArray(answer)),
			"a batch counts as many calls as it holds",
		);
	});

	it("asks for a sign of life when told to, and closes on whoever gives none", async () => {
		await refused("public/set_heartbeat", { interval: 9 }, Code.InvalidParams, /interval/);
		const socket = new WebSocket(world.exchange.url);
		await new Promise((resolve) => socket.once("open", resolve));
		const heard: string[] = [];
		socket.on("message", (data) => heard.push(String(data)));
		const closed = new Promise<string>((resolve) => socket.once("close", (_, reason) => resolve(String(reason))));
		socket.send('{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":10}}');
		assert.match(await closed, /no sign of life/);
		assert.equal(heard.filter((text) => text.includes("test_request")).length, 1);
	});
});
