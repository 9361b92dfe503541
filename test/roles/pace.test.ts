import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Pace from "../../src/roles/sequencer/Pace.ts";

const WAY: Pace.Way = { bundles: 0, records: 0, waiting: 1, sinceMilliseconds: Pace.INTERVAL_MILLISECONDS };

describe("when a gateway hands its next bundle to a committee", () => {
	for (const [given, way] of [
		["nothing waits", { waiting: 0 }],
		["as many bundles as may be are on their way", { bundles: Pace.MAX_BUNDLES }],
		["as many records as may be are on their way", { records: Pace.MAX_RECORDS }],
		["the last bundle went a moment ago, and the next is not full", { sinceMilliseconds: Pace.INTERVAL_MILLISECONDS - 1 }],
	] as const)
		it(`waits when ${given}`, () => assert.equal(Pace.isDue({ ...WAY, ...way }), false));

	it("goes when the last one went an interval ago, though it holds one message", () => assert.equal(Pace.isDue(WAY), true));

	it("goes at once when it is full", () =>
		assert.equal(Pace.isDue({ ...WAY, waiting: Pace.MAX_BUNDLE_RECORDS, sinceMilliseconds: 0 }), true));
});
