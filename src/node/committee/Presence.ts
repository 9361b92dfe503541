import type { CometOrderer } from "../../ordering/comet/CometOrderer.ts";
import type { Decision } from "../../ordering/comet/Application.ts";
import type { Committee } from "../../ordering/comet/Decided.ts";
import type { Answer } from "../../wire/schema.ts";

/** A member whose vote no commit counted for so long counts as missing: slow ones are counted now and then. */
const MISSING_MS = 5_000;
/** LIMIT: an idle committee decides a block every half second; without one for this long it has no quorum, or this member is cut off. */
export const STILL_MS = 5_000;

/** Who of the committee is seen to vote, as this member knows it. What it cannot know is unknown, never good. */
export class Presence {
	readonly #orderer: CometOrderer;
	readonly #committee: () => Committee;
	readonly #openedAt = performance.now();
	/** When each member's vote was last counted, at which block, and how far its clock was from the median. */
	readonly #seen = new Map<string, { at: number; block: number; skew?: number }>();

	constructor(orderer: CometOrderer, committee: () => Committee) {
		this.#orderer = orderer;
		this.#committee = committee;
		orderer.application.watch((decision) => this.#decided(decision));
	}

	/** Whether blocks are decided. */
	get isMoving(): boolean {
		return this.#orderer.stillForMilliseconds < STILL_MS;
	}

	/** Power of the members that are missing, of all, and how many those are. */
	get missing(): { readonly power: number; readonly total: number; readonly members: readonly string[] } {
		const committee = this.#committee();
		const members = [...committee.keys()].filter((address) => !this.#isPresent(address));
		const powerOf = (addresses: Iterable<string>): number => [...addresses].reduce((sum, one) => sum + (committee.get(one) ?? 0), 0);
		return { power: powerOf(members), total: powerOf(committee.keys()), members };
	}

	/** How many members more may fail before nothing is decided, the strongest first; below 0: so many must return. Undefined while this member sees no blocks. */
	get slack(): number | undefined {
		if (!this.isMoving) return undefined;
		const committee = this.#committee();
		const { power, total } = this.missing;
		const present = [...committee].filter(([address]) => this.#isPresent(address)).map(([, one]) => one);
		let left = total - power;
		let slack = 0;
		for (const one of present.sort((a, b) => b - a)) {
			left -= one;
			if (3 * left <= 2 * total) break;
			slack += 1;
		}
		return 3 * (total - power) <= 2 * total ? -1 : slack;
	}

	/** What `public/get_committee` tells of it. */
	members(): Answer<"public/get_committee">["members"] {
		const now = performance.now();
		return [...this.#committee()].map(([address, power]) => {
			const seen = this.#seen.get(address);
			return {
				address,
				power,
				state: !this.isMoving ? ("unknown" as const) : this.#isPresent(address) ? ("present" as const) : ("missing" as const),
				last_vote_block: seen?.block ?? null,
				last_vote_age_seconds: seen ? (now - seen.at) / 1000 : null,
				clock_skew_seconds: seen?.skew ?? null,
			};
		});
	}

	#isPresent(address: string): boolean {
		// Before the first look everybody has the same time to be seen.
		const since = this.#seen.get(address)?.at ?? this.#openedAt;
		return performance.now() - since < MISSING_MS;
	}

	#decided({ decided, time, voters }: Decision): void {
		const at = performance.now();
		for (const { address, said } of voters) {
			// Behind a change of the committee there is no time for two blocks.
			const skew = time > 0 ? said.time - time : this.#seen.get(address)?.skew;
			this.#seen.set(address, { at, block: decided.blockHeight - 1, skew });
		}
	}
}
