import type { TransactionOutcome, TransactionSender } from "../ports/Chain.ts";
import type { AssertionView, GameReader, GameSnapshot, GameTransactions } from "../ports/Game.ts";
import type { History, HistoryStart } from "../ports/History.ts";
import { toHex } from "../machine/math/Bytes.ts";
import { fromHex } from "../machine/math/Bytes.ts";
import * as Assertion from "../protocol/Assertion.ts";
import type { Action } from "../roles/challenger/decide.ts";
import { movesOf } from "../roles/challenger/decide.ts";
import { proofOf } from "../roles/challenger/prepare.ts";

/** A lying proposer that defends its lie as well as anybody can: for tests, drills and the demonstration. */
export class Liar {
	readonly #game: GameReader & GameTransactions;
	readonly #sender: TransactionSender;
	readonly #history: History;
	readonly #start: HistoryStart;
	readonly #parent: AssertionView;
	assertion = "";

	constructor(
		game: GameReader & GameTransactions,
		sender: TransactionSender,
		history: History,
		start: HistoryStart,
		parent: AssertionView,
	) {
		this.#game = game;
		this.#sender = sender;
		this.#history = history;
		this.#start = start;
		this.#parent = parent;
	}

	/** Posts the wrong assertion, with a bond. */
	async lie(): Promise<TransactionOutcome> {
		const { height } = this.#history;
		const historyRoot = this.#history.root(height, 0);
		const gameId = await this.#game.gameIdOf(this.#parent.id);
		this.assertion = toHex(Assertion.assertionId(fromHex(gameId), historyRoot));
		return this.#sender.send(
			this.#game.createAssertion({
				parent: this.#parent.id,
				historyRoot,
				finalState: await this.#history.finalState(),
				rightPath: this.#history.path(2 ** height - 1),
				lineage: [],
				expectedId: this.assertion,
				stake: this.#game.parameters.bond,
			}),
		);
	}

	/** Answers every rival, or those that are chosen, except where only the truth could. */
	async play(choose: (actions: readonly Action[], snapshot: GameSnapshot) => readonly Action[] = (actions) => actions): Promise<number> {
		const gameId = await this.#game.gameIdOf(this.#parent.id);
		const snapshot = await this.#game.look();
		const sent = choose(movesOf(snapshot, this.#history, this.#start, gameId), snapshot).map(async (action) => {
			if (action.type === "bisect") return this.#sender.send(this.#game.bisect(action.edge, action.left, action.right));
			if (action.type !== "prove") return undefined;
			const proof = await proofOf(this.#game, action.edge, action.earlierPrefix, action.history).catch(() => undefined);
			return proof && this.#sender.send(proof);
		});
		return (await Promise.all(sent)).filter((outcome) => outcome?.status === "mined").length;
	}
}
