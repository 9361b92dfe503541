// One cell: a position, the fault, what is seen during it, and how long it takes until everything is as before.

import type { Cell, Expectation } from "./cells.ts";
import type { Claim } from "./Claim.ts";
import { MEMBERS } from "./Stage.ts";
import type { Stage } from "./Stage.ts";

const FAULT_MS = 12_000;
/** What is sent so soon after the fault may still have been on its way before it. */
const GRACE_MS = 3000;
/** How old prices must become until nobody can call them fresh; reports come every ten seconds. */
const PRICE_GRACE_S = 4;
const HEALTHY_S = 180;

export type Played = {
	readonly cell: string;
	readonly expected: Expectation;
	readonly observed: string;
	readonly note?: string;
	/** Orders sent and acknowledged while the fault lasted. */
	readonly acknowledgedDuring: number;
	/** From the end of the fault: to the next block, to the next order acknowledged, and until every member votes and has caught up. Milliseconds. */
	readonly firstBlockMs: number;
	readonly recoveryMs: number;
	readonly healthyMs: number;
	/** Until a member that was killed answers again: the others cannot go on before that. */
	readonly returnedMs?: number;
	/** The longest that nothing was acknowledged at the gateways that answer, from the beginning of the fault. */
	readonly longestGapMs: number;
	readonly lost: number;
	readonly wrongStates: number;
	/** Ether of the members. */
	readonly slashed: number;
	settledRight?: boolean;
	paid?: boolean;
	/** Why the rest could not be played. */
	readonly isRuined?: string;
};

/** Resolves when it holds, or throws after so many seconds. */
async function timed(what: string, seconds: number, holds: () => Promise<boolean> | boolean): Promise<void> {
	const began = performance.now();
	for (;;) {
		if (await Promise.resolve(holds()).catch(() => false)) return;
		if (performance.now() - began > seconds * 1000) throw new Error(`${what} did not come within ${seconds} s`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

async function highestBlock(stage: Stage): Promise<number> {
	return Math.max(...(await Promise.all(MEMBERS.map((member) => stage.block(member)))));
}

/** A cell of which nothing was seen, and why. */
export function ruined({ name, expected }: Cell, isRuined: string): Played {
	const unseen = {
		acknowledgedDuring: 0,
		firstBlockMs: 0,
		recoveryMs: 0,
		healthyMs: 0,
		longestGapMs: 0,
		lost: 0,
		wrongStates: 0,
		slashed: 0,
	};
	return { cell: name, expected, observed: isRuined, ...unseen, isRuined };
}

/** Plays it. The claim is missing when not even the position could be opened. */
export async function play(stage: Stage, cell: Cell, say: (sentence: string) => void): Promise<[Claim | undefined, Played]> {
	const { traffic } = stage;
	let claim: Claim | undefined;
	try {
		await stage.healthy(HEALTHY_S);
		claim = await stage.claim(1);
		const before = { staked: await stage.staked(), wrong: stage.wrongStates, price: await stage.priceTime(0) };
		const began = performance.now();
		await cell.begin(stage);
		const start = performance.now();
		let note: string | undefined;
		let failure: string | undefined;
		try {
			note = await cell.during?.(stage);
		} catch (error) {
			failure = (error as Error).message;
		}
		await new Promise((resolve) => setTimeout(resolve, Math.max(0, (cell.milliseconds ?? FAULT_MS) - (performance.now() - start))));
		const during = traffic.acknowledged.filter(({ sentAt }) => sentAt >= start + GRACE_MS).length;
		const [blockBefore, priceDuring] = [await highestBlock(stage), await stage.priceTime(0).catch(() => 0)];
		const timeDuring = await stage.cluster.bridge.time();
		const healed = performance.now();
		const since = async (what: string, holds: () => Promise<boolean> | boolean): Promise<number> => {
			await timed(what, HEALTHY_S, holds);
			return Math.round(performance.now() - healed);
		};
		const ending = Promise.resolve(cell.end(stage));
		const [firstBlockMs, recoveryMs, returnedMs] = await Promise.all([
			since("a block", async () => (await highestBlock(stage)) > blockBefore),
			since("an order's acknowledgement", () => traffic.acknowledged.some(({ sentAt }) => sentAt >= healed)),
			cell.returns === undefined ? undefined : since("the killed member", async () => (await stage.block(cell.returns ?? 0)) > 0),
		]);
		await ending;
		if (cell.expected.startsWith("prices")) await timed("a newer price", HEALTHY_S, async () => (await stage.priceTime(0)) > priceDuring);
		await stage.healthy(HEALTHY_S);
		const healthyMs = Math.round(performance.now() - healed);
		const slashed = Number((before.staked - (await stage.staked())) / 10n ** 15n) / 1000;
		const observed =
			failure ??
			(cell.expected === "refused"
				? "refused"
				: cell.expected === "slashed"
					? slashed > 0
						? "slashed"
						: "not slashed"
					: cell.expected.startsWith("prices")
						? during === 0
							? "halts"
							: // A report of before the fault may still have come in at its beginning.
								timeDuring - priceDuring > (cell.milliseconds ?? FAULT_MS) / 1000 - PRICE_GRACE_S
								? "prices halt"
								: "prices continue"
						: during > 0
							? "continues"
							: "halts");
		const times = traffic.acknowledged.filter(({ at }) => at >= began - 2000).map(({ at }) => at);
		times.sort((a, b) => a - b);
		const longestGapMs = Math.round(Math.max(0, ...times.slice(1).map((at, i) => at - times[i])));
		const lost = await traffic.lost(began, MEMBERS);
		const result: Played = {
			...{
				cell: cell.name,
				expected: cell.expected,
				observed,
				note,
				acknowledgedDuring: during,
				firstBlockMs,
				recoveryMs,
				healthyMs,
				returnedMs,
			},
			...{ longestGapMs, lost, wrongStates: stage.wrongStates - before.wrong, slashed },
		};
		say(
			`${cell.name}: ${observed}, ${during} orders during it, next block after ${firstBlockMs} ms, next order after ${recoveryMs} ms, healthy after ${healthyMs} ms, ${lost} lost`,
		);
		return [claim, result];
	} catch (error) {
		const isRuined = (error as Error).message;
		say(`${cell.name}: ${isRuined}`);
		return [claim, ruined(cell, isRuined)];
	}
}
