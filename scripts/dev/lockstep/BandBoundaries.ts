// Price bands to the tick, what stale prices still allow, and what a report makes of an expiry inside its settlement window.

import { MAX_PRICE_AGE_SECONDS, PPM, SETTLEMENT_WINDOW_SECONDS, tickSize } from "../../../src/machine/Constants.ts";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import * as Bands from "../../../src/machine/risk/Bands.ts";
import * as Parameters from "../../../src/machine/risk/Parameters.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { INDEX, STRIKES, TODAY, bandOf, cells, place, play, report, strikeOf } from "./BoundaryWorld.ts";
import type { Boundary } from "./BoundaryWorld.ts";

const DAY = TODAY + 7;
const RICH = { cash: 1_000_000_000_000_000 };

export function bands(): Boundary[] {
	return [...edges(), ...exact(), ...stale(), ...windows()];
}

/** The dearest buy and the cheapest sale of every series, and one tick more. */
function edges(): Boundary[] {
	const all: Boundary[] = [];
	for (const underlying of [0, 1]) {
		const options = [Series.CALL, Series.PUT].flatMap((kind) =>
			STRIKES.map((step) => Series.make(underlying, DAY, kind, strikeOf(underlying, step))),
		);
		for (const series of [...options, Series.make(underlying, DAY, Series.FUTURE, 0)]) {
			const { buy, sell } = bandOf(series);
			for (const price of [buy, buy + 1])
				all.push({
					name: `band/${series}/buy/${price - buy}`,
					recorded: play(cells({ account: RICH }), place({ series, side: 0, price })),
				});
			for (const price of [sell, sell - 1])
				all.push({
					name: `band/${series}/sell/${price - sell}`,
					recorded: play(cells({ account: RICH }), place({ series, side: 1, price })),
				});
		}
	}
	return all;
}

/** An index at which a band ends on a tick exactly: the order there is within it, and one tick further is not. */
function exact(): Boundary[] {
	const all: Boundary[] = [];
	for (const series of [Series.CALL, Series.PUT].map((kind) => Series.make(0, DAY, kind, strikeOf(0, 0)))) {
		const state = new CommittedState();
		TrackedState.fill(state, cells({}));
		const { low, high } = Bands.worthOf(series, State.expiry(state.live, Series.expirySlotOf(series)));
		const tick = tickSize(0);
		const nearest = (INDEX[0] * Parameters.BAND_ROOM) / PPM;
		const price = Math.ceil((high + nearest) / tick);
		const least = Math.max(1, Math.floor((low - nearest) / tick));
		for (const [side, edge, room] of [
			[0, price, price * tick - high],
			[1, least, low - least * tick],
		] as const) {
			if (room < 0) continue;
			const indexPrice = Math.ceil((room * PPM) / Parameters.BAND_ROOM);
			for (const beyond of [0, 1])
				all.push({
					name: `band/exact/${series}/${side}/${beyond}`,
					recorded: play(
						cells({ account: RICH, market: { indexPrice } }),
						place({ series, side, price: side === 0 ? edge + beyond : Math.max(1, edge - beyond) }),
					),
				});
		}
	}
	return all;
}

/** On stale prices a position may become smaller, and no more: not larger, and not turned. */
function stale(): Boundary[] {
	const all: Boundary[] = [];
	const series = Series.make(0, DAY, Series.CALL, strikeOf(0, 0));
	const other = Series.make(1, DAY, Series.PUT, strikeOf(1, 0));
	const ages = [{ indexAge: MAX_PRICE_AGE_SECONDS + 1 }, { surfaceAge: MAX_PRICE_AGE_SECONDS + 1 }];
	for (const [i, age] of ages.entries()) {
		for (const held of [-10, 10]) {
			for (const side of [0, 1]) {
				for (const size of [9, 10, 11]) {
					const account = { ...RICH, positions: [{ series, size: held }] };
					all.push({
						name: `stale/${i}/${held}/${side}/${size}`,
						recorded: play(cells({ account, ...age }), place({ series, side, size })),
					});
				}
			}
		}
		// A position of another series is no matter.
		const account = { ...RICH, positions: [{ series: other, size: -10 }] };
		all.push({ name: `stale/${i}/other`, recorded: play(cells({ account, ...age }), place({ series, side: 1, size: 5 })) });
	}
	return all;
}

/** Reports and orders around the settlement window's first and last seconds. */
function windows(): Boundary[] {
	const all: Boundary[] = [];
	const expiry = Series.expiryTimeOf(DAY);
	for (const left of [SETTLEMENT_WINDOW_SECONDS + 1, SETTLEMENT_WINDOW_SECONDS, SETTLEMENT_WINDOW_SECONDS - 1, 1000, 2, 1]) {
		const clock = expiry - left;
		for (const windowDay of [DAY, DAY - 1]) {
			const start = 10n ** 20n - 2_900_000_001n * BigInt(Math.max(0, SETTLEMENT_WINDOW_SECONDS - left));
			const world = { clock, market: { windowDay, windowStart: start } };
			const surface = { day: DAY, a: 10_000, b: 5_000, rho: 0, m: 0, sigma: 200_000_000, rate: 0, confidence: PPM };
			const surfaces = [{ ...surface, forward: INDEX[0] - 7 }];
			const item = report({ time: clock, surfaces });
			all.push({ name: `window/report/${left}/${windowDay - DAY}`, recorded: play(cells(world), item, clock) });
		}
		for (const kind of [Series.CALL, Series.PUT]) {
			const series = Series.make(0, DAY, kind, strikeOf(0, 0));
			const { buy } = bandOf(series, { clock });
			for (const price of [buy, buy + 1])
				all.push({
					name: `window/place/${left}/${kind}/${price - buy}`,
					recorded: play(cells({ clock, account: RICH }), place({ series, side: 0, price }), clock),
				});
		}
	}
	return all;
}
