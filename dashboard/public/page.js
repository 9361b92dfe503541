// The page talks JSON-RPC over one WebSocket to the node that serves it. What is not known is shown as UNKNOWN, never as a number.

const UNKNOWN = "UNKNOWN";
const byId = (id) => document.getElementById(id);
let socket;
let nextId = 1;
const waiting = new Map();
const channels = new Map();
let chosen;
let bookChange = 0;
let book = { bids: new Map(), asks: new Map() };

function connect() {
	socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`);
	socket.addEventListener("open", () => {
		void refreshExpiries().then(refreshChain);
		if (chosen) void choose(chosen);
	});
	socket.addEventListener("message", ({ data }) => {
		const message = JSON.parse(data);
		if (message.params) channels.get(message.params.channel)?.(message.params.data);
		else if (waiting.has(message.id)) {
			const { resolve, reject } = waiting.get(message.id);
			waiting.delete(message.id);
			if (message.error) reject(new Error(message.error.message));
			else resolve(message.result);
		}
	});
	socket.addEventListener("close", () => {
		for (const { reject } of waiting.values()) reject(new Error("closed"));
		waiting.clear();
		showStatus(undefined);
		setTimeout(connect, 1500);
	});
}

function call(method, params = {}) {
	if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("closed"));
	const id = nextId++;
	return new Promise((resolve, reject) => {
		waiting.set(id, { resolve, reject });
		socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
	});
}

function cell(text, kind) {
	const element = document.createElement("td");
	element.textContent = text ?? "–";
	if (kind) element.className = kind;
	return element;
}

function showStatus(status, indices = []) {
	const rows = [
		["Connection", status ? "live" : UNKNOWN],
		["Height", status?.height ?? UNKNOWN],
		["Batches posted", status?.batches_derived ?? UNKNOWN],
		["Batches confirmed", status?.batches_confirmed ?? UNKNOWN],
		...["ETH", "BTC"].map((currency, i) => [
			currency,
			indices[i]?.index_price ? `$${Number(indices[i].index_price).toLocaleString("en")}` : UNKNOWN,
		]),
	];
	byId("status").replaceChildren(
		...rows.map(([name, value]) => {
			const row = document.createElement("div");
			const term = document.createElement("dt");
			term.textContent = name;
			const fact = document.createElement("dd");
			fact.textContent = String(value);
			row.append(term, fact);
			return row;
		}),
	);
}

async function refreshStatus() {
	try {
		const [status, ...indices] = await Promise.all([
			call("public/get_status"),
			...["ETH", "BTC"].map((currency) => call("public/get_index_price", { currency })),
		]);
		showStatus(status, indices);
	} catch {
		showStatus(undefined);
	}
}

async function refreshExpiries() {
	const instruments = await call("public/get_instruments", { currency: byId("currency").value, expired: false });
	const expiries = [...new Map(instruments.map((i) => [i.expiry, i.expiration_timestamp])).entries()].sort((a, b) => a[1] - b[1]);
	const before = byId("expiry").value;
	byId("expiry").replaceChildren(...expiries.map(([name]) => new Option(name, name, false, name === before)));
}

async function refreshChain() {
	const expiry = byId("expiry").value;
	const instruments = (await call("public/get_instruments", { currency: byId("currency").value, expired: false })).filter(
		(i) => i.expiry === expiry && i.kind === "option",
	);
	const strikes = [...new Set(instruments.map((i) => Number(i.strike)))].sort((a, b) => a - b);
	const tickers = new Map(
		await Promise.all(
			instruments.map(async (i) => [i.instrument_name, await call("public/ticker", { instrument_name: i.instrument_name })]),
		),
	);
	const part = (strike, type) => instruments.find((i) => Number(i.strike) === strike && i.option_type === type)?.instrument_name;
	const percent = (value) => (value ? `${(Number(value) * 100).toFixed(1)} %` : undefined);
	const rows = strikes.map((strike) => {
		const row = document.createElement("tr");
		const [callName, putName] = [part(strike, "call"), part(strike, "put")];
		const [c, p] = [tickers.get(callName), tickers.get(putName)];
		const link = (name, text) => {
			const td = cell("");
			const button = document.createElement("button");
			button.textContent = text ?? "–";
			button.setAttribute("aria-label", `order book of ${name}`);
			button.addEventListener("click", () => void choose(name));
			td.replaceChildren(button);
			return td;
		};
		const head = document.createElement("th");
		head.scope = "row";
		head.textContent = strike.toLocaleString("en");
		row.append(
			cell(c?.greeks?.delta?.toFixed(2)),
			cell(percent(c?.mark_iv)),
			link(callName, c?.mark_price && Number(c.mark_price).toFixed(1)),
			cell(c?.best_bid_price, "bid"),
			cell(c?.best_ask_price, "ask"),
			head,
			cell(p?.best_bid_price, "bid"),
			cell(p?.best_ask_price, "ask"),
			link(putName, p?.mark_price && Number(p.mark_price).toFixed(1)),
			cell(percent(p?.mark_iv)),
			cell(p?.greeks?.delta?.toFixed(2)),
		);
		return row;
	});
	byId("chain").tBodies[0].replaceChildren(...rows);
}

async function choose(name) {
	if (chosen && chosen !== name) void call("public/unsubscribe", { channels: [`book.${chosen}`, `trades.${chosen}`] });
	chosen = name;
	byId("chosen").textContent = name;
	channels.set(`book.${name}`, (data) => takeBook(name, data));
	channels.set(`trades.${name}`, () => void refreshTrades());
	await call("public/subscribe", { channels: [`book.${name}`, `trades.${name}`] });
	await refreshTrades();
}

/** A change that does not follow the last one means that something was missed: the book is then asked for again. */
function takeBook(name, data) {
	if (name !== chosen) return;
	if (data.type === "snapshot") {
		book = { bids: new Map(data.bids), asks: new Map(data.asks) };
	} else {
		if (data.prev_change_id !== bookChange) {
			void call("public/subscribe", { channels: [`book.${name}`] });
			return;
		}
		for (const side of ["bids", "asks"]) {
			for (const [what, price, amount] of data[side]) {
				if (what === "delete") book[side].delete(price);
				else book[side].set(price, amount);
			}
		}
	}
	bookChange = data.change_id;
	const bids = [...book.bids].sort((a, b) => Number(b[0]) - Number(a[0]));
	const asks = [...book.asks].sort((a, b) => Number(a[0]) - Number(b[0]));
	const rows = Array.from({ length: Math.min(12, Math.max(bids.length, asks.length)) }, (_, i) => {
		const row = document.createElement("tr");
		row.append(cell(bids[i]?.[1]), cell(bids[i]?.[0], "bid"), cell(asks[i]?.[0], "ask"), cell(asks[i]?.[1]));
		return row;
	});
	byId("book").tBodies[0].replaceChildren(...rows);
}

async function refreshTrades() {
	const trades = await call("public/get_last_trades", { instrument_name: chosen, count: 8 });
	const rows = await Promise.all(
		trades.map(async (trade) => {
			const finality = await call("public/get_finality", { sequence: trade.sequence }).catch(() => undefined);
			const row = document.createElement("tr");
			const badge = cell(finality?.rung ?? UNKNOWN);
			if (finality) badge.title = `undone only if ${finality.undone_only_if}`;
			row.append(cell(trade.price), cell(trade.amount), badge);
			return row;
		}),
	);
	byId("trades").tBodies[0].replaceChildren(...rows);
}

byId("currency").addEventListener("change", () => void refreshExpiries().then(refreshChain));
byId("expiry").addEventListener("change", () => void refreshChain());
showStatus(undefined);
connect();
setInterval(() => void refreshStatus(), 1000);
setInterval(() => void refreshChain().catch(() => undefined), 3000);
// A trade climbs from rung to rung without another trade telling.
setInterval(() => void (chosen && refreshTrades().catch(() => undefined)), 2000);
