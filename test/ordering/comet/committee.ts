// A committee of real engines on this machine, for tests: the members' applications run in the test's own process.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../scripts/dev/freePorts.ts";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import type { CometOrdererOptions } from "../../../src/ordering/comet/CometOrderer.ts";
import type { Digests } from "../../../src/ordering/comet/Decided.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import type { Store } from "../../../src/ports/Store.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";

export const CHAIN = "strikeproof-test";
export const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";

export const digests: Digests = {
	checkpoint: (height, streamHash, root) => Keccak.hash(Bytes.concat(Uint8Array.of(height), streamHash, root)),
	batch: (proposal, content) => Keccak.hash(Bytes.concat(Uint8Array.of(proposal.index, proposal.l1End), Keccak.hash(content))),
};

/** The root that a member whose execution is honest has after a height. */
export const rootOf = (height: number): Uint8Array => Keccak.hashText(`state ${height}`);

export type Overrides = Partial<
	Pick<CometOrdererOptions, "now" | "l1Count" | "rootAt" | "standsBehind" | "approves" | "maySign" | "committeeOnL1">
>;

/** One member: opened, and openable again over what it left. */
export type Member = {
	readonly place: number;
	readonly signer: KeySigner;
	/** Holds `engine` and `log`. */
	readonly directory: string;
	readonly store: Store;
	orderer: CometOrderer;
	/** Forgets what the member decided and promised. It must be closed. */
	loseStore(): void;
	open(): Promise<CometOrderer>;
};

export type TestCommittee = {
	readonly members: readonly Member[];
	readonly said: string[];
	/** host:port of a member's engine's RPC. */
	readonly rpcOf: (place: number) => string;
	/** Runs a second engine with a member's key, which knows nothing of the first: what an operator must never do. */
	twin(place: number): Promise<Member>;
	close(): Promise<void>;
};

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, alarm: () => {}, child: () => silent };

/** Starts `size` members, of which the first `founders` have power from the beginning; `overridesOf` makes some of them unlike the others. */
export async function startCommittee(
	size: number,
	overridesOf: (place: number) => Overrides = () => ({}),
	{ chainId = CHAIN, keys = Array.from({ length: size }, () => Home.freshKey()), founders = size } = {},
): Promise<TestCommittee> {
	const root = mkdtempSync(join(tmpdir(), "sp-"));
	const all = keys.map((key) => Home.memberOf(key));
	const founding = all.slice(0, founders);
	const committee = new Map(founding.map(({ address, power }) => [address, power]));
	const genesis = Home.genesisOf(chainId, new Date(), founding);
	// The last seat is for a twin.
	const ports = await freePorts(2 * size + 2);
	for (const seat of founding.keys()) Home.found(join(root, String(seat), "engine"));
	const homes = keys.map((key, seat) => Home.write(join(root, String(seat), "engine"), key, genesis));
	const said: string[] = [];
	const rpcOf = (seat: number): string => `127.0.0.1:${ports[2 * seat + 1]}`;
	const make = (place: number, seat = place): Member => {
		const signer = new KeySigner(Bytes.toHex(keys[place]));
		let store = new MemoryStore();
		const member: Member = {
			place,
			signer,
			directory: join(root, String(seat)),
			get store() {
				return store;
			},
			loseStore: () => (store = new MemoryStore()),
			orderer: undefined as unknown as CometOrderer,
			open: async () => {
				member.orderer = await CometOrderer.open({
					directory: member.directory,
					socket: join(root, `${seat}.sock`),
					network: {
						listen: `127.0.0.1:${ports[2 * seat]}`,
						rpc: rpcOf(seat),
						peers: homes.flatMap((id, other) => (other === seat ? [] : [`${id}@127.0.0.1:${ports[2 * other]}`])),
					},
					journal: {
						...silent,
						debug: (_, fields) => said.push(`${seat}: ${fields?.line}`),
						info: (message) => said.push(`${seat}: ${message}`),
						warn: (message, fields) => said.push(`${seat}: ${message} ${fields?.reason ?? ""}`),
						alarm: (_, message, fields) => said.push(`${seat}: ${message} ${fields?.reason}`),
					},
					chainId,
					committee,
					keys: new Map(founding.map(({ address, publicKey }) => [address, Bytes.toHex(publicKey)])),
					signer,
					digests,
					store,
					now: () => Math.floor(Date.now() / 1000),
					l1Count: () => 0,
					rootAt: rootOf,
					approves: () => true,
					...overridesOf(place),
				});
				return member.orderer;
			},
		};
		return member;
	};
	const members = keys.map((_, place) => make(place));
	await Promise.all(members.map((member) => member.open()));
	const running = [...members];
	return {
		members,
		said,
		rpcOf,
		twin: async (place) => {
			Home.found(join(root, String(size), "engine"));
			Home.write(join(root, String(size), "engine"), keys[place], genesis);
			const member = make(place, size);
			await member.open();
			running.push(member);
			return member;
		},
		close: async () => {
			await Promise.all(running.map(({ orderer }) => orderer.close("SIGKILL")));
			rmSync(root, { recursive: true, force: true });
		},
	};
}

/** A bundle of `count` records that no other has. */
export function bundleOf(name: string, count = 3): { records: Uint8Array; recordCount: number } {
	const records = Array.from({ length: count }, (_, i) => Batch.encodeRecord(Keccak.hashText(`${name} ${i}`), 0));
	return { records: Bytes.concat(...records), recordCount: count };
}

/** Resolves when `condition` holds; rejects with `sentence` when it does not within `seconds`. */
export async function until(sentence: string, condition: () => boolean, seconds = 20): Promise<void> {
	const end = performance.now() + 1000 * seconds;
	while (!condition()) {
		if (performance.now() > end) throw new Error(`In vain for ${seconds} s: ${sentence}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
