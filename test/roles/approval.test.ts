import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import type { BatchProposal } from "../../src/ports/Orderer.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { Approval } from "../../src/roles/batcher/Approval.ts";
import { decide } from "../../src/roles/batcher/decide.ts";
import { look } from "../../src/roles/batcher/view.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { LiveNode, Stream } from "../executor/liveNode.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import { MemoryChain } from "../executor/memoryChain.ts";
import { DEPOSIT, deposit, opening, place, SERIES, START, TRADERS } from "../executor/world.ts";

/** A member that executed a market, and what a batcher beside it would propose; L1's clock is the test's. */
async function open() {
	const chain = new MemoryChain();
	const l1 = { time: START + 10 };
	chain.head = async () => ({ number: 1, time: l1.time, hash: `0x${l1.time}` });
	for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
	const node = await LiveNode.open(new MemoryStore(), new Stream(), chain, 4, 1);
	await node.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
	for (let nonce = 1; nonce <= 3; nonce++)
		await node.submit([{ payload: place({ account: 1, series: SERIES[0], side: 0, price: 10, size: 1, nonce }), delay: 1 }]);
	const { live } = node;
	const streamStart = (index: number): number | undefined => (index === 0 ? 0 : undefined);
	const clock = { now: () => START, sleep: (ms: number, signal?: AbortSignal) => pause(ms, undefined, { signal }).catch(() => undefined) };
	const approval = new Approval({ inbox: chain, live, clock, log: SILENT, streamStart });
	const proposal = decide(await look(chain, live, streamStart)) as BatchProposal;
	return { chain, l1, live, approval, proposal };
}

describe("given a batch that another member proposes", () => {
	it("approves nothing before it has looked at L1: what is not known is not signed", async () => {
		const { approval, proposal } = await open();
		assert.equal(approval.approves(proposal), false);
	});

	it("approves exactly what it would post itself, and none of what differs in any field", async () => {
		const { approval, proposal, live } = await open();
		approval.start();
		for (let i = 0; i < 100 && !approval.approves(proposal); i++) await pause(20);
		assert.ok(approval.approves(proposal));
		assert.equal(approval.messageCount, TRADERS.length);
		for (const field of ["index", "minTime", "maxTime", "l1End", "fromHeight", "toHeight"] as const)
			for (const by of [-1, 1]) assert.equal(approval.approves({ ...proposal, [field]: proposal[field] + by }), false, `${field} ${by}`);
		assert.equal(approval.approves({ ...proposal, previousAccumulator: new Uint8Array(32).fill(1) }), false);
		// A shorter one with its own times is as good: whoever proposes chooses where to cut.
		const cut = live.cut(0, 0, Batch.MAX_BATCH_BYTES, proposal.toHeight - 1);
		assert.ok(cut && cut.toHeight === proposal.toHeight - 1);
		assert.ok(approval.approves({ ...proposal, toHeight: cut.toHeight, maxTime: cut.clock, l1End: cut.l1End }));
		await approval.stop();
	});

	it("does not approve what L1 would refuse for its time, nor what L1 holds already", async () => {
		const { approval, proposal, l1, chain } = await open();
		l1.time = proposal.maxTime - 51;
		approval.start();
		await pause(100);
		assert.equal(approval.approves(proposal), false, "it ends too far ahead of L1's clock");
		l1.time = proposal.maxTime;
		for (let i = 0; i < 100 && !approval.approves(proposal); i++) await pause(20);
		assert.ok(approval.approves(proposal));
		chain.post(new Uint8Array(0), 0, proposal.maxTime, proposal.l1End);
		for (let i = 0; i < 100 && approval.approves(proposal); i++) await pause(20);
		assert.equal(approval.approves(proposal), false);
		await approval.stop();
	});
});
