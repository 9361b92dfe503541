import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import { FOREVER } from "../../../src/machine/Constants.ts";
import * as Greeks from "../../../src/machine/risk/Greeks.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Protecting from "../../../src/machine/step/Protecting.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Protection } from "../../../src/machine/types/Guard.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, TODAY, cells, strikeOf } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));

type Fill = { readonly wait: number; readonly lots: number };
const fills = fc.array(
	fc.record({
		wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 400 })),
		lots: fc.integer({ min: -300, max: 300 }).filter((lots) => lots !== 0),
	}),
	{ maxLength: 40, size: "max" },
);
const limits = fc.record({
	window: fc.integer({ min: 1, max: 120 }),
	freeze: fc.integer({ min: 0, max: 60 }),
	quantityLimit: fc.integer({ min: 0, max: 1500 }),
	deltaLimit: fc.integer({ min: 0, max: 500_000_000 }),
	vegaLimit: fc.integer({ min: 0, max: 2_000_000_000 }),
});

function guarded(fields: Partial<Protection>): { state: State.Body; account: Account; protection: () => Protection } {
	const guard = { ...Guards.empty(), protections: [{ ...Guards.none(), ...fields }, Guards.none()] as [Protection, Protection] };
	const state = new CommittedState();
	TrackedState.fill(state, cells({ guards: [guard] }));
	return {
		state: state.live,
		account: State.account(state.live, ACCOUNT),
		protection: () => State.guard(state.live, ACCOUNT).protections[0],
	};
}

describe("given a protected maker whose orders are filled", () => {
	const state = guarded({ window: 1 }).state;
	const greeks = Greeks.greeksOf(CALL, State.expiry(state, Series.expirySlotOf(CALL)));

	it("has levels that leak evenly over the window, trips beyond a limit and only then, and foretells it", () => {
		fc.assert(
			fc.property(limits, fills, (set, list: readonly Fill[]) => {
				const maker = guarded(set);
				let [clock, time] = [CLOCK, 0];
				let model = { quantity: 0n, delta: 0n, vega: 0n };
				for (const { wait, lots } of list) {
					clock += wait;
					const left = BigInt(Math.max(0, set.window - (clock - time)));
					// A level that is sold short leaks too, rounded down like every other.
					const leaked = (level: bigint): bigint => {
						const product = level * left;
						const window = BigInt(set.window);
						return product < 0n && product % window !== 0n ? product / window - 1n : product / window;
					};
					const signed = BigInt(lots);
					const next = {
						quantity: leaked(model.quantity) + (signed < 0n ? -signed : signed),
						delta: leaked(model.delta) + signed * BigInt(greeks.delta),
						vega: leaked(model.vega) + signed * BigInt(greeks.vega),
					};
					const beyond = (level: bigint, limit: number): boolean => limit !== 0 && (level < 0n ? -level : level) > BigInt(limit);
					const trips = beyond(next.quantity, set.quantityLimit) || beyond(next.delta, set.deltaLimit) || beyond(next.vega, set.vegaLimit);
					const { epochs } = maker.account;
					const before = epochs[0];
					assert.equal(Protecting.wouldTrip(maker.state, ACCOUNT, maker.account, CALL, lots, clock), trips);
					assert.equal(Protecting.record(maker.state, ACCOUNT, maker.account, CALL, lots, clock), trips);
					model = trips ? { quantity: 0n, delta: 0n, vega: 0n } : next;
					time = clock;
					const { quantity, delta, vega, frozenUntil } = maker.protection();
					assert.deepEqual({ quantity: BigInt(quantity), delta: BigInt(delta), vega: BigInt(vega) }, model);
					assert.equal(epochs[0] - before, trips ? 1 : 0, "every resting quote is dead after a trip, and none otherwise");
					if (trips) assert.equal(frozenUntil, set.freeze === 0 ? FOREVER : clock + set.freeze);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("counts two fills of one moment like one of both", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 900 }),
				fc.integer({ min: 1, max: 900 }),
				fc.boolean(),
				fc.nat(50),
				(one, other, sold, wait) => {
					const start = { window: 60, quantity: 77, delta: -5_000_000, vega: 123_456, time: CLOCK - wait };
					const [apart, at_once] = [guarded(start), guarded(start)];
					const sign = sold ? -1 : 1;
					for (const lots of [one, other]) Protecting.record(apart.state, ACCOUNT, apart.account, CALL, sign * lots, CLOCK);
					Protecting.record(at_once.state, ACCOUNT, at_once.account, CALL, sign * (one + other), CLOCK);
					assert.deepEqual(apart.protection(), at_once.protection());
				},
			),
			{ numRuns: 300 },
		);
	});
});
