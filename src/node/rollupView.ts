import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { GameSnapshot } from "../ports/Game.ts";
import type { Answer } from "../wire/schema.ts";

const MAX_BATCHES = 50;
/** LIMIT: a dispute of height 22 has some 50 edges a liar; more than this are the oldest left out. */
const MAX_EDGES = 2000;

/** What L1 holds of the rollup, as the page draws it. */
export function rollupView(games: GameSnapshot, challengePeriodBlocks: number, derived: DerivedExecutor): Answer<"public/get_rollup"> {
	const assertions = [...games.assertions.values()];
	const first = Math.max(0, derived.batchCount - MAX_BATCHES);
	return {
		block: games.block,
		latest_confirmed: games.latestConfirmed,
		challenge_period_blocks: challengePeriodBlocks,
		batches: Array.from({ length: derived.batchCount - first }, (_, i) => {
			const { index, block, streamEnd, endStep, stateRoot } = derived.batch(first + i) as NonNullable<ReturnType<DerivedExecutor["batch"]>>;
			const before = derived.batch(index - 1)?.streamEnd ?? 0;
			return { index, block, bytes: streamEnd - before, end_step: endStep, state_root: Bytes.toHex(stateRoot) };
		}),
		assertions: assertions.map(({ id, parent, status, asserter, targetBatch, createdAt }) => ({
			id,
			parent,
			status,
			asserter,
			target_batch: targetBatch,
			created_at: createdAt,
			rivals: assertions.filter((other) => other.parent === parent && other.id !== id).length,
		})),
		edges: [...games.edges.values()].slice(-MAX_EDGES).map((view) => ({
			id: view.id,
			mutual_id: view.mutualId,
			height: view.edge.height,
			position: view.edge.position,
			root: Bytes.toHex(view.edge.historyRoot),
			created_at: view.createdAt,
			rivalled_at: view.rivalledAt,
			move: view.move,
			mover: view.mover,
		})),
	};
}
