// What L1 confirmed of the order at a place, as SlashingEvidence.brokenReceipt reads it (docs/spec/rollup.md).

import * as Bytes from "../machine/math/Bytes.ts";
import type { GameReader } from "../ports/Game.ts";
import type { Evidence } from "../ports/Evidence.ts";
import type { DerivedExecutor } from "./DerivedExecutor.ts";
import * as HonestChain from "./HonestChain.ts";

export type OrderProof = Extract<Evidence, { kind: "receipt" }>["proof"] & {
	/** Of the message that the order has there, in hexadecimal; undefined when none begins there. */
	readonly messageHash: string | undefined;
};

/** The proof for an offset of the order's stream of bytes; undefined until an assertion behind it is confirmed and derived. */
export async function orderProof(derived: DerivedExecutor, game: GameReader, offset: number): Promise<OrderProof | undefined> {
	const snapshot = await game.look();
	if (snapshot.assertions.get(snapshot.latestConfirmed)?.finalState.length === 0) return undefined;
	const reading = await derived.reading(offset);
	if (!reading) return undefined;
	const { height } = game.parameters;
	const chain = await HonestChain.follow(snapshot, derived, height, derived.batchCount, (parent, accumulator) =>
		game.gameId(parent, accumulator),
	);
	let before = 0;
	for (const { honest, gameId, history } of chain.links) {
		if (honest?.status !== "confirmed") return undefined;
		const step = reading.step - before;
		// The state that a history starts from is the last leaf of the one before; that of the genesis is under none.
		if (step > 0 && step <= history.stepCount)
			return {
				assertionId: honest.id,
				gameId,
				step,
				path: history.path(step - 1).map(Bytes.toHex),
				machine: Bytes.toHex(reading.machine),
				opening: Bytes.toHex(reading.opening),
				messageHash: reading.messageHash && Bytes.toHex(reading.messageHash),
			};
		before += history.stepCount;
	}
	return undefined;
}
