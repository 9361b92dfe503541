import * as Bytes from "../../machine/math/Bytes.ts";
import type { FalseState } from "../../ports/Evidence.ts";
import type { History } from "../../ports/History.ts";
import type { Store } from "../../ports/Store.ts";
import type { StateVote } from "../../protocol/Checkpoint.ts";

/** A game as this process derived it from L1: what the machine really did in it, and the assertion that says so, once it is confirmed. */
export type Game = {
	readonly gameId: string;
	readonly history: Pick<History, "height" | "leaf" | "path">;
	readonly confirmed: string | undefined;
};

/** A state that a member signed. Bytes in hexadecimal. */
type Signed = {
	readonly signer: string;
	readonly gameId: string;
	readonly step: number;
	readonly commitment: string;
	readonly signature: string;
};

/** What a look at the games showed of the states that members signed. */
export type Verdicts = {
	/** How many are what was derived here, since the last look. */
	readonly agreed: number;
	/** Those that are not, since the last look. */
	readonly wrong: readonly Signed[];
	/** Those that L1 confirmed otherwise. */
	readonly falsified: readonly FalseState[];
};

/** LIMIT: states of one signer whose games are not derived here yet: the newest. */
const MAX_WAITING = 256;
const PREFIX = "state/";

/** The states that members signed. A game's id names its inputs, so what is derived here tells at once what is false; L1 takes stake for it when the truth is confirmed. */
export class States {
	readonly #store: Store;
	readonly #waiting = new Map<string, Signed[]>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** Takes in a state whose signature was recovered to somebody with a stake. */
	hear(signer: string, { gameId, step, commitment }: StateVote, signature: Uint8Array): void {
		const signed = { signer, gameId: Bytes.toHex(gameId), step, commitment: Bytes.toHex(commitment), signature: Bytes.toHex(signature) };
		this.#waiting.set(signer, [...(this.#waiting.get(signer) ?? []), signed].slice(-MAX_WAITING));
	}

	/** Holds what was heard against the games. A false state is on disk when this resolves, one of each signer, and is given as falsified until `forget`. */
	async judge(games: readonly Game[]): Promise<Verdicts> {
		const known = new Map(games.map((game) => [game.gameId, game]));
		let agreed = 0;
		const wrong: Signed[] = [];
		for (const [signer, waiting] of this.#waiting) {
			const left: Signed[] = [];
			for (const signed of waiting) {
				const game = known.get(signed.gameId);
				if (!game) left.push(signed);
				// A step that no game has says nothing that L1 could hold against its signer.
				else if (signed.step < 1 || signed.step > 2 ** game.history.height) continue;
				else if (Bytes.toHex(game.history.leaf(signed.step)) === signed.commitment) agreed += 1;
				else wrong.push(signed);
			}
			this.#waiting.set(signer, left);
		}
		for (const signed of wrong) {
			const key = PREFIX + signed.signer;
			if (!this.#store.get(key)) await this.#store.commit([{ key, value: new TextEncoder().encode(JSON.stringify(signed)) }]);
		}
		const falsified: FalseState[] = [];
		for (const [, bytes] of this.#store.range(PREFIX, `${PREFIX}~`)) {
			const signed = JSON.parse(new TextDecoder().decode(bytes)) as Signed;
			const game = known.get(signed.gameId);
			if (game?.confirmed !== undefined) falsified.push(falseState(signed, game.history, game.confirmed));
		}
		return { agreed, wrong, falsified };
	}

	/** The evidence is kept elsewhere. */
	async forget({ signer }: FalseState): Promise<void> {
		await this.#store.commit([{ key: PREFIX + signer }]);
	}
}

function falseState({ signer, gameId, step, commitment, signature }: Signed, history: Game["history"], assertion: string): FalseState {
	const path = history.path(step - 1).map((hash) => Bytes.toHex(hash));
	return {
		kind: "state",
		signer,
		vote: { gameId, step, commitment },
		signature,
		assertion,
		leaf: Bytes.toHex(history.leaf(step)),
		path,
	};
}
