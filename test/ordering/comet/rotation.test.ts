import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as Home from "../../../src/ordering/comet/Home.ts";
import { Supervisor } from "../../../src/ordering/comet/Supervisor.ts";
import { bundleOf, silent, SKIP, startCommittee, until } from "./committee.ts";
import type { TestCommittee } from "./committee.ts";

const SECONDS = 120;

describe("given a real committee of four in whose place L1 puts three others and one of them, which is dead", { skip: SKIP }, () => {
	const keys = Array.from({ length: 7 }, () => Home.freshKey());
	const [dead, leaving, coming] = [[0], [1, 2, 3], [4, 5, 6]];
	const onL1 = (...places: number[]) =>
		places
			.map((place) => ({ address: Home.memberOf(keys[place]).address, power: 1 }))
			.sort((one, other) => (one.address < other.address ? -1 : 1));
	let seen = onL1(...dead, ...leaving);
	let committee: TestCommittee;
	let supervisors: Supervisor[] = [];
	let joining: NodeJS.Timeout | undefined;
	before(async () => {
		committee = await startCommittee(7, () => ({ committeeOnL1: () => seen }), { keys, founders: 4 });
	});
	after(async () => {
		clearInterval(joining);
		for (const supervisor of supervisors) supervisor.stop();
		await committee.close();
	});

	/** The height of a bundle that a member hands in, once it is ordered. */
	async function ordered(place: number, name: string): Promise<number> {
		let height = 0;
		void committee.members[place].orderer.submit(bundleOf(name)).then(
			(bundle) => (height = bundle.height),
			() => undefined,
		);
		await until(`the bundle ${name} is ordered`, () => height > 0, SECONDS);
		return height;
	}

	it("goes on by those who leave until the three can decide, and by the three alone from then on", async () => {
		const { members } = committee;
		await ordered(1, "of four");
		await members[0].orderer.close("SIGKILL");
		supervisors = coming.map((place) => new Supervisor(members[place].orderer, silent));
		const sizeOf = (place: number): number => members[place].orderer.application.committee.size;
		const decides = (place: number, who: number): boolean => members[place].orderer.application.committee.has(members[who].signer.address);
		seen = onL1(...dead, ...coming);
		await until("L1's news are decided", () => members[1].orderer.application.decided.seen !== undefined, SECONDS);
		// Nobody has shown a key yet: those who leave have the order, and it goes on.
		const height = await ordered(2, "of those who leave");
		assert.ok(leaving.every((place) => decides(2, place)));
		joining = setInterval(() => {
			for (const place of coming) void members[place].orderer.join(Home.memberOf(keys[place]).publicKey);
		}, 250);
		await until("the three decide", () => coming.every((place) => decides(1, place)), SECONDS);
		assert.equal(sizeOf(1), 4);
		assert.ok(!leaving.some((place) => decides(1, place)));
		const { application } = members[4].orderer;
		await until("the three have it", () => decides(4, 6) && application.decided.height >= height, SECONDS);
		// The engines count the votes of those who leave for two blocks more.
		const { blockHeight } = application.decided;
		await until("nobody waits for those who left", () => application.decided.blockHeight > blockHeight + 2, SECONDS);
		for (const place of leaving) await members[place].orderer.close("SIGKILL");
		const last = await ordered(5, "of the three");
		for (const place of coming) await until("each has it", () => members[place].orderer.height >= last, SECONDS);
		const [one, other] = await Promise.all([4, 6].map((place) => members[place].orderer.read(1, last)));
		assert.deepEqual(one, other);
	});
});
