// An order book kept by its channel: a snapshot, then changes; a gap is seen, and the whole is asked for again.

import { BookFollower } from "../src/sdk/index.ts";
import { callNearTheMoney, connect, open, until } from "./desk.ts";

const connection = await connect();
const trader = await open(connection);
const { series, instrument_name } = await callNearTheMoney(connection);

let changes = 0;
const book = await BookFollower.follow(connection, instrument_name, () => (changes += 1));
const order = await trader.place({ series, side: 0, price: 7, size: 50 });
await until("the level", async () => book.bids.some(([price, amount]) => price === "0.7" && Number(amount) >= 0.5));
console.log(`${instrument_name}: ${book.bids.length} bids, ${book.asks.length} asks`);
await trader.cancel(series, 0, order.order);
await until("the level to go", async () => book.bids.every(([price]) => price !== "0.7"));
console.log(`${changes} messages, ${book.gaps} gaps`);
connection.close();
