// Who orders together, as one file that every member has: the engine's genesis is made of it.

import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Deployment } from "../../chain/Deployment.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import { RULES } from "../../ordering/comet/Decided.ts";
import * as Home from "../../ordering/comet/Home.ts";
import * as EngineVote from "../../protocol/EngineVote.ts";

const hex = (bytes: number) =>
	z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`), `${bytes} bytes in lower-case hexadecimal with 0x`);

export const SEAT = z.strictObject({
	/** Where the key's signatures recover to, here and on L1. */
	address: hex(20),
	/** Compressed. */
	public_key: hex(33),
	/** Votes: thousandths of an ether that the member has at stake. */
	power: z.int().positive(),
	/** Names the member's connection. */
	node: z.string().regex(/^[0-9a-f]{40}$/, "the node's id, 40 hexadecimal characters"),
	/** host:port where the other members reach it. */
	listen: z.string().regex(/^[^\s@:]+:\d{1,5}$/, "host:port"),
});

const ROSTER = z.strictObject({
	/** Genesis of the deployment whose exchange is ordered. */
	deployment: hex(32),
	genesis_time: z.iso.datetime(),
	/** Version of the rules that the order is begun with, and keeps. */
	rules: z.int().nonnegative().default(0),
	members: z.array(SEAT).min(1).max(100),
});

export type Seat = z.infer<typeof SEAT>;
export type Roster = z.infer<typeof ROSTER>;

/** Wei of stake for one vote. LIMIT: stake below it has no voice in the order, though it has one on L1. */
export const WEI_PER_VOTE = 10n ** 15n;

/** Reads the file. Throws an Error with one sentence when it is none, another deployment's, or names an order that was begun with other rules. */
export function load(file: string, deployment: Deployment): Roster {
	let roster: Roster;
	try {
		const parsed = ROSTER.safeParse(JSON.parse(readFileSync(file, "utf8")));
		if (!parsed.success) {
			const [issue] = parsed.error.issues;
			throw new Error(`${issue?.path.join(".") || "the file"}: ${issue?.message}`);
		}
		roster = parsed.data;
	} catch (cause) {
		throw new Error(`${file} names no committee (${(cause as Error).message}).`, { cause });
	}
	if (roster.deployment !== deployment.genesis.toLowerCase())
		throw new Error(`${file} names the committee of another deployment, ${roster.deployment}.`);
	if (roster.rules !== RULES)
		throw new Error(
			`${file} names an order that was begun with version ${roster.rules} of the order's rules, and this program has version ${RULES}: ` +
				"it would judge blocks otherwise than the other members. Start the program of then, or deploy anew.",
		);
	if (new Set(roster.members.map(({ address }) => address)).size !== roster.members.length)
		throw new Error(`${file} names a member twice.`);
	return roster;
}

/** Names the order, by the separator of the SequencerInbox. L1 makes the same name of it: a vote in this order is evidence there, one in another is none. */
export function chainIdOf(batchDomain: Uint8Array): string {
	return EngineVote.chainId(EngineVote.orderName(batchDomain));
}

/** The engine's genesis file: the same bytes at every member. */
export function genesisOf(roster: Roster, batchDomain: Uint8Array): string {
	const members = roster.members.map(({ address, public_key, power }) => ({ address, publicKey: Bytes.fromHex(public_key), power }));
	return Home.genesisOf(chainIdOf(batchDomain), new Date(roster.genesis_time), members);
}

/** Power by address. */
export function committeeOf(roster: Roster): ReadonlyMap<string, number> {
	return new Map(roster.members.map(({ address, power }) => [address, power]));
}

/** The turn of a member: who is before it does first what any of them may do. Undefined when it is no member. */
export function turnOf(roster: Roster, address: string): number | undefined {
	const turn = roster.members
		.map((member) => member.address)
		.sort()
		.indexOf(address);
	return turn < 0 ? undefined : turn;
}

/** Whom a member calls: all the others. */
export function peersOf(roster: Roster, address: string): string[] {
	return roster.members.filter((member) => member.address !== address).map(({ node, listen }) => `${node}@${listen}`);
}
