import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "../../scripts/dev/dispute/World.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { Archive } from "../../src/chain/blobs/Archive.ts";
import { Sources } from "../../src/chain/blobs/Sources.ts";
import { ChainError } from "../../src/chain/ChainError.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { separatorOf } from "../../src/chain/Bridge.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Monitor } from "../../src/node/Monitor.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "../executor/liveProcessParts.ts";

/** A node of its own: an empty disk, L1, and other nodes' archives. */
type Node = { readonly derived: DerivedExecutor; readonly archive: Archive; readonly warnings: string[] };

describe("given a history whose batches went in blobs that L1 has forgotten", () => {
	let world: World;
	let folder: string;
	let nodes = 0;
	const closing: (() => Promise<unknown>)[] = [];

	before(async () => {
		world = await build({ height: 6, seed: 3, carrier: "blob" });
		folder = mkdtempSync(join(tmpdir(), "strikeproof-archive-"));
	});
	after(async () => {
		for (const close of closing) await close();
		await world.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function node(...archives: readonly string[]): Promise<Node> {
		const { provider } = world.chain;
		const { deployment } = world;
		const archive = new Archive(new MemoryStore());
		const warnings: string[] = [];
		const blobs = Sources.at(archive, { archives }, (message) => warnings.push(message));
		const derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(folder, `leaves-${nodes++}`),
			inbox: new L1InboxReader(provider, deployment, blobs),
			genesis: Genesis.cells({
				domainSeparator: separatorOf(deployment, "Vault"),
				reporters: deployment.reporters,
				quorum: deployment.quorum,
				house: deployment.house,
			}),
		});
		closing.push(() => derived.close());
		return { derived, archive, warnings };
	}

	/** The port of a node that only keeps blobs. */
	async function served(archive: Archive): Promise<string> {
		const monitor = new Monitor({ host: "127.0.0.1", port: 0, log: SILENT, metrics: new PrometheusMetrics(), roles: {}, archive });
		closing.push(() => monitor.close());
		return monitor.listen();
	}

	/** An archive that answers whatever it likes. */
	async function liar(answer: () => Uint8Array): Promise<string> {
		const server: HttpServer = createServer((_, response) => response.end(answer()));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		closing.push(() => new Promise((resolve) => server.close(resolve)));
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	/** How much was derived, and the state at its end. */
	function reached({ derived }: { readonly derived: DerivedExecutor }): [number, number, string] {
		const last = derived.batch(derived.batchCount - 1);
		return [derived.batchCount, derived.stepCount, Bytes.toHex(last?.stateRoot ?? new Uint8Array(0))];
	}

	it("concludes nothing without the blobs, and says who was asked", async () => {
		const alone = await node(await served(new Archive(new MemoryStore())));
		await assert.rejects(
			() => alone.derived.sync(),
			(error) =>
				error instanceof ChainError &&
				error.code === "NO_BLOB" &&
				/this node's archive does not have it; the archive at 127\.0\.0\.1:\d+ does not have it/.test(error.message),
		);
		assert.equal(alone.derived.batchCount, 0);
	});

	it("takes nothing from an archive that gives another blob, bytes that are no blob, or too many", async () => {
		const bytes = [new Uint8Array(131_072), new Uint8Array(131_072).fill(255), new Uint8Array(131_071), new Uint8Array(131_073)];
		const urls = await Promise.all(bytes.map((answer) => liar(() => answer)));
		const deceived = await node(...urls);
		await assert.rejects(() => deceived.derived.sync(), /gave another one.*gave another one.*does not have it.*more than 131072 bytes/);
		assert.equal(deceived.warnings.length > 0, true);
		assert.equal(deceived.derived.batchCount, 0);
	});

	it("rebuilds all state on an empty disk from L1 and one archive, and is an archive itself from then on", async () => {
		const first = await node(await liar(() => new Uint8Array(131_072)), await served(world.archive));
		await first.derived.sync();
		assert.deepEqual(reached(first), reached(world));
		const second = await node(await served(first.archive));
		await second.derived.sync();
		assert.deepEqual(reached(second), reached(world));
	});
});
