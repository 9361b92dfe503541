// When a member that does not know what it voted may vote again. Its clock says nothing certain about that, and no single peer is believed; the order itself is.

import { randomBytes } from "node:crypto";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { Decision } from "./Application.ts";

/** Blocks that are looked at for votes of the key by somebody else, and as many that are left out then: the engine may be ahead of the application. */
const MARGIN_BLOCKS = 3;
/** Blocks after which a number that none of them held is lost, wherever it was: another one is said then. */
const PATIENCE_BLOCKS = 64;

/**
 * A member says a number that nobody could know before. SAFETY: a block that holds it was proposed after the loss, so that its height was not decided before,
 * and no vote of before is for a height above it.
 */
export class Rejoining {
	readonly #own: string;
	/** Every one that was said, the newest last: a block that holds any of them was proposed after the loss. */
	readonly #numbers: Uint8Array[] = [freshNumber()];
	#saidAt: number | undefined;
	#heardAt: number | undefined;
	#block = 0;
	#isElsewhere = false;

	constructor(own: string) {
		this.#own = own;
	}

	/** The number to say now. */
	get number(): Uint8Array {
		return this.#numbers[this.#numbers.length - 1];
	}

	/** Whether the number still has to be said. */
	get isUnheard(): boolean {
		return this.#heardAt === undefined;
	}

	/** Why the member does not vote. */
	get reason(): string {
		if (this.#isElsewhere) return "another process votes with its key: stop one of the two, and start this one again";
		return `it does not know what it signed, and votes once the order is past that: it follows at block ${this.#block}`;
	}

	/** The height above which the member may vote, once there is one. */
	get mayVoteAbove(): number | undefined {
		if (this.#isElsewhere || this.#heardAt === undefined || this.#block < this.#heardAt + MARGIN_BLOCKS) return undefined;
		return this.#block + MARGIN_BLOCKS;
	}

	/** Hears that the number is in this member's own pool. */
	say(): void {
		this.#saidAt ??= this.#block;
	}

	hear({
		decided: { blockHeight },
		hellos,
		voters,
	}: Pick<Decision, "hellos" | "voters"> & { readonly decided: { readonly blockHeight: number } }): void {
		this.#block = blockHeight;
		// The votes in a block are for the one before.
		if (this.#heardAt !== undefined && blockHeight - 1 > this.#heardAt && voters.some(({ address }) => address === this.#own))
			this.#isElsewhere = true;
		const isOwn = (number: Uint8Array): boolean => this.#numbers.some((said) => Bytes.equal(said, number));
		if (hellos.some(({ lane, number }) => lane === this.#own && isOwn(number))) this.#heardAt ??= blockHeight;
		if (!this.isUnheard || this.#saidAt === undefined || blockHeight < this.#saidAt + PATIENCE_BLOCKS) return;
		this.#numbers.push(freshNumber());
		this.#saidAt = undefined;
	}
}

function freshNumber(): Uint8Array {
	return new Uint8Array(randomBytes(32));
}
