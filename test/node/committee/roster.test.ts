import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Deployment } from "../../../src/chain/Deployment.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Roster from "../../../src/node/committee/Roster.ts";
import { RULES } from "../../../src/ordering/comet/Decided.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";

const directory = mkdtempSync(join(tmpdir(), "strikeproof-roster-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const deployment = { genesis: `0x${"ab".repeat(32)}` } as Deployment;
const seat = (place: number): Roster.Seat => {
	const { address, publicKey } = Home.memberOf(new Uint8Array(32).fill(place + 1));
	return {
		address,
		public_key: Bytes.toHex(publicKey),
		power: 10_000,
		node: "0123456789".repeat(4),
		listen: `10.0.0.${place}:26656`,
	};
};
const roster = {
	deployment: deployment.genesis,
	genesis_time: "2026-02-02T09:00:00.000Z",
	rules: RULES,
	members: [seat(0), seat(1), seat(2), seat(3)],
};

/** Loads what a member was given. */
function load(given: unknown): Roster.Roster {
	const file = join(directory, "committee.json");
	writeFileSync(file, typeof given === "string" ? given : JSON.stringify(given));
	return Roster.load(file, deployment);
}

describe("given the file that names a committee", () => {
	it("refuses one that is missing, broken, of another deployment, or that names somebody twice, each with a sentence", () => {
		assert.throws(() => Roster.load(join(directory, "none.json"), deployment), /names no committee \(ENOENT/);
		assert.throws(() => load("{"), /names no committee/);
		assert.throws(() => load({ ...roster, deployment: `0x${"cd".repeat(32)}` }), /another deployment/);
		assert.throws(() => load({ ...roster, members: [seat(0), seat(0)] }), /names a member twice/);
		assert.throws(() => load({ ...roster, members: [] }), /members/);
		assert.throws(() => load({ ...roster, members: [{ ...seat(0), power: 0 }] }), /members\.0\.power/);
		assert.throws(() => load({ ...roster, members: [{ ...seat(0), listen: "10.0.0.1" }] }), /members\.0\.listen: host:port/);
		assert.throws(() => load({ ...roster, members: [{ ...seat(0), address: "0xABCD" }] }), /members\.0\.address: 20 bytes/);
	});

	it("refuses an order that was begun with other rules, as one was before rules had a version", () => {
		assert.throws(
			() => load({ ...roster, rules: RULES + 1 }),
			new RegExp(`version ${RULES + 1} of the order's rules, and this program has version ${RULES}`),
		);
		assert.throws(() => load({ ...roster, rules: undefined }), /version 0 of the order's rules.*deploy anew/);
	});

	it("makes the same genesis of it everywhere, and a name of at most 50 characters", () => {
		const read = load(roster);
		const domain = new Uint8Array(32).fill(0xab);
		assert.equal(Roster.genesisOf(read, domain), Roster.genesisOf(load(JSON.stringify(roster, undefined, "\t")), domain));
		assert.equal(Roster.chainIdOf(domain), `strikeproof-${"ab".repeat(16)}`);
		assert.ok(Roster.chainIdOf(domain).length <= 50);
		assert.match(Roster.genesisOf(read, domain), /secp256k1eth/);
	});

	it("gives every member one turn of its own, and calls all the others", () => {
		const read = load(roster);
		const turns = read.members.map(({ address }) => Roster.turnOf(read, address));
		assert.deepEqual(turns.toSorted(), [0, 1, 2, 3]);
		assert.equal(Roster.turnOf(read, `0x${"00".repeat(20)}`), undefined);
		assert.deepEqual(
			Roster.peersOf(read, seat(2).address).map((peer) => peer.split("@")[1]),
			["10.0.0.0:26656", "10.0.0.1:26656", "10.0.0.3:26656"],
		);
	});
});
