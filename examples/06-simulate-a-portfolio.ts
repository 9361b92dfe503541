// What a position would cost in margin before anybody trades it, by the code that will judge it.

import { callNearTheMoney, connect } from "./desk.ts";

const connection = await connect();
const { instrument_name } = await callNearTheMoney(connection);
type Portfolio = {
	initial_margin: string;
	risk: { currency: string; worst: string; scenarios: { spot: number; volatility: string; change: string }[] }[];
};
const put = instrument_name.replace(/C$/, "P");

for (const [name, simulated_positions] of [
	["a short call", { [instrument_name]: "-10" }],
	["a short straddle", { [instrument_name]: "-10", [put]: "-10" }],
	["a synthetic long", { [instrument_name]: "10", [put]: "-10" }],
] as const) {
	const { initial_margin, risk } = await connection.call<Portfolio>("private/simulate_portfolio", { simulated_positions });
	const worst = risk[0].scenarios.reduce((a, b) => (Number(a.change) < Number(b.change) ? a : b));
	console.log(`${name}: margin ${initial_margin} USDC; worst at spot ${(worst.spot * 100).toFixed(0)} %, volatility ${worst.volatility}`);
}
connection.close();
