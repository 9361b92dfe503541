import type { TransactionRequest } from "../../ports/Chain.ts";
import type { GameTransactions } from "../../ports/Game.ts";
import type { History } from "../../ports/History.ts";
import type { EdgeKey } from "../../protocol/Edge.ts";
import type { Action } from "./decide.ts";
import type { View } from "./view.ts";

/** The transaction that carries an action out. */
export async function prepare(game: GameTransactions, view: View, action: Action): Promise<TransactionRequest> {
	switch (action.type) {
		case "assert": {
			const { link } = action;
			const { history } = link;
			const stake = view.snapshot.stakes.get(view.self);
			return game.createAssertion({
				parent: link.parent.id,
				historyRoot: history.root(history.height, 0),
				finalState: await history.finalState(),
				rightPath: history.path(2 ** history.height - 1),
				lineage: [],
				expectedId: link.honestId,
				stake: stake && stake.amount >= view.parameters.bond ? 0n : view.parameters.bond,
			});
		}
		case "bisect":
			return game.bisect(action.edge, action.left, action.right);
		case "prove":
			return proofOf(game, action.edge, action.earlierPrefix, action.history);
		case "updateTimers":
			return game.updateTimers(action.updates, view.snapshot.block);
		case "declareWinner":
			return game.declareWinner(action.assertion);
		case "confirm":
			return game.confirm(action.assertion.id, action.assertion.finalState);
		case "reject":
			return game.reject(action.assertion);
		case "forfeit":
			return game.forfeit(action.staker, action.latest);
		case "refund":
			return game.refund(action.assertion, action.edge, action.path);
	}
}

/** The proof of an edge of one step: the state before it, shown under the prefix, and the step itself. */
export async function proofOf(
	game: GameTransactions,
	edge: EdgeKey,
	earlierPrefix: Uint8Array,
	history: History,
): Promise<TransactionRequest> {
	const { position } = edge;
	const siblings: Uint8Array[] = [];
	// The last leaf under the left root that was hashed last into the prefix: all its siblings stand left of it.
	for (let level = 0, place = position - 1; position > 0 && Math.floor(position / 2 ** level) % 2 === 0; level++) {
		siblings.push(history.root(level, Math.floor(place / 2 ** level) - 1));
	}
	return game.proveOneStep(edge, history.leaf(position), earlierPrefix, siblings, await history.prove(position));
}
