import { Command } from "commander";
import { GameChain } from "../chain/GameChain.ts";
import type { AssertionView } from "../ports/Game.ts";
import type { Answer, Context } from "./Context.ts";
import { does } from "./Context.ts";

const short = (hash: string): string => `${hash.slice(0, 10)}…`;

async function status(context: Context): Promise<Answer> {
	const game = new GameChain(await context.provider(), await context.deployment());
	const snapshot = await game.look();
	const assertions = [...snapshot.assertions.values()].sort((x, y) => x.createdAt - y.createdAt);
	const rivalsOf = (one: AssertionView): number =>
		assertions.filter(({ gameId, id }) => gameId === one.gameId && id !== one.id && one.gameId !== "").length;
	const open = [...snapshot.edges.values()].filter(({ move }) => move === "none").length;
	const lines = assertions.map((one) => {
		const rivals = rivalsOf(one);
		const state = one.id === snapshot.latestConfirmed ? "latest confirmed" : one.status;
		return `  ${short(one.id)}  ${state.padEnd(16)}  up to batch ${one.targetBatch}, by ${short(one.asserter)}, block ${one.createdAt}${rivals > 0 ? `, ${rivals} rivals` : ""}`;
	});
	const disputed = assertions.filter((one) => one.status === "pending" && rivalsOf(one) > 0).length;
	return {
		text: [
			disputed === 0
				? "No assertion is disputed."
				: `${disputed} assertions are disputed; ${open} of ${snapshot.edges.size} edges wait for a move.`,
			...lines,
		].join("\n"),
		json: {
			block: snapshot.block,
			frozen: snapshot.isFrozen,
			latest_confirmed: snapshot.latestConfirmed,
			disputed,
			edges: snapshot.edges.size,
			edges_open: open,
			assertions: assertions.map((one) => ({
				id: one.id,
				parent: one.parent,
				status: one.status,
				target_batch: one.targetBatch,
				asserter: one.asserter,
				created_at_block: one.createdAt,
				rivals: rivalsOf(one),
			})),
		},
	};
}

export function disputeCommand(): Command {
	const dispute = new Command("dispute").description("assertions and the games about them");
	dispute.addCommand(does(new Command("status").description("every assertion, and which are disputed"), status));
	return dispute;
}
