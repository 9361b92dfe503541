// Memory of a venue of 100,000 accounts with ten positions each and 50,000 resting orders, in a process of its own: `npm run bench` starts it, and reads the megabytes that it prints.
// The state is what a node keeps: the cells as objects, the trees over them, and the values of every series in every scenario.

import * as Valuations from "../src/machine/risk/Valuations.ts";
import * as Kinds from "../src/machine/state/Kinds.ts";
import * as State from "../src/machine/state/State.ts";
import type { Book } from "../src/machine/types/Book.ts";
import * as Series from "../src/machine/types/Series.ts";
import { SERIES, open, venue } from "./mix.ts";

const SIZE = { accounts: 100_000, positions: 10, orders: 50_000 };

const { runner, state } = open(venue(SIZE, 1));
for (const series of SERIES) Valuations.of(state.live, series, State.expiry(state.live, Series.expirySlotOf(series)));
const root = runner.stateRoot();
let [accounts, orders] = [0, 0];
for (const _ of state.live.entries(Kinds.ACCOUNTS)) accounts++;
for (const [, book] of state.live.entries(Kinds.BOOKS)) orders += (book as Book).orders.length;
const { rss, heapUsed } = process.memoryUsage();
const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
console.log(
	JSON.stringify({ accounts, orders, residentMegabytes: megabytes(rss), heapMegabytes: megabytes(heapUsed), rootBytes: root.length }),
);
