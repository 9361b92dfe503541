import type { AssertionView } from "../../ports/Game.ts";
import type { View } from "./view.ts";

/** Three-valued: what cannot be derived yet, or follows from what cannot, is unknown and never called a fraud. */
export type Opinion = "agree" | "disagree" | "unknown";

export type Verdict = { readonly assertion: AssertionView; readonly opinion: Opinion; readonly reason: string };

/**
 * What this node's own execution of L1's batches says of every assertion that is not rejected, the oldest first. Of what its execution begins with, the genesis
 * or a confirmed assertion and those before that, it says nothing: L1 decided them. Pure.
 */
export function verdictsOf({ snapshot, links, origin }: Pick<View, "snapshot" | "links" | "origin">): Verdict[] {
	const decided = new Set<string>();
	for (let at = origin === undefined ? undefined : snapshot.assertions.get(origin); at; at = snapshot.assertions.get(at.parent))
		decided.add(at.id);
	/** Beside one that was confirmed, before this node's execution begins. */
	const isOutvoted = ({ parent }: AssertionView): boolean => parent !== origin && decided.has(parent);
	const honest = new Set(links.flatMap((link) => (link.honest ? [link.honest.id] : [])));
	const wrong = new Set(links.flatMap((link) => link.wrong.map(({ id }) => id)));
	const opinions = new Map<string, Opinion>();
	const opinionOf = (assertion: AssertionView): Opinion => {
		const { id, parent } = assertion;
		if (honest.has(id)) return "agree";
		// Whatever is asserted about a state that the machine never had is wrong too.
		if (wrong.has(id) || isOutvoted(assertion) || opinions.get(parent) === "disagree") return "disagree";
		return "unknown";
	};
	const verdicts: Verdict[] = [];
	for (const assertion of [...snapshot.assertions.values()].sort((x, y) => x.createdAt - y.createdAt)) {
		// The genesis has no preimage: everything begins with it.
		if (assertion.finalState.length === 0 || decided.has(assertion.id)) continue;
		const opinion = opinionOf(assertion);
		opinions.set(assertion.id, opinion);
		if (assertion.status === "rejected") continue;
		const reason = isOutvoted(assertion) ? "L1 confirmed another one in its place" : reasonOf(opinion, wrong.has(assertion.id));
		verdicts.push({ assertion, opinion, reason });
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
