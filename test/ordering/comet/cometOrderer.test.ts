import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Signature from "../../../src/machine/math/Signature.ts";
import { RULES } from "../../../src/ordering/comet/Decided.ts";
import type { SignedState } from "../../../src/ordering/comet/Extension.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { bundleOf, digests, rootOf, SKIP, startCommittee, until } from "./committee.ts";
import type { TestCommittee } from "./committee.ts";

const proposal = (toHeight: number) => ({
	index: 0,
	previousAccumulator: new Uint8Array(32),
	minTime: 1,
	maxTime: 2,
	l1End: 0,
	fromHeight: 1,
	toHeight,
});

describe("given a committee of four real engines, one of whom lies about the state", { skip: SKIP }, () => {
	let committee: TestCommittee;
	const LIAR = 3;
	const stand = (name: string) => ({
		...{ gameId: Keccak.hashText("game"), step: 12, commitment: Keccak.hashText(name), digest: Keccak.hashText(`signed ${name}`) },
	});
	/** States in the votes, as the first member hears them, by who said them. */
	const said = new Map<string, SignedState[]>();
	before(async () => {
		committee = await startCommittee(4, (place) => ({
			standsBehind: () => stand(place === LIAR ? "lie" : "truth"),
			l1Count: () => (place === LIAR ? 1_000_000 : 2),
			...(place === LIAR && { rootAt: (height: number) => Keccak.hashText(`lie ${height}`) }),
		}));
		committee.members[0].orderer.application.watch(({ voters }) => {
			for (const { address, said: one } of voters) if (one.state) said.set(address, [...(said.get(address) ?? []), one.state]);
		});
	});
	after(() => committee.close());

	it("tells every member what state each stands behind, with its signature, until it is heard and not for ever", async () => {
		const { members } = committee;
		await until("all said their state", () => said.size === 4);
		for (const { place, signer } of members) {
			const { digest, ...vote } = stand(place === LIAR ? "lie" : "truth");
			const [{ signature, ...state }] = said.get(signer.address) ?? [];
			assert.deepEqual(state, vote);
			assert.equal(Signature.recover(digest, signature), signer.address);
		}
		const block = members[0].orderer.application.decided.blockHeight;
		await until("blocks go on", () => members[0].orderer.application.decided.blockHeight >= block + 4);
		const counts = [...said.values()].map(({ length }) => length);
		// The next vote may be cast before the block that brings the last one is executed.
		assert.ok(Math.max(...counts) <= 3, `said ${counts} times`);
	});

	it("writes the version of its rules into every block, which engines of other rules do not take", async () => {
		const answer = await (await fetch(`http://${committee.rpcOf(0)}/block`)).json();
		const { version } = (answer as { result: { block: { header: { version: { app?: string } } } } }).result.block.header;
		assert.equal(version.app, String(RULES));
	});

	it("refuses bundles with times or L1 messages of the gateway's own", async () => {
		const [{ orderer }] = committee.members;
		const late = { records: Batch.encodeRecord(Uint8Array.of(6, 1), 5), recordCount: 1 };
		const take = { records: Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0), recordCount: 1 };
		for (const bundle of [late, take, { records: new Uint8Array(0), recordCount: 0 }])
			await assert.rejects(orderer.submit(bundle), { code: "BAD_BUNDLE" });
	});

	it("gives every member one order of everybody's bundles, with L1's messages and the time at its head", async () => {
		const { members } = committee;
		const began = Math.floor(Date.now() / 1000);
		const names = [0, 1, 2].flatMap((round) => members.map(({ place }) => ({ place, name: `${place} ${round}` })));
		const placed = await Promise.all(names.map(({ place, name }) => members[place].orderer.submit(bundleOf(name))));
		// On a slow machine all bundles may stand in the first block, which no extension stands behind yet.
		await until("L1's messages are taken", () => members[0].orderer.application.decided.l1Taken === 2);
		const last = Math.max(members[0].orderer.height, ...placed.map(({ height }) => height));
		await until("all have all bundles", () => members.every(({ orderer }) => orderer.height >= last));
		const orders = await Promise.all(members.map(({ orderer }) => orderer.read(1, last)));
		for (const order of orders) assert.deepEqual(order, orders[0]);
		for (const [i, { height, firstSequence }] of placed.entries()) {
			assert.equal(orders[0][height - 1].firstSequence, firstSequence);
			const payload = orders[0][height - 1].records.slice(-32);
			assert.deepEqual(payload, Keccak.hashText(`${names[i].name} 2`));
		}
		const takes = orders[0].filter(({ records }) => records.at(-1) === Batch.TAKE_L1 && records.length < 20);
		assert.equal(
			takes.reduce((sum, { recordCount }) => sum + recordCount, 0),
			2,
			"the median of L1's messages, not the liar's",
		);
		const clock = members[0].orderer.application.decided.clock;
		assert.ok(clock >= began - 2 && clock <= Date.now() / 1000 + 1, `the clock of the order is the world's, not ${clock}`);
	});

	it("certifies the honest root, without the liar's signature", async () => {
		const { members } = committee;
		await until("a checkpoint of the last height", () => members.every(({ orderer }) => orderer.checkpoint()?.height === orderer.height));
		const checkpoint = members[0].orderer.checkpoint();
		assert.ok(checkpoint);
		assert.deepEqual(checkpoint.root, rootOf(checkpoint.height));
		const digest = digests.checkpoint(checkpoint.height, checkpoint.streamHash, checkpoint.root);
		const signers = checkpoint.signatures.map((signature) => Signature.recover(digest, signature));
		assert.deepEqual([...signers].sort(), signers, "in the order of the signers");
		assert.deepEqual(signers, [0, 1, 2].map((place) => members[place].signer.address).sort());
	});

	it("certifies one cut of a batch for ever, whoever asks for whichever", async () => {
		const { members } = committee;
		const last = members[0].orderer.height;
		await assert.rejects(members[0].orderer.certificate(proposal(last + 1_000)), { code: "NOT_ORDERED" });
		assert.equal(await members[0].orderer.certificate(proposal(last)), undefined);
		let given = await members[0].orderer.certificate(proposal(last));
		for (let tries = 0; !given && tries < 200; tries++) {
			await new Promise((resolve) => setTimeout(resolve, 50));
			given = await members[0].orderer.certificate(proposal(last));
		}
		assert.ok(given && given.signatures.length >= 3);
		const digest = digests.batch(proposal(last), given.content);
		const known = members.map(({ signer }) => signer.address);
		for (const signature of given.signatures) assert.ok(known.includes(Signature.recover(digest, signature)));
		assert.equal(
			Bytes.toHex(given.content),
			Bytes.toHex(Bytes.concat(...(await members[0].orderer.read(1, last)).map(({ records }) => records))),
		);
		const [, other] = members;
		assert.deepEqual((await other.orderer.certificate(proposal(last - 1)))?.proposal, given.proposal);
	});

	it("goes on without one member, stops without two, and goes on when one returns", async () => {
		const { members } = committee;
		await members[3].orderer.close("SIGKILL");
		await members[0].orderer.submit(bundleOf("three of four"));
		await members[2].orderer.close("SIGKILL");
		const waiting = members[0].orderer.submit(bundleOf("two of four"));
		const winner = await Promise.race([waiting.then(() => "ordered"), new Promise((resolve) => setTimeout(() => resolve("waits"), 1_500))]);
		assert.equal(winner, "waits");
		const returned = performance.now();
		await members[2].open();
		const { height } = await waiting;
		assert.ok(performance.now() - returned < 15_000, `took ${Math.round(performance.now() - returned)} ms`);
		await until("the one that returned has it too", () => members[2].orderer.height >= height);
		assert.deepEqual(await members[2].orderer.read(1, height), await members[0].orderer.read(1, height));
		await members[3].open();
		await until("so has the other", () => members[3].orderer.height >= height);
	});
});
