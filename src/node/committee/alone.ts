import type { Answer } from "../../wire/schema.ts";

/** What is to be told of a committee of one. */
export function alone(own: string, height: number): Answer<"public/get_committee"> {
	return {
		engine: "local",
		own,
		block: null,
		block_age_seconds: null,
		height,
		// Its own word is the agreement.
		checkpoint_height: height,
		checkpoint_lag: 0,
		checkpoint_root: null,
		quorum_slack: 0,
		power_total: 1,
		power_missing: 0,
		engine_starts: 0,
		silent_because: null,
		members: [{ address: own, power: 1, state: "present", last_vote_block: null, last_vote_age_seconds: null, clock_skew_seconds: null }],
	};
}
