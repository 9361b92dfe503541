// The option chain, with marks, volatility and greeks. Needs no account and no key.

import { connect } from "./desk.ts";

const connection = await connect();
type Ticker = {
	instrument_name: string;
	mark_price: string | null;
	mark_iv: string | null;
	greeks: { delta: number; vega: number } | null;
};

for (const currency of ["ETH", "BTC"]) {
	const { index_price } = await connection.call<{ index_price: string }>("public/get_index_price", { currency });
	console.log(`${currency} at ${index_price}`);
	for (const t of await connection.call<Ticker[]>("public/get_tickers", { currency, kind: "option" })) {
		if (t.greeks === null || t.mark_iv === null) continue;
		const { delta, vega } = t.greeks;
		console.log(
			`  ${t.instrument_name.padEnd(22)} mark ${t.mark_price}  iv ${(Number(t.mark_iv) * 100).toFixed(1)} %  delta ${delta.toFixed(3)}  vega ${vega.toFixed(2)}`,
		);
	}
}
connection.close();
