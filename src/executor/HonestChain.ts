import * as Bytes from "../machine/math/Bytes.ts";
import type { AssertionView, GameSnapshot } from "../ports/Game.ts";
import type { Histories, History, HistoryStart } from "../ports/History.ts";
import * as Assertion from "../protocol/Assertion.ts";

/** One place of the chain where assertions may stand: what the machine really did from there, and who says what. */
export type Link = {
	readonly parent: AssertionView;
	readonly start: HistoryStart;
	readonly gameId: string;
	readonly history: History;
	/** The assertion that says what the history says, when somebody made it. */
	readonly honest: AssertionView | undefined;
	/** Id that it has, or would have. */
	readonly honestId: string;
	/** Assertions that say something else. */
	readonly wrong: readonly AssertionView[];
};

/** Three-valued: what cannot be derived yet is unknown, never wrong. */
export type HonestChain = { readonly links: readonly Link[]; readonly isComplete: boolean };

/**
 * Follows the honest assertions from where the histories begin: the genesis, or a confirmed one. It ends where nobody asserted yet, or where the history is not known: then `isComplete` is false, and
 * nothing may be concluded about what lies beyond.
 */
export async function follow(
	snapshot: GameSnapshot,
	histories: Histories,
	height: number,
	batchCount: number,
	gameIdOf: (parent: AssertionView, accumulator: Uint8Array) => Promise<string>,
): Promise<HonestChain> {
	const links: Link[] = [];
	const children = new Map<string, AssertionView[]>();
	let parent: AssertionView | undefined;
	const origin = histories.origin();
	for (const assertion of snapshot.assertions.values()) {
		if (origin.assertion === undefined ? assertion.finalState.length === 0 : assertion.id === origin.assertion) parent = assertion;
		if (assertion.finalState.length > 0) children.set(assertion.parent, [...(children.get(assertion.parent) ?? []), assertion]);
	}
	// L1 may have taken back what the histories begin with: then nothing is known.
	if (origin.assertion !== undefined && parent?.status !== "confirmed") return { links, isComplete: false };
	let start: HistoryStart = origin;
	while (parent) {
		if (batchCount < parent.targetBatch) return { links, isComplete: true };
		const answer = histories.history(start, parent.targetBatch, height);
		const accumulator = histories.accumulator(parent.targetBatch);
		if (answer.status !== "known" || !accumulator) return { links, isComplete: false };
		const { history } = answer;
		const gameId = await gameIdOf(parent, accumulator);
		const root = history.root(height, 0);
		const honestId = Bytes.toHex(Assertion.assertionId(Bytes.fromHex(gameId), root));
		const candidates: AssertionView[] = children.get(parent.id) ?? [];
		const honest: AssertionView | undefined = candidates.find((child) => child.id === honestId);
		links.push({ parent, start, gameId, history, honest, honestId, wrong: candidates.filter((child) => child.id !== honestId) });
		if (!honest) return { links, isComplete: true };
		start = { leaf: history.leaf(2 ** height), state: honest.finalState };
		parent = honest;
	}
	return { links, isComplete: true };
}
