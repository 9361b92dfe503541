// What goes wrong in a run: drawn from its seed before it begins.

import type { Chain } from "./Chain.ts";
import type { Committee } from "./Committee.ts";
import { VALIDATORS } from "./Committee.ts";
import type { SimulatedNode } from "./Node.ts";
import type { SimulatedChallenger } from "./Rollup.ts";
import type { Scheduler } from "./Scheduler.ts";

export const KINDS = [
	"kill",
	"killTwo",
	"powerCut",
	"stop",
	"partition13",
	"partition22",
	"slowNetwork",
	"diskFull",
	"skewedClock",
	"l1Down",
	"l1Reorganised",
	"censored",
	"challengerKilled",
	"equivocates",
	"falseRoot",
] as const;
export type Kind = (typeof KINDS)[number];

export type Fault = { readonly kind: Kind; readonly at: number; readonly duration: number; readonly place: number };

/** A run's faults, in order. They begin within `span` milliseconds, and the last is over by twice that. */
export function draw(random: () => number, span: number): Fault[] {
	const below = (bound: number): number => Math.floor(random() * bound);
	const count = 1 + below(5);
	return Array.from({ length: count }, () => ({
		kind: KINDS[below(KINDS.length)],
		at: below(span),
		duration: 300 + below(span / 3),
		place: below(VALIDATORS),
	})).sort((a, b) => a.at - b.at);
}

type Parts = {
	readonly scheduler: Scheduler;
	readonly committee: Committee;
	readonly chain: Chain;
	readonly nodes: readonly SimulatedNode[];
	/** Whom the sequencers ignore, while they do. */
	readonly censor: (node: SimulatedNode, isOn: boolean) => void;
	readonly challenger: SimulatedChallenger | undefined;
	/** Lets a node's key contradict itself. */
	readonly equivocate: (node: SimulatedNode) => void;
	readonly signFalsely: (node: SimulatedNode) => void;
};

/** Blocks of L1 in which the faults keep the honest side from moving: what a deployment must budget for. */
export function blocksLost(faults: readonly Fault[], blockMs: number): number {
	const lost = faults.filter(({ kind }) => kind === "l1Down" || kind === "challengerKilled");
	return Math.ceil(lost.reduce((sum, { duration }) => sum + duration, 0) / blockMs);
}

/** Lets the faults come and go. */
export function schedule(faults: readonly Fault[], parts: Parts): void {
	for (const fault of faults) {
		parts.scheduler.after(fault.at, () => begin(fault, parts));
		parts.scheduler.after(fault.at + fault.duration, () => end(fault, parts));
	}
}

function hit({ kind, place }: Fault, nodes: readonly SimulatedNode[]): readonly SimulatedNode[] {
	if (kind === "powerCut") return nodes;
	if (kind === "killTwo") return [nodes[place], nodes[(place + 1) % VALIDATORS]];
	return [nodes[place]];
}

function begin(fault: Fault, { scheduler, committee, chain, nodes, censor, challenger, equivocate, signFalsely }: Parts): void {
	const { kind, place } = fault;
	const node = nodes[place];
	if (kind === "kill" || kind === "killTwo" || kind === "powerCut") {
		for (const one of hit(fault, nodes)) {
			one.kill();
			one.downUntil = scheduler.now + fault.duration;
		}
	} else if (kind === "stop" && node.running) node.running.process.isStopped = true;
	else if (kind === "partition13") committee.seats[place].group = 1;
	else if (kind === "partition22") for (const one of [place, (place + 1) % VALIDATORS]) committee.seats[one].group = 1;
	else if (kind === "slowNetwork") committee.slowness = 8;
	else if (kind === "diskFull") node.disk.isFull = true;
	else if (kind === "skewedClock") node.skew = place % 2 === 0 ? 45 : -45;
	else if (kind === "l1Down") chain.isDown = true;
	else if (kind === "l1Reorganised") void chain.reorganise(1 + place);
	else if (kind === "censored") for (const one of nodes) censor(one, true);
	else if (kind === "challengerKilled") challenger?.kill();
	else if (kind === "equivocates") equivocate(node);
	else if (kind === "falseRoot") signFalsely(node);
	if (kind === "skewedClock" && node.running) node.running.process.skew = node.skew;
}

function end(fault: Fault, { committee, chain, nodes, censor, challenger }: Parts): void {
	const { kind, place } = fault;
	const node = nodes[place];
	if (kind === "stop") node.running?.process.goOn();
	else if (kind === "partition13" || kind === "partition22") for (const seat of committee.seats) seat.group = 0;
	else if (kind === "slowNetwork") committee.slowness = 1;
	else if (kind === "diskFull") node.disk.isFull = false;
	else if (kind === "skewedClock") {
		node.skew = 0;
		if (node.running) node.running.process.skew = 0;
	} else if (kind === "l1Down") chain.isDown = false;
	else if (kind === "censored") for (const one of nodes) censor(one, false);
	else if (kind === "challengerKilled" && challenger?.isRunning === false) void challenger.start();
}
