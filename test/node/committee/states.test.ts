import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { freePorts } from "../../../scripts/dev/freePorts.ts";
import { separatorOf } from "../../../src/chain/Bridge.ts";
import { GameChain } from "../../../src/chain/GameChain.ts";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import { Staking } from "../../../src/chain/Staking.ts";
import { memberPlace, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Kzg from "../../../src/kzg/Kzg.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Roster from "../../../src/node/committee/Roster.ts";
import { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import type { Store } from "../../../src/ports/Store.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
import { openStore } from "../../../src/store/LmdbStore.ts";
import { SILENT } from "../../executor/liveProcessParts.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";
const LIAR = 3;
const HONEST = [0, 1, 2];
const LIE = new Uint8Array(32).fill(0xbd);

describe("given a committee whose members sign the state of every game on L1", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-states-"));
	let cluster: Cluster;
	let staking: Staking;
	let game: GameChain;
	let liar: CometOrderer | undefined;
	let store: Store | undefined;
	before(async () => {
		cluster = await Cluster.start({ validators: 4, directory, reporters: 1, strikes: 1, turnSeconds: 1, rollup: true });
		staking = new Staking(cluster.provider, cluster.deployment);
		game = new GameChain(cluster.provider, cluster.deployment);
	});
	after(async () => {
		await liar?.close();
		await store?.close();
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	/** A figure of a member's metrics, 0 while it has none. */
	async function metric(member: number, name: string): Promise<number> {
		const text = await (await fetch(`${cluster.api(member)}/metrics`)).text();
		const line = text.split("\n").find((one) => one.startsWith(`strikeproof_${name}`));
		return Number(line?.split(" ").at(-1) ?? 0);
	}

	const stakeOf = async (member: number): Promise<bigint> =>
		(await staking.stakeOf(testWallet(memberPlace(member, "sequencer")).address)).staked;

	/** The last game whose inputs are all posted: the next assertion is of it, or of one after it. */
	async function lastGame(): Promise<Uint8Array> {
		const { assertions } = await game.look();
		const parents = new Set([...assertions.values()].map(({ parent }) => parent));
		const tip = [...assertions.values()].find(({ id }) => !parents.has(id));
		await cluster.until("the inputs of a game", async () => (await game.batchCount()) >= (tip?.targetBatch ?? Infinity));
		return Bytes.fromHex(await game.gameIdOf(tip?.id ?? ""));
	}

	/** A member's key and engine in the hands of somebody who stands behind what is not true. */
	async function lie(): Promise<void> {
		const { deployment, roster } = cluster;
		const name = `member/${LIAR}`;
		await cluster.stop(name);
		const signer = new KeySigner(testWallet(memberPlace(LIAR, "sequencer")).privateKey);
		const domain = separatorOf(deployment, "SequencerInbox");
		const vote = { gameId: await lastGame(), step: 1, commitment: LIE };
		store = await openStore({ directory: join(cluster.directoryOf(name), "orderer"), genesis: deployment.genesis });
		const [port] = await freePorts(1);
		liar = await CometOrderer.open({
			...{ directory: join(cluster.directoryOf(name), "committee"), socket: join(directory, "liar.sock"), journal: SILENT, signer, store },
			network: {
				listen: roster.members.find(({ address }) => address === signer.address)?.listen ?? "",
				rpc: `127.0.0.1:${port}`,
				peers: Roster.peersOf(roster, signer.address),
			},
			chainId: Roster.chainIdOf(domain),
			committee: Roster.committeeOf(roster),
			keys: new Map(roster.members.map(({ address, public_key }) => [address, public_key])),
			digests: {
				checkpoint: (height, streamHash, root) => Checkpoint.checkpointDigest(domain, { height, streamHash, root }),
				batch: (proposal, content) => Checkpoint.batchDigest(domain, { ...proposal, contentHash: Kzg.contentHash(content) }),
			},
			now: () => Math.floor(Date.now() / 1000),
			l1Count: () => 0,
			rootAt: () => undefined,
			approves: () => false,
			standsBehind: () => ({ ...vote, digest: Checkpoint.stateDigest(domain, vote) }),
		});
	}

	it("finds the states of all members to be those that each of them derived from L1", async () => {
		for (const member of [...HONEST, LIAR]) {
			await cluster.until(`member ${member} to agree with others`, async () => (await metric(member, "watcher_states_agreed")) >= 4);
			assert.equal(await metric(member, 'alarms{alarm="FalseState"}'), 0);
		}
	});

	it("alarms everybody when one signs a state that is not true, and his stake is gone when the truth is confirmed", async () => {
		await lie();
		for (const member of HONEST)
			await cluster.until(`member ${member} to alarm`, async () => (await metric(member, 'alarms{alarm="FalseState"}')) > 0);
		assert.ok((await stakeOf(LIAR)) > 0n, "L1 does not know yet");
		await cluster.until("the slashing", async () => {
			await cluster.provider.send("hardhat_mine", ["0x4"]);
			return (await stakeOf(LIAR)) === 0n;
		});
		for (const member of HONEST) assert.ok((await stakeOf(member)) > 0n, `member ${member} told the truth`);
	});

	it("goes on without him", async () => {
		const { height } = await cluster.committee(0);
		await cluster.until("further bundles", async () => (await cluster.committee(0)).height > height);
	});
});
