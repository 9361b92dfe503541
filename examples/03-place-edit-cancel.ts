// An order's life. Every acknowledgement means: durable, ordered, executed, and signed for by the sequencer.

import { callNearTheMoney, connect, open } from "./desk.ts";

const connection = await connect();
const trader = await open(connection);
const { series, instrument_name, mark } = await callNearTheMoney(connection);

// In ticks and lots: half the mark, one unit of ETH.
const placed = await trader.place({ series, side: 0, price: Math.max(2, Math.floor(mark / 2)), size: 100, postOnly: true, label: 3 });
console.log(`${instrument_name}: order ${placed.order} is message ${placed.sequence}: ${placed.result}`);

// An order that only shrinks keeps its place in the queue and its number.
const smaller = await trader.replace(series, 0, placed.order, Math.max(2, Math.floor(mark / 2)), 40);
console.log(`order ${smaller.order} is smaller: ${smaller.result}`);
const state = await connection.call<{ state: string; remaining: string }>("private/get_order_state", {
	account: trader.account,
	order: smaller.order,
});
console.log(`it is ${state.state}, with ${state.remaining} left`);

const cancelled = await trader.cancelSeries(series, 3, 3);
console.log(`all orders with label 3: ${cancelled.result}`);
connection.close();
