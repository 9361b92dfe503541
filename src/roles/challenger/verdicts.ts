import type { AssertionView } from "../../ports/Game.ts";
import type { View } from "./view.ts";

/** Three-valued: what cannot be derived yet, or follows from what cannot, is unknown and never called a fraud. */
export type Opinion = "agree" | "disagree" | "unknown";

export type Verdict = { readonly assertion: AssertionView; readonly opinion: Opinion; readonly reason: string };

/** What this node's own execution of L1's batches says of every assertion that is not rejected, the oldest first; the genesis is agreed with by definition. Pure. */
export function verdictsOf({ snapshot, links }: Pick<View, "snapshot" | "links">): Verdict[] {
	const honest = new Set(links.flatMap((link) => (link.honest ? [link.honest.id] : [])));
	const wrong = new Set(links.flatMap((link) => link.wrong.map(({ id }) => id)));
	const opinions = new Map<string, Opinion>();
	const opinionOf = ({ id, parent }: AssertionView): Opinion => {
		if (honest.has(id)) return "agree";
		// Whatever is asserted about a state that the machine never had is wrong too.
		if (wrong.has(id) || opinions.get(parent) === "disagree") return "disagree";
		return "unknown";
	};
	const verdicts: Verdict[] = [];
	for (const assertion of [...snapshot.assertions.values()].sort((x, y) => x.createdAt - y.createdAt)) {
		// The genesis has no preimage: everything begins with it.
		if (assertion.finalState.length === 0) continue;
		const opinion = opinionOf(assertion);
		opinions.set(assertion.id, opinion);
		if (assertion.status === "rejected") continue;
		verdicts.push({ assertion, opinion, reason: reasonOf(opinion, wrong.has(assertion.id)) });
	}
	return verdicts;
}

function reasonOf(opinion: Opinion, isOwnLie: boolean): string {
	if (opinion === "agree") return "the machine does what it says";
	if (opinion === "unknown") return "what it is about is not executed here yet";
	return isOwnLie ? "the machine does something else on the same inputs" : "it goes on from a wrong assertion";
}

/** The worst of them, for who wants one word: disagree before unknown before agree. */
export function worstOf(opinions: readonly Opinion[]): Opinion {
	if (opinions.includes("disagree")) return "disagree";
	return opinions.includes("unknown") ? "unknown" : "agree";
}
