// Names of assertions and games (docs/spec/rollup.md).

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

/** What an assertion pins for its children, so that a game cannot change under way. */
export type Config = {
	verifier: string;
	height: number;
	challengePeriodBlocks: number;
	gracePeriodBlocks: number;
	minimumPeriodBlocks: number;
	bond: bigint;
	/** The highest gas price at which a move is refunded, in wei. */
	refundCap: bigint;
};

/** What a game's name commits to: whoever shows it needs no contract to tell him. */
export type Game = { parent: Uint8Array; targetBatch: number; targetAccumulator: Uint8Array; config: Config };

const TAG_CONFIG = Keccak.hashText("strikeproof.config.v1");
const TAG_GAME = Keccak.hashText("strikeproof.game.v1");
const TAG_ASSERTION = Keccak.hashText("strikeproof.assertion.v1");

export function configId(config: Config): Uint8Array {
	const fields = new Uint8Array(89);
	fields[0] = config.height;
	let at = Bytes.put(fields, 1, 8, config.challengePeriodBlocks);
	at = Bytes.put(fields, at, 8, config.gracePeriodBlocks);
	at = Bytes.put(fields, at, 8, config.minimumPeriodBlocks);
	at = Bytes.putBig(fields, at, 32, config.bond);
	Bytes.putBig(fields, at, 32, config.refundCap);
	return Keccak.hash(Bytes.concat(TAG_CONFIG, Bytes.fromHex(config.verifier), fields));
}

export function gameId(parent: Uint8Array, targetBatch: number, targetAccumulator: Uint8Array, config: Uint8Array): Uint8Array {
	const target = new Uint8Array(8);
	Bytes.put(target, 0, 8, targetBatch);
	return Keccak.hash(Bytes.concat(TAG_GAME, parent, target, targetAccumulator, config));
}

export function assertionId(game: Uint8Array, historyRoot: Uint8Array): Uint8Array {
	return Keccak.hash(Bytes.concat(TAG_ASSERTION, game, historyRoot));
}
