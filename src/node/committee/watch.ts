import * as Kzg from "../../kzg/Kzg.ts";
import type { Follower } from "../../executor/Follower.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Proposals from "../../ordering/proposals.ts";
import type { Watcher } from "../../roles/watcher/Watcher.ts";
import { payloadsOf } from "../payloads.ts";
import type { Member } from "./Member.ts";

/** Lets a watcher hear what the committee signs: roots and states in the votes, certificates of batches, the reports in the order, and the votes that an engine found to contradict each other. */
export function watch({ orderer, evidence }: Pick<Member, "orderer" | "evidence">, follower: Follower, watcher: Watcher): void {
	evidence.start(({ vote, signature }) => watcher.vote(vote, signature));
	orderer.application.watch(({ voters, certified }) => {
		for (const { said } of voters) {
			const { checkpoint, state } = said;
			if (state) watcher.state(state, state.signature);
			// What it signed of a height that is not ordered here names another order, which nobody can show.
			const [bundle] = checkpoint ? orderer.bundles(checkpoint.height, checkpoint.height) : [];
			if (checkpoint && bundle) {
				const { height, root, signature } = checkpoint;
				watcher.checkpoint({ height, streamHash: bundle.streamHash, root }, signature);
			}
		}
		for (const one of certified) {
			if (one.kind !== "batch") continue;
			const proposal = Proposals.decode(Bytes.fromHex(one.proposal));
			const bundles = orderer.bundles(proposal.fromHeight, proposal.toHeight);
			const content = Bytes.concat(...bundles.map(({ records }) => records));
			watcher.batch(proposal, Kzg.contentHash(content), Object.values(one.signed).map(Bytes.fromHex));
		}
	});
	follower.onApplied((bundle) => {
		for (const payload of payloadsOf(bundle)) watcher.record(payload);
	});
}
