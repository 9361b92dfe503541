import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Process } from "../../scripts/dev/simulation/Process.ts";
import { World } from "../../scripts/dev/simulation/World.ts";
import type { Parts } from "../../scripts/dev/simulation/World.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { OrderedBundle } from "../../src/ports/Orderer.ts";
import type { Acknowledgement } from "../../src/roles/sequencer/Sequencer.ts";

async function brokenBy(seed: number, sabotage: (parts: Parts) => void): Promise<string> {
	const { broken } = await new World(seed, sabotage).run();
	return broken ?? "nothing";
}

// Seeds whose own faults are few: what is found is the sabotage.
describe("given a simulated run in whose middle something is broken", () => {
	it("finds out a committee that forgets what it decided", async () => {
		const broken = await brokenBy(6, ({ committee }) => void committee.decided.splice(-3));
		assert.notEqual(broken, "nothing");
	});

	it("finds out a gateway that acknowledges what it never had ordered", async () => {
		const broken = await brokenBy(6, ({ nodes }) => {
			for (const { running } of nodes) {
				if (!running) continue;
				const sequence = 7;
				const lie = {
					sequence,
					offset: 0,
					messageHash: new Uint8Array(32),
					streamHash: new Uint8Array(32),
					time: 0,
					receipt: new Uint8Array(65),
				};
				running.sequencer.submit = () => Promise.resolve({ ...lie, result: undefined } as unknown as Acknowledgement);
			}
		});
		assert.notEqual(broken, "nothing");
	});

	it("finds out a lie that nobody disputes", async () => {
		let hasLied = false;
		for (let seed = 1; !hasLied && seed < 20; seed++) {
			const world = new World(seed, ({ challenger }) => {
				challenger.kill();
				challenger.start = async () => undefined;
			});
			const { broken, lies } = await world.run();
			hasLied = lies > 0;
			if (hasLied) assert.match(broken ?? "nothing", /games did not end|lost its bond/);
		}
		assert.ok(hasLied);
	});

	it("finds out an L1 that changes what a batch holds", async () => {
		const broken = await brokenBy(6, ({ chain }) => {
			const { batches } = chain.inbox;
			chain.inbox.batches = async (from, to) =>
				(await batches.call(chain.inbox, from, to)).map((batch) => ({ ...batch, content: Bytes.concat(batch.content, Uint8Array.of(0)) }));
		});
		assert.notEqual(broken, "nothing");
	});

	it("finds out nodes whose states are not what L1 gives", async () => {
		const broken = await brokenBy(6, ({ nodes }) => {
			for (const { running } of nodes)
				if (running) running.live.rootAt = () => Uint8Array.from({ length: 32 }, () => running.process.skew & 255);
		});
		assert.notEqual(broken, "nothing");
	});

	it("finds out an engine that answers before it has decided, and forgets when its process dies", async () => {
		const broken = await brokenBy(2, ({ committee, nodes }) => {
			const orderer = committee.orderer.bind(committee);
			committee.orderer = (place: number, process: Process) => {
				const engine = orderer(place, process);
				if (place > 0) return engine;
				const submit = async (bundle: { records: Uint8Array; recordCount: number }): Promise<OrderedBundle> => {
					const [last] = committee.decided.slice(-1);
					const streamEnd = last.streamEnd + bundle.records.length;
					const firstSequence = last.firstSequence + last.recordCount;
					process.later(2000, () => nodes[place].kill());
					return { ...bundle, height: last.height + 1, firstSequence, streamEnd, streamHash: last.streamHash };
				};
				return Object.assign(engine, { submit });
			};
			nodes[0].kill();
		});
		assert.match(broken, /^the keys of nobody contradicted themselves, and 0x\w{40} was slashed$/);
	});

	it("finds out a disk that keeps half of what is committed together", async () => {
		const broken = await brokenBy(4, ({ nodes }) => {
			for (const node of nodes) {
				const open = node.disk.open.bind(node.disk);
				let commitsUntilDeath = 3;
				node.disk.open = (process, delay) => {
					const store = open(process, delay);
					return {
						...store,
						commit: async (changes) => {
							await store.commit(changes.slice(0, changes.length >> 1));
							commitsUntilDeath -= 1;
							if (commitsUntilDeath === 0) node.kill();
						},
					};
				};
				node.kill();
			}
		});
		assert.match(broken, /has another state|state roots differ|is not at rest/);
	});

	it("finds out a key that was slashed though nobody let it contradict itself", async () => {
		const broken = await brokenBy(4, ({ nodes }) => nodes[0].equivocate(() => undefined));
		assert.match(broken, /^the keys of nobody contradicted themselves, and 0x\w{40} was slashed$/);
	});

	it("finds out a watcher that overlooks what an equivocating gateway signed", async () => {
		const broken = await brokenBy(236, ({ registry }) => (registry.receipt = () => undefined));
		assert.match(broken, /contradicted themselves, and nobody was slashed$/);
	});

	it("finds out L1 messages that nobody takes and nobody forces in", async () => {
		const broken = await brokenBy(4, ({ committee, chain }) => {
			const { l1 } = committee;
			committee.l1 = () => ({ ...l1(), isIgnored: true });
			chain.forceInclude = () => undefined;
		});
		assert.equal(broken, "L1 messages were left out for ever");
	});

	it("finds out a settlement price that one node has otherwise", async () => {
		const broken = await brokenBy(4, ({ nodes }) => {
			const queries = nodes[1].running?.live.queries;
			assert.ok(queries);
			const expiry = queries.expiry.bind(queries);
			queries.expiry = (underlying, day) => {
				const known = expiry(underlying, day);
				return known && known.settlementPrice > 0 ? { ...known, settlementPrice: known.settlementPrice + 1 } : known;
			};
		});
		assert.match(broken, /^the settlement price changed from \d+ to \d+ at node \d$/);
	});

	it("finds out a withdrawal that is paid twice", async (test) => {
		const { get } = Object.getOwnPropertyDescriptor(DerivedExecutor.prototype, "withdrawals") as {
			get: (this: DerivedExecutor) => DerivedExecutor["withdrawals"];
		};
		test.mock.getter(DerivedExecutor.prototype, "withdrawals", function (this: DerivedExecutor) {
			const all = get.call(this);
			return [...all, ...all.slice(-1)];
		});
		assert.match(await brokenBy(4, () => undefined), /^the vault holds \d+, and inside there are \d+$/);
	});
});
