import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { memberPlace, testWallet } from "../../src/chain/TestKeys.ts";
import { MAX_REPORT_GAP_SECONDS } from "../../src/machine/Constants.ts";
import type { MarketQuote } from "../../src/ports/PriceSource.ts";
import { askerOf, slotAt, slotSeconds, turnAt } from "../../src/roles/reporter/asking.ts";
import { Attestations } from "../../src/roles/reporter/Attestations.ts";
import { Door } from "../../src/roles/reporter/Door.ts";
import type { Seat } from "../../src/roles/reporter/Reporter.ts";
import { attestationDigest, proposalDigest } from "../../src/roles/reporter/Reporter.ts";
import type { RpcError } from "../../src/wire/RpcError.ts";
import { Committee, EXPIRY, Members, settlesAlike, silent, START, WINDOW } from "./circleBench.ts";

const DOMAIN = new Uint8Array(32).fill(3);
/** Two members: the first has the ten seconds from START on, and every other ten. And somebody who is no member. */
const [FIRST, SECOND, STRANGER] = [0, 1, 2]
	.map((member) => new KeySigner(testWallet(memberPlace(member, "sequencer")).privateKey))
	.sort((x, y) => (x.address < y.address ? -1 : 1));
const ROOT = new Uint8Array(32).fill(7);

/** A reporter that would sign anything, behind its door. */
class Gate {
	now = START;
	members: readonly string[] | undefined = [FIRST.address, SECOND.address];
	/** Questions that it refused. */
	refused = 0;
	readonly #door: Door;

	constructor() {
		const sign = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(65));
		const reporter: Seat = { place: 0, see: () => Promise.resolve(undefined), sign, attest: sign };
		this.#door = new Door({ reporter, domainSeparator: DOMAIN, members: () => this.members, now: () => this.now });
	}

	/** The reporter as a member asks it. */
	seatOf(signer: KeySigner): Seat {
		const asker = askerOf(signer, DOMAIN, () => this.now);
		const count = (error: unknown): undefined => {
			this.refused += 1;
			throw error;
		};
		return {
			place: 0,
			see: () => Promise.resolve(undefined),
			sign: async (proposal) => this.#door.sign(proposal, await asker(proposalDigest(DOMAIN, proposal))).catch(count),
			attest: async (standing) => this.#door.attest(standing, await asker(attestationDigest(DOMAIN, standing))).catch(count),
		};
	}

	/** Asks for a report of a second and for an attestation of it; resolves with why both were refused, or undefined where both were signed. */
	async refusal(signer: KeySigner, time: number, { domain = DOMAIN, askedAt = this.now, about = time } = {}): Promise<string | undefined> {
		const asker = askerOf(signer, domain, () => askedAt);
		const reasonOf = (asked: Promise<Uint8Array | undefined>): Promise<string | undefined> =>
			asked.then(
				() => undefined,
				(error: RpcError) => String(error.data?.reason),
			);
		const report = await reasonOf(this.#door.sign(proposalOf(time), await asker(proposalDigest(DOMAIN, proposalOf(about)))));
		const standing = { time, root: ROOT };
		const state = await reasonOf(this.#door.attest(standing, await asker(attestationDigest(DOMAIN, { time: about, root: ROOT }))));
		// What is to come was not executed here, which the reporter knows itself.
		if (report !== "ReportFromFuture") assert.equal(state, report);
		return report;
	}
}

function proposalOf(time: number): MarketQuote {
	return { underlying: 0, time, indexPrice: 2_000_000_000, confidence: 1, surfaces: [] };
}

describe("given a reporter's door", () => {
	it("lets it sign for a member of the committee in his own slots, and for nobody else", async () => {
		const gate = new Gate();
		assert.equal(await gate.refusal(FIRST, START), undefined);
		assert.equal(await gate.refusal(FIRST, START - 11), undefined);
		for (const time of [START - 1, START - 10]) assert.equal(await gate.refusal(SECOND, time), undefined);
		assert.equal(await gate.refusal(SECOND, START), "NotItsTurn");
		assert.equal(await gate.refusal(STRANGER, START), "NotAMember");
	});

	it("knows the members as L1 has them now, and nobody before it read them", async () => {
		const gate = new Gate();
		gate.members = undefined;
		assert.equal(await gate.refusal(FIRST, START), "UnknownCommittee");
		gate.members = [SECOND.address];
		assert.equal(await gate.refusal(FIRST, START), "NotAMember");
		assert.equal(await gate.refusal(SECOND, START), undefined);
		gate.members = [];
		assert.equal(await gate.refusal(SECOND, START), "NotAMember");
	});

	it("takes no question for another deployment, about something else, or of another time", async () => {
		const gate = new Gate();
		// Of other bytes a signature is somebody's whom nobody knows.
		assert.equal(await gate.refusal(FIRST, START, { domain: new Uint8Array(32).fill(4) }), "NotAMember");
		assert.equal(await gate.refusal(FIRST, START, { about: START - 2 }), "NotAMember");
		for (const askedAt of [START - 31, START + 31]) assert.equal(await gate.refusal(FIRST, START, { askedAt }), "StaleAsk");
		for (const askedAt of [START - 30, START + 30]) assert.equal(await gate.refusal(FIRST, START, { askedAt }), undefined);
	});

	it("lets it sign no report of a second that is still to come, but for what clocks differ", async () => {
		const gate = new Gate();
		assert.equal(await gate.refusal(FIRST, START + 4), undefined);
		assert.equal(await gate.refusal(FIRST, START + 6), "ReportFromFuture");
	});
});

describe("given a member that collects attestations of the state", () => {
	it("asks in its own slots alone: of another's no reporter gives it one", async () => {
		const gate = new Gate();
		let time = START;
		const published: number[] = [];
		const attestations = new Attestations({
			reporters: [gate.seatOf(FIRST)],
			quorum: 1,
			look: () => ({ standing: { time, root: ROOT }, attestedAt: published.at(-1) ?? 0 }),
			clock: { now: () => time, sleep: () => Promise.resolve() },
			log: silent,
			publish: () => {
				published.push(time);
				return Promise.resolve(true);
			},
			intervalSeconds: 60,
			slotAt: (second) => slotAt(second, gate.members ?? [], FIRST.address),
		});
		for (; time < START + 200; time += 1) await attestations.round();
		assert.deepEqual(published, [START, START + 60, START + 120, START + 180]);
		time = START + 259;
		await attestations.round();
		assert.equal(published.length, 4, "it is another's slot, however late it is");
		time += 1;
		await attestations.round();
		assert.equal(published.at(-1), START + 260);
		assert.equal(gate.refused, 0);
	});

	it("says so when none comes for two minutes, whoever's turn it is, and not because a clock leapt", async () => {
		const gate = new Gate();
		let now = START;
		let time = START;
		const alarms: number[] = [];
		const attestations = new Attestations({
			reporters: [gate.seatOf(FIRST)],
			quorum: 1,
			look: () => ({ standing: { time, root: ROOT }, attestedAt: START }),
			clock: { now: () => now, sleep: () => Promise.resolve() },
			log: { ...silent, alarm: (name) => name === "NoStateQuorum" && alarms.push(now - START) },
			publish: () => Promise.resolve(true),
			intervalSeconds: 60,
			slotAt: (second) => slotAt(second, [FIRST.address, SECOND.address], STRANGER.address),
		});
		now += 900;
		time += 900;
		await attestations.round();
		assert.deepEqual(alarms, []);
		for (let i = 0; i < 31; i++, now += 10, time += 10) await attestations.round();
		assert.deepEqual(alarms, [1020, 1140]);
	});
});

describe("given the slots of a committee", () => {
	it("go round, so that a third of the members and one more, all next to each other, leave no minute empty", () => {
		for (let count = 1; count <= 32; count++) {
			const seconds = slotSeconds(count);
			const gone = count === 1 ? 0 : Math.floor((count - 1) / 3) + 1;
			// From the first second of the slot before theirs to the last of the one behind it.
			assert.ok((gone + 2) * seconds - 1 < MAX_REPORT_GAP_SECONDS, `${count} members with ${seconds} s each`);
			assert.equal(seconds === 10, count <= 12, `${count} members with ${seconds} s each`);
			const members = Array.from({ length: count }, (_, i) => `member ${i}`);
			const owners = Array.from({ length: count }, (_, i) => turnAt(START + i * seconds, members)?.owner);
			assert.equal(new Set(owners).size, count);
		}
		assert.equal(turnAt(START, []), undefined);
	});

	it("give each day's window to another member first", () => {
		const members = ["a", "b", "c", "d"];
		const opening = [0, 1, 2, 3].map((day) => turnAt(WINDOW + day * 86_400, members)?.owner);
		assert.deepEqual(opening.toSorted(), members);
	});
});

describe("given four members of whom one asks first for every second, with slightly other prices", () => {
	it("gives the others their reports: prices go on, and the window settles", async () => {
		const committee = new Committee(4);
		const members = new Members(4, committee);
		const faulty = 0;
		// It tells nobody of what it gets: neither the machine nor L1 hears from it.
		members.benches[faulty].isDown = true;
		await members.runTo(START + 30);
		for (const bench of members.benches) bench.now = WINDOW - 180;
		const got = { own: 0, others: 0 };
		committee.before = async (proposal, door) => {
			for (const time of [proposal.time, ...[0, 1, 2, 3].map((ago) => committee.now - ago)]) {
				const other = { ...proposal, time, indexPrice: proposal.indexPrice + 1000 };
				const signature = await committee.ask(faulty, other, door).catch(() => undefined);
				if (signature) got[committee.isTurn(faulty, time) ? "own" : "others"] += 1;
			}
		};
		const { machine, oracle } = members.benches[1];
		for (let now = WINDOW - 120; now <= EXPIRY + 180; now += 60) {
			await members.runTo(now, 6);
			assert.ok(now - machine.time < 60, `at ${now - WINDOW} of the window the last price is of ${machine.time - WINDOW}`);
		}
		settlesAlike(members.benches[1]);
		assert.ok(oracle.settled > 0);
		assert.ok(got.own > 0, "it was signed for at its own seconds");
		assert.equal(got.others, 0);
	});
});

describe("given four members of whom one reports another price at each of its seconds, before anybody else", () => {
	for (const gone of [undefined, 2])
		it(`gives it no more of a window's average than its part, ${gone === undefined ? "while all are up" : "and one more's that is down"}`, async () => {
			const committee = new Committee(4);
			const members = new Members(4, committee);
			const liar = members.benches[0];
			liar.isDown = true;
			if (gone !== undefined) members.benches[gone].isDown = true;
			const lies = new Set<number>();
			for (let now = WINDOW - 120; now <= WINDOW + 480; now++) {
				committee.now = now;
				if (committee.isTurn(0, now)) {
					const report = await liar.lie(now, 0.004);
					if (report && liar.order.take(report)) lies.add(now);
				}
				if (now % 2 === 0) await members.runTo(now, 200);
			}
			const { machine } = members.benches[1];
			const times = machine.times.filter((time) => time >= WINDOW && time <= WINDOW + 480);
			const lied = times.reduce((sum, time, i) => sum + (lies.has(time) ? (times[i + 1] ?? WINDOW + 480) - time : 0), 0);
			assert.ok(lies.size > 100, "it was signed for");
			assert.ok(lied / 480 < (gone === undefined ? 0.32 : 0.57), `it said the price of ${lied} of 480 s`);
			assert.ok(Math.max(...times.slice(1).map((time, i) => time - times[i])) < 30, "prices go on");
		});
});

describe("given a committee of one", () => {
	it("makes its first report whichever slot is its own", async () => {
		const members = new Members(1, new Committee(1));
		await members.runTo(START + 30);
		assert.ok(members.benches[0].machine.time > START);
	});
});

describe("given an order whose clock is that of its members a block ago", () => {
	it("takes a report of each member in its slot, at once", async () => {
		const members = new Members(4, new Committee(4));
		for (const { machine } of members.benches) machine.clock = () => members.benches[0].now - 2;
		await members.runTo(START + 200, 1);
		const { times, refused } = members.benches[0].machine;
		const slots = new Set(times.map((time) => Math.floor(time / 10)));
		assert.ok(slots.size >= 19, `${slots.size} slots of twenty`);
		assert.equal(refused, 0);
	});
});
