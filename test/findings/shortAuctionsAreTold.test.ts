import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Auction } from "../../src/executor/Distress.ts";
import type { Event } from "../../src/executor/Events.ts";
import type { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import type { Peer } from "../../src/ports/Transport.ts";
import { Channels } from "../../src/roles/sequencer/Channels.ts";
import type { Requests } from "../../src/roles/sequencer/Requests.ts";

const AUCTION: Auction = {
	debtor: 7,
	start: 1,
	equity: 0,
	initialMargin: 2,
	maintenanceMargin: 1,
	discount: 0,
	most: 1_000_000,
	price: 0,
	positions: [],
};

// Auctions were looked at once a second, so that one which was bid away within the second was never told.
describe("given an auction that begins and ends between two looks at the clock", () => {
	it("tells a follower that it began, and that it ended", () => {
		const open: Auction[] = [];
		let tell: (events: readonly Event[]) => void = () => undefined;
		const live = {
			onEvents: (listener: (events: readonly Event[]) => void) => {
				tell = listener;
				return () => undefined;
			},
			queries: { auctions: () => open },
		} as unknown as LiveExecutor;
		const told: number[] = [];
		const peer: Peer = {
			id: 1,
			isSlow: false,
			notify: (_, data) => told.push((data as { auctions: unknown[] }).auctions.length) > 0,
			tell: () => true,
			close: () => undefined,
		};
		const channels = new Channels(live, {} as Requests, () => ({ posted_below: 0, confirmed_below: 0, assertion: null }));
		try {
			channels.subscribe(peer, ["auctions"]);
			open.push(AUCTION);
			tell([{ type: "AuctionStarted", account: 7, start: 1, number: 1, sequence: 1, time: 1 }]);
			open.pop();
			tell([{ type: "PortfolioSold", account: 8, debtor: 7, share: 1_000_000, price: 0, covered: 0, number: 2, sequence: 2, time: 1 }]);
			assert.deepEqual(told, [0, 1, 0]);
		} finally {
			channels.close();
		}
	});
});
