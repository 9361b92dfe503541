import type { Link } from "../../executor/HonestChain.ts";
import * as rules from "./rules.ts";
import type { View } from "./view.ts";

/** The assertion to make: at the end of the honest chain, where nobody made it yet. */
export function decide(view: View): Link | undefined {
	const last = view.chain.links.at(-1);
	if (!last || last.honest) return undefined;
	if (!rules.isOldEnough(last.parent, view.snapshot.block + 1, view.parameters)) return undefined;
	return last;
}

/** Assertions from the parent back to the proposer's latest: shows that his bond stays on one line. */
export function lineageOf(view: View, link: Link): string[] {
	const latest = view.snapshot.stakes.get(view.self)?.latest;
	const lineage: string[] = [];
	if (!latest || view.snapshot.assertions.get(latest)?.status === "confirmed") return lineage;
	for (let at = link.parent; at.id !== latest;) {
		const parent = view.snapshot.assertions.get(at.parent);
		if (!parent) return [];
		lineage.push(parent.id);
		at = parent;
	}
	return lineage;
}
