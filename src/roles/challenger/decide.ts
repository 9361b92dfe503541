import * as Bytes from "../../machine/math/Bytes.ts";
import type { Link } from "../../executor/HonestChain.ts";
import type { AssertionView, EdgeView, GameSnapshot, TimerUpdate } from "../../ports/Game.ts";
import type { History, HistoryStart } from "../../ports/History.ts";
import type { EdgeKey } from "../../protocol/Edge.ts";
import * as Edge from "../../protocol/Edge.ts";
import * as rules from "./rules.ts";
import type { View } from "./view.ts";

export type Action =
	| { readonly type: "assert"; readonly link: Link }
	| { readonly type: "bisect"; readonly edge: EdgeKey; readonly left: Uint8Array; readonly right: Uint8Array }
	| { readonly type: "prove"; readonly edge: EdgeKey; readonly earlierPrefix: Uint8Array; readonly history: History }
	| { readonly type: "updateTimers"; readonly updates: readonly TimerUpdate[] }
	| { readonly type: "declareWinner"; readonly assertion: string }
	| { readonly type: "confirm"; readonly assertion: AssertionView }
	| { readonly type: "reject"; readonly assertion: string }
	| { readonly type: "forfeit"; readonly staker: string; readonly latest: string }
	| { readonly type: "refund"; readonly assertion: string; readonly edge: EdgeKey; readonly path: readonly Uint8Array[] };

const ZERO: Uint8Array = new Uint8Array(32);

/** An edge of a history's own tree that stands on L1. */
type Owned = { readonly view: EdgeView; readonly earlierPrefix: Uint8Array; readonly left: Uint8Array; readonly right: Uint8Array };

/** The edges of this history that stand on L1, children before parents. */
function ownedEdges(snapshot: GameSnapshot, history: History, start: HistoryStart, gameId: Uint8Array): Owned[] {
	const owned: Owned[] = [];
	const visit = (edge: EdgeKey, earlierPrefix: Uint8Array): void => {
		const view = snapshot.edges.get(Bytes.toHex(Edge.edgeId(edge)));
		if (!view) return;
		let left: Uint8Array = ZERO;
		let right: Uint8Array = ZERO;
		if (edge.height > 0) {
			left = history.root(edge.height - 1, edge.position * 2);
			right = history.root(edge.height - 1, edge.position * 2 + 1);
		}
		if (view.move === "bisected") {
			visit(Edge.leftChild(edge, left), earlierPrefix);
			visit(Edge.rightChild(edge, left, right), edge.prefix);
		}
		owned.push({ view, earlierPrefix, left, right });
	};
	visit({ gameId, height: history.height, position: 0, prefix: start.leaf, historyRoot: history.root(history.height, 0) }, ZERO);
	return owned;
}

/** The moves that answer every rival of this history's edges: a bisection above the single step, its proof there. */
export function movesOf(snapshot: GameSnapshot, history: History, start: HistoryStart, gameId: string): Action[] {
	const actions: Action[] = [];
	for (const { view, earlierPrefix, left, right } of ownedEdges(snapshot, history, start, Bytes.fromHex(gameId))) {
		if (!rules.isRivalled(view) || !rules.isUnmoved(view)) continue;
		if (view.edge.height > 0) actions.push({ type: "bisect", edge: view.edge, left, right });
		else actions.push({ type: "prove", edge: view.edge, earlierPrefix, history });
	}
	return actions;
}

/**
 * Timer that an assertion's top edge would have after an update, and the updates that give it. One path reaches one bisected edge on each height; where both
 * halves of an edge are bisected, the right one's timer is carried up first, and then lies beside the path.
 */
export function timerOf(view: View, link: Link): { readonly blocks: number; readonly updates: readonly TimerUpdate[] } {
	const updates: TimerUpdate[] = [];
	const { history } = link;
	const timers = new Map<string, number>();
	/** The lowest edge of the path that runs through a bisected edge, by that edge's id. */
	const lowest = new Map<string, EdgeKey>();
	const carryUp = (edge: EdgeKey): void => {
		const { height, position, historyRoot } = lowest.get(Bytes.toHex(Edge.edgeId(edge))) ?? edge;
		const siblings = Array.from({ length: edge.height - height }, (_, i) => {
			const place = Math.floor(position / 2 ** i);
			return history.root(height + i, place % 2 === 0 ? place + 1 : place - 1);
		});
		updates.push({ edge, position, root: historyRoot, siblings });
	};
	let top: EdgeView | undefined;
	let blocks = 0;
	for (const { view: edge, left, right } of ownedEdges(view.snapshot, history, link.start, Bytes.fromHex(link.gameId))) {
		top = edge;
		blocks = rules.unrivalledBlocks(edge, view.snapshot.block);
		if (edge.move === "proven") blocks = Number.POSITIVE_INFINITY;
		if (edge.move === "bisected") {
			const halves = [Edge.leftChild(edge.edge, left), Edge.rightChild(edge.edge, left, right)];
			const ids = halves.map((half) => Bytes.toHex(Edge.edgeId(half)));
			blocks += Math.min(...ids.map((id) => timers.get(id) ?? 0));
			const [leftLowest, rightLowest] = ids.map((id) => lowest.get(id));
			if (leftLowest && rightLowest) carryUp(halves[1]);
			lowest.set(edge.id, leftLowest ?? rightLowest ?? halves[0]);
		}
		timers.set(edge.id, blocks);
	}
	if (top) carryUp(top.edge);
	return { blocks, updates };
}

/** Everything to do now. Pure: the same view gives the same actions. */
export function decide(view: View): Action[] {
	const actions: Action[] = [];
	for (const link of view.links) {
		const { honest } = link;
		// A wrong assertion alone would win by waiting: the true one must stand beside it.
		if (!honest) {
			if (link.wrong.length > 0) actions.push({ type: "assert", link });
			continue;
		}
		if (rules.isPending(honest)) {
			actions.push(...movesOf(view.snapshot, link.history, link.start, link.gameId));
			const timer = timerOf(view, link);
			if (timer.blocks >= view.parameters.challengePeriodBlocks) {
				actions.push({ type: "updateTimers", updates: timer.updates }, { type: "declareWinner", assertion: honest.id });
			}
		}
		if (rules.isConfirmable(honest, isRivalledGame(view, link), view.snapshot, view.parameters))
			actions.push({ type: "confirm", assertion: honest });
		actions.push(...refundsOf(view, link));
	}
	actions.push(...burials(view));
	return actions;
}

function isRivalledGame(view: View, link: Link): boolean {
	const edge = {
		gameId: Bytes.fromHex(link.gameId),
		height: link.history.height,
		position: 0,
		prefix: link.start.leaf,
		historyRoot: link.history.root(link.history.height, 0),
	};
	const top = view.snapshot.edges.get(Bytes.toHex(Edge.edgeId(edge)));
	return top !== undefined && rules.isRivalled(top);
}

/** Rejections and forfeits that are due anywhere. */
function burials(view: View): Action[] {
	const actions: Action[] = [];
	const { assertions, stakes } = view.snapshot;
	const confirmed = new Map<string, AssertionView>();
	for (const assertion of assertions.values()) if (assertion.status === "confirmed") confirmed.set(assertion.parent, assertion);
	for (const assertion of assertions.values()) {
		if (rules.isLost(assertion, confirmed.get(assertion.parent), assertions.get(assertion.parent)))
			actions.push({ type: "reject", assertion: assertion.id });
	}
	for (const [staker, stake] of stakes) {
		if (stake.amount > 0n && assertions.get(stake.latest)?.status === "rejected")
			actions.push({ type: "forfeit", staker, latest: stake.latest });
	}
	return actions;
}

/** The challenger's own moves on a confirmed tree that the losers' bonds have not paid yet. */
export function refundsOf(view: View, link: Link): Action[] {
	const { honest, history } = link;
	if (honest?.status !== "confirmed" || (view.snapshot.pots.get(link.parent.id) ?? 0n) === 0n) return [];
	const actions: Action[] = [];
	for (const { view: edge } of ownedEdges(view.snapshot, history, link.start, Bytes.fromHex(link.gameId))) {
		if (edge.mover !== view.self || view.snapshot.refunded.has(edge.id)) continue;
		// The last siblings of any leaf below the edge are the siblings of the edge itself.
		const path = history.path(edge.edge.position * 2 ** edge.edge.height).slice(edge.edge.height);
		actions.push({ type: "refund", assertion: honest.id, edge: edge.edge, path });
	}
	return actions;
}
