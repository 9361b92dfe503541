import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { membersLine } from "../../scripts/dev/committee/line.ts";

describe("given what the members of a watched committee say", () => {
	const well = { height: 100, checkpoint_lag: 2, quorum_slack: 1, silent_because: null };

	it("says that none answers, or that those who do decide nothing", () => {
		assert.equal(membersLine([undefined, undefined]), "none of 2 members answers");
		assert.match(membersLine([{ ...well, quorum_slack: null }]), /nothing is decided/);
		assert.match(membersLine([{ ...well, quorum_slack: -1 }]), /too few vote/);
	});

	it("names who is missing or silent, and takes the worst of what the others say", () => {
		const line = membersLine([well, undefined, { ...well, height: 103, quorum_slack: 0 }, { ...well, silent_because: "its disk is full" }]);
		assert.equal(
			line,
			"3 of 4 members at 100 to 103, signed states 2 behind, 0 more may fail, member 1 does not answer, member 3 is silent: its disk is full",
		);
	});

	it("is short when all is well, whatever their number", () => {
		const line = membersLine(Array.from({ length: 13 }, () => well));
		assert.equal(line, "13 of 13 members at 100, signed states 2 behind, 1 more may fail");
	});
});
