// A key that votes in two engines at once: real engines find it, a block says so, and L1 takes the stake.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { deploy } from "../../../deploy/deploy.ts";
import { separatorOf } from "../../../src/chain/Bridge.ts";
import type { Deployment } from "../../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../../src/chain/EmbeddedChain.ts";
import { EvidenceChain } from "../../../src/chain/EvidenceChain.ts";
import { L1InboxReader } from "../../../src/chain/L1InboxReader.ts";
import { Staking } from "../../../src/chain/Staking.ts";
import { testWallet } from "../../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../../src/chain/TransactionManager.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Signature from "../../../src/machine/math/Signature.ts";
import { EngineEvidence } from "../../../src/node/committee/EngineEvidence.ts";
import { chainIdOf } from "../../../src/node/committee/Roster.ts";
import * as DoubleVotes from "../../../src/ordering/comet/DoubleVotes.ts";
import type { Evidence } from "../../../src/ports/Evidence.ts";
import * as EngineVote from "../../../src/protocol/EngineVote.ts";
import { Watcher } from "../../../src/roles/watcher/Watcher.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import { blobsAt } from "../../chain/l1.ts";
import { SILENT } from "../../executor/liveProcessParts.ts";
import { SKIP, startCommittee } from "../../ordering/comet/committee.ts";
import type { Member, TestCommittee } from "../../ordering/comet/committee.ts";

const PLACES = [200, 201, 202, 203];
const TWIN = 3;
const PATIENCE_MS = 120_000;

type CommitJson = {
	readonly height: string;
	readonly round: number;
	readonly block_id: DoubleVotes.BlockIdJson;
	readonly signatures: readonly {
		readonly block_id_flag: number;
		readonly validator_address: string;
		readonly timestamp: string;
		readonly signature: string;
	}[];
};
const FOR_THE_BLOCK = 2;

async function until(sentence: string, holds: () => boolean | Promise<boolean>): Promise<void> {
	const end = performance.now() + PATIENCE_MS;
	while (!(await holds())) {
		if (performance.now() > end) throw new Error(`In vain for ${PATIENCE_MS / 1000} s: ${sentence}`);
		await pause(50);
	}
}

describe("given a committee of four real engines with stake on the real contracts", { skip: SKIP }, () => {
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let committee: TestCommittee;
	let domain: Uint8Array;
	let staking: Staking;
	before(async () => {
		chain = await EmbeddedChain.start({});
		for (const place of [0, 7, 8]) await chain.provider.send("hardhat_setBalance", [testWallet(place).address, "0x3635c9adc5dea00000"]);
		const addresses = PLACES.map((place) => testWallet(place).address.toLowerCase());
		deployment = await deploy(testWallet(0).connect(chain.provider), {
			...{ network: "embedded", committee: addresses, reporters: [testWallet(9).address], quorum: 1, treasury: testWallet(0).address },
		});
		domain = separatorOf(deployment, "SequencerInbox");
		staking = new Staking(chain.provider, deployment);
		const keys = PLACES.map((place) => Bytes.fromHex(testWallet(place).privateKey));
		committee = await startCommittee(4, () => ({}), { chainId: chainIdOf(domain), keys });
	});
	after(async () => {
		await committee.close();
		await chain.close();
	});

	const blockOf = ({ orderer }: Member): number => orderer.application.decided.blockHeight;
	const stakeOf = async ({ signer }: Member): Promise<bigint> => (await staking.stakeOf(signer.address)).staked;

	async function commitAt(height: number): Promise<CommitJson> {
		const response = await fetch(`http://${committee.rpcOf(0)}/commit?height=${height}`);
		return ((await response.json()) as { result: { signed_header: { commit: CommitJson } } }).result.signed_header.commit;
	}

	/** Recovers every signature under a block, by the twin of what L1 makes of votes, and says how many there were. */
	function verify(commit: CommitJson): number {
		const place = { kind: EngineVote.PRECOMMIT, height: Number(commit.height), round: commit.round };
		const cast = commit.signatures.filter(({ block_id_flag }) => block_id_flag === FOR_THE_BLOCK);
		for (const { validator_address, timestamp, signature } of cast) {
			const vote = { ...place, ...DoubleVotes.blockOf(commit.block_id), ...DoubleVotes.timeOf(timestamp) };
			const digest = EngineVote.digest(EngineVote.orderName(domain), vote);
			assert.equal(Signature.recover(digest, DoubleVotes.signatureOf(signature)), `0x${validator_address.toLowerCase()}`);
		}
		return cast.length;
	}

	it("makes the very bytes that the engines signed, in the first round and in later ones", async () => {
		const [first, , , last] = committee.members;
		await until("ten blocks", () => blockOf(first) > 10);
		const commits = await Promise.all(Array.from({ length: 9 }, (_, i) => commitAt(i + 1)));
		for (const commit of commits) assert.ok(verify(commit) >= 3);
		// Whose turn it is to propose is away, so that its heights need another round.
		await last.orderer.close("SIGKILL");
		let later: CommitJson | undefined;
		let next = blockOf(first);
		await until("a block of a later round", async () => {
			for (; !later && next < blockOf(first); next++) {
				const commit = await commitAt(next);
				if (commit.round > 0) later = commit;
			}
			return later !== undefined;
		});
		assert.ok(later && verify(later) >= 3);
		await last.open();
	});

	it("takes the stake of a member whose key votes in two engines, and of nobody else", async () => {
		const [first] = committee.members;
		const [wallet, store] = [testWallet(7).connect(chain.provider), new MemoryStore()];
		const { watcher, evidence } = watch(first, store);
		const before = await chain.provider.getBalance(wallet.address);
		await committee.twin(TWIN);
		await until("the stake of the twins to be taken", async () => {
			await watcher.round();
			return (await stakeOf(committee.members[TWIN])) === 0n;
		});
		assert.ok((await staking.stakeOf(committee.members[TWIN].signer.address)).isSlashed);
		const shown = [...store.range("evidence/", "evidence0")].map(([, value]) => JSON.parse(Buffer.from(value).toString()) as Evidence);
		assert.deepEqual(
			shown.map(({ kind, signer }) => ({ kind, signer })),
			[{ kind: "votes", signer: committee.members[TWIN].signer.address }],
		);
		assert.ok((await chain.provider.getBalance(wallet.address)) > before, "whoever shows it is paid");
		for (const member of committee.members.slice(0, TWIN)) assert.ok((await stakeOf(member)) > 0n);
		await evidence.stop();
	});

	it("reads what stands against a member again in the next life, when the watcher had not noted it", async () => {
		const [, second] = committee.members;
		await until("the block that accuses to come to another member", () => [...second.orderer.application.accusing()].length > 0);
		await second.orderer.close("SIGKILL");
		await second.open();
		const store = new MemoryStore();
		const { evidence } = watch(second, store);
		const { address } = committee.members[TWIN].signer;
		await until("the evidence to be noted", () => store.get(`evidence/${address}`) !== undefined);
		assert.equal([...store.range("evidence/", "evidence0")].length, 1, "against nobody else");
		await evidence.stop();
	});

	/** A member's watcher, which hears its engine. */
	function watch({ orderer }: Member, store: MemoryStore): { watcher: Watcher; evidence: EngineEvidence } {
		const clock = {
			now: () => Math.floor(Date.now() / 1000),
			sleep: (ms: number, signal?: AbortSignal) => pause(ms, undefined, { signal }).catch(() => undefined),
		};
		const wallet = testWallet(7).connect(chain.provider);
		const watcher = new Watcher({
			...{ store, clock, log: SILENT, domains: { committee: domain, users: separatorOf(deployment, "Vault") } },
			isKnown: (address) => committee.members.some(({ signer }) => signer.address === address),
			inbox: new L1InboxReader(chain.provider, deployment, blobsAt()),
			chain: new EvidenceChain(chain.provider, deployment),
			sender: new TransactionManager({ provider: chain.provider, wallet, store: new MemoryStore(), log: SILENT }),
			metrics: { set: () => undefined, add: () => undefined, observe: () => undefined },
		});
		const evidence = new EngineEvidence(orderer, clock, SILENT);
		evidence.start(({ vote, signature }) => watcher.vote(vote, signature));
		return { watcher, evidence };
	}
});
