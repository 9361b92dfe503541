// One of the exchange's nodes: the roles that run in production, on a disk, a network and a clock that are not real.

import { DerivedExecutor } from "../../../src/executor/DerivedExecutor.ts";
import { Follower } from "../../../src/executor/Follower.ts";
import * as Genesis from "../../../src/executor/Genesis.ts";
import { LiveExecutor } from "../../../src/executor/LiveExecutor.ts";
import { Reconciler } from "../../../src/node/Reconciler.ts";
import type { Alarm, Log } from "../../../src/ports/Log.ts";
import type { Metrics } from "../../../src/ports/Metrics.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
import { Batcher } from "../../../src/roles/batcher/Batcher.ts";
import { Sequencer } from "../../../src/roles/sequencer/Sequencer.ts";
import { DOMAIN, GENESIS, keyOf, sign } from "../../../test/executor/world.ts";
import type { Chain } from "./Chain.ts";
import type { Committee } from "./Committee.ts";
import { Disk, LeafDisk, Process } from "./Process.ts";
import type { Signed } from "./Registry.ts";
import { propose } from "./Rollup.ts";
import type { Scheduler } from "./Scheduler.ts";

export const RECEIPTS = DOMAIN.slice().reverse();

export type Surroundings = {
	readonly scheduler: Scheduler;
	readonly committee: Committee;
	readonly chain: Chain;
	readonly random: () => number;
	readonly time: () => number;
	/** Whether assertions are made. */
	readonly proposes: boolean;
	readonly onAlarm: (name: Alarm, message: string) => void;
};

/** What runs while a node lives. */
export type Running = {
	readonly process: Process;
	readonly live: LiveExecutor;
	readonly derived: DerivedExecutor;
	readonly sequencer: Sequencer;
	readonly reconciler: Reconciler;
	readonly stop: AbortController;
};

/** Nodes that assert, too. */
export const PROPOSING: readonly number[] = [0, 2];
const METRICS: Metrics = { set: () => undefined, add: () => undefined, observe: () => undefined };

export class SimulatedNode {
	readonly place: number;
	readonly disk = new Disk();
	readonly derivedDisk = new Disk();
	readonly leafDisk = new LeafDisk();
	skew = 0;
	running: Running | undefined;
	/** Times it was started, and until when nobody starts it. */
	starts = 0;
	downUntil = 0;
	readonly #world: Surroundings;
	readonly #key;
	/** Of every process that this node ever was. */
	readonly #stops: AbortController[] = [];

	constructor(place: number, world: Surroundings) {
		this.place = place;
		this.#world = world;
		this.#key = keyOf(5000 + place);
	}

	get address(): string {
		return this.#key.address;
	}

	/** Starts from what the disks hold. */
	async start(): Promise<void> {
		const { scheduler, committee, chain, random, time, proposes, onAlarm } = this.#world;
		this.starts += 1;
		const process = new Process(scheduler, time);
		process.skew = this.skew;
		const log: Log = {
			debug: () => undefined,
			info: () => undefined,
			warn: () => undefined,
			alarm: (name, message, fields) => process.isAlive && onAlarm(name, `${message} ${JSON.stringify(fields ?? {})}`),
			child: () => log,
		};
		const store = this.disk.open(process, () => 1 + 10 * random());
		const derivedStore = this.derivedDisk.open(process, () => 0);
		const orderer = committee.orderer(this.place, process);
		const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS), checkpointBundles: 8, rootBytes: 1 });
		const derived = await DerivedExecutor.open({
			store: derivedStore,
			leafFile: `the leaves of node ${this.place}`,
			leaves: this.leafDisk.open(process, random),
			inbox: chain.reader(process),
			genesis: Genesis.cells(GENESIS),
			snapshotSteps: 128,
		});
		const stop = new AbortController();
		this.#stops.push(stop);
		const follower = new Follower({ live, orderer, inbox: chain.reader(process), clock: process, log });
		const signer = { address: this.#key.address, sign: async (digest: Uint8Array) => sign(this.#key, digest) };
		const common = { orderer, live, inbox: chain.reader(process), clock: process, log, metrics: METRICS };
		const sequencer = new Sequencer({ ...common, follower, signer, userDomain: DOMAIN, receiptDomain: RECEIPTS });
		const batcher = new Batcher({
			...common,
			transactions: chain.transactions as never,
			sender: chain.sender(process),
			fees: chain,
			// What the chain here took it gives back with the blobs, so nobody need keep them.
			archive: { get: () => undefined, proof: async () => undefined, keep: async () => undefined },
			streamStart: (index) => (index === 0 ? 0 : derived.batch(index - 1)?.streamEnd),
			maxWaitMs: 1200,
		});
		const reconciler = new Reconciler({ derived, follower, batcher, clock: process, log, metrics: METRICS });
		this.running = { process, live, derived, sequencer, reconciler, stop };
		// A node whose executor cannot go on ends, and whoever watches over it starts it again.
		follower.run(stop.signal).catch(() => process.isAlive && this.kill());
		sequencer.start();
		batcher.start();
		reconciler.start();
		if (proposes && PROPOSING.includes(this.place)) propose(process, chain, this.place, derived);
	}

	/** From now on the gateway gives numbers twice; `told` hears of each time. */
	equivocate(told: () => void): void {
		const { sequencer } = this.running ?? {};
		if (!sequencer) return;
		const submit = sequencer.submit.bind(sequencer);
		let first: number | undefined;
		sequencer.submit = async (payload) => {
			const ack = await submit(payload);
			first ??= ack.sequence;
			if (ack.sequence === first) return ack;
			told();
			const lie = { sequence: first, offset: ack.offset, messageHash: ack.messageHash, streamHash: ack.streamHash, time: ack.time };
			return { ...ack, ...lie, receipt: sign(this.#key, Checkpoint.receiptDigest(RECEIPTS, lie)) };
		};
	}

	/** A checkpoint under the node's key. */
	checkpoint(height: number, streamHash: Uint8Array, root: Uint8Array): Signed<Checkpoint.CheckpointVote> {
		const of = { height, streamHash, root };
		return { of, signature: sign(this.#key, Checkpoint.checkpointDigest(RECEIPTS, of)) };
	}

	/** As by kill -9: nothing is flushed, nobody is told. */
	kill(): void {
		const { running } = this;
		if (!running) return;
		running.process.isAlive = false;
		this.running = undefined;
	}

	/** After a run. Whoever waits for a signal that never comes keeps everything that he knows: the platform holds on to him. */
	end(): void {
		this.kill();
		for (const stop of this.#stops) stop.abort();
	}
}
