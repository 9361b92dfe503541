// Two-sided quotes with what a maker wants around them: protection that pulls them when too much trades, and a switch that pulls them when he is gone.

import { callNearTheMoney, connect, open } from "./desk.ts";

const connection = await connect();
const trader = await open(connection);
const { series, mark } = await callNearTheMoney(connection);

// More than 5 ETH traded within a minute kills every protected order in ETH for ten seconds.
console.log(`protection: ${(await trader.setProtection(0, { window: 60, freeze: 10, quantityLimit: 500 })).result}`);
// Without another heartbeat within five minutes every order dies.
console.log(`switch: ${(await trader.heartbeat(300)).result}`);
for (const [side, price] of [
	[0, Math.max(1, mark - 10)],
	[1, mark + 10],
] as const) {
	const quote = await trader.place({ series, side, price, size: 200, postOnly: true, slide: true, mmp: true, label: 1 });
	console.log(`${side === 0 ? "bid" : "ask"} at ${price} ticks: ${quote.result}`);
}
const { open_orders, mmp } = await connection.call<{ open_orders: unknown[]; mmp: { quantity_limit: string }[] }>("public/get_account", {
	account: trader.account,
});
console.log(`${open_orders.length} quotes stand, protected beyond ${mmp[0].quantity_limit} ETH`);
await trader.cancelAll();
await trader.heartbeat(0);
await trader.setProtection(0, { window: 0 });
connection.close();
