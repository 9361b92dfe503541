// Ceilings of whole transactions that carry certificates and evidence (docs/spec/rollup.md).

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ZeroAddress, getBytes, keccak256, parseEther } from "ethers";
import type { HDNodeWallet, TransactionReceipt } from "ethers";
import * as Certificate from "../../src/chain/Certificate.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { contradiction } from "../../src/chain/Staking.ts";
import * as EngineVote from "../../src/protocol/EngineVote.ts";
import { L1, domainOf, send } from "../chain/l1.ts";

const INBOX = "0x00000000000000000000000000000000000000aa";
const CERTIFICATE: Readonly<Record<number, bigint>> = { 1: 37_000n, 4: 55_000n, 7: 66_000n, 13: 90_000n };
const EQUIVOCATION = 65_000n;

describe("given certificates and evidence", () => {
	let l1: L1;
	before(async () => {
		l1 = await L1.start();
	});
	after(() => l1.close());

	for (const [count, limit] of Object.entries(CERTIFICATE)) {
		it(`checks a certificate of ${count} signers for at most ${limit} gas, and slashes one of them for at most ${EQUIVOCATION}`, async () => {
			const members: HDNodeWallet[] = await Promise.all(Array.from({ length: Number(count) }, (_, i) => l1.wallet(10 + i)));
			members.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
			const [next, committee] = [await l1.nextAddress(1), members.map(({ address }) => address)];
			const registry = await l1.deploy("StakeRegistry", [next, ZeroAddress, 1000, 500, committee, []], parseEther("13"));
			const evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), INBOX, ZeroAddress, new Uint8Array(32)]);
			const digest = keccak256("0x01");
			const signatures = Certificate.pack(members.map(({ signingKey }) => getBytes(signingKey.sign(digest).serialized)));
			const data = registry.interface.encodeFunctionData("requireQuorum", [digest, signatures]);
			const sent = await l1.deployer.sendTransaction({ to: registry.target, data, gasLimit: 1_000_000 });
			const certified = (await sent.wait()) as TransactionReceipt;
			assert.ok(certified.gasUsed <= limit, `certificate: ${certified.gasUsed} gas, of ${limit}`);
			const domain = domainOf(INBOX);
			const words = [Keccak.hashText("a"), Keccak.hashText("b")];
			const receipts = words.map((messageHash) => ({ sequence: 7, offset: 700, messageHash, streamHash: words[0], time: 100 }));
			const both = receipts.flatMap((receipt) => [
				receipt,
				members[0].signingKey.sign(Checkpoint.receiptDigest(domain, receipt)).serialized,
			]);
			const slashed = await send(evidence, await l1.wallet(30), "conflictingReceipts", both);
			assert.ok(slashed.gasUsed <= EQUIVOCATION, `evidence: ${slashed.gasUsed} gas, of ${EQUIVOCATION}`);
		});
	}

	it(`slashes one of four members whose engine voted twice for at most ${EQUIVOCATION} gas, at a height and in a round that take their bytes`, async () => {
		const members = await Promise.all([25, 26, 27, 28].map((place) => l1.wallet(place)));
		const founders = members.map(({ address }) => address);
		const registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), ZeroAddress, 1000, 500, founders, []], parseEther("4"));
		const evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), INBOX, ZeroAddress, new Uint8Array(32)]);
		await send(registry, members[0], "writeCommittee", []);
		const name = EngineVote.orderName(domainOf(INBOX));
		const [a, b] = [Keccak.hashText("a"), Keccak.hashText("b")].map((blockHash) => {
			const place = { kind: EngineVote.PRECOMMIT, height: 123_456_789, round: 300 };
			const vote = { ...place, blockHash, partCount: 200, partsHash: blockHash, time: 1_800_000_000, nanoseconds: 999_999_999 };
			return { vote, signature: members[0].signingKey.sign(EngineVote.digest(name, vote)).serialized };
		});
		const both = contradiction("votes", a.vote, a.signature, b.vote, b.signature);
		const slashed = await send(evidence, await l1.wallet(30), "conflictingVotes", both);
		assert.ok(slashed.gasUsed <= EQUIVOCATION, `evidence: ${slashed.gasUsed} gas, of ${EQUIVOCATION}`);
	});
});
