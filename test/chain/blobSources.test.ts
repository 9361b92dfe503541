import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { hexlify } from "ethers";
import * as AnvilChain from "../../scripts/dev/dispute/AnvilChain.ts";
import { Archive } from "../../src/chain/blobs/Archive.ts";
import { Beacon } from "../../src/chain/blobs/Http.ts";
import { Sources } from "../../src/chain/blobs/Sources.ts";
import * as Sidecar from "../../src/chain/Sidecar.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import type { BlobPlace } from "../../src/ports/Blobs.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

const GENESIS = 1_600_000_000;
const SLOT = 7;
const [blob, other] = [1, 2].map((value) => Blob.pack(Uint8Array.of(value))[0]);
const versionedHash = hexlify(Kzg.versionedHash(Kzg.commit(blob)));
const place: BlobPlace = { versionedHash, block: 3, blockTime: async () => GENESIS + 12 * SLOT + 5 };

describe("given beacon nodes of several kinds", () => {
	const closing: (() => void)[] = [];
	after(() => {
		for (const close of closing) close();
	});

	/** Answers these paths, and 404 to any other. */
	async function beacon(answers: Readonly<Record<string, unknown>>): Promise<Beacon> {
		const server = createServer((request, response) => {
			const answer = answers[(request.url ?? "").split("?")[0]];
			response.statusCode = answer === undefined ? 404 : typeof answer === "number" ? answer : 200;
			response.end(answer === undefined ? "" : JSON.stringify(answer));
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		closing.push(() => server.close());
		return new Beacon(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
	}

	const clock = {
		"/eth/v1/beacon/genesis": { data: { genesis_time: `${GENESIS}` } },
		"/eth/v1/config/spec": { data: { SECONDS_PER_SLOT: "12" } },
	};
	const blobs = `/eth/v1/beacon/blobs/${SLOT}`;
	const sidecars = `/eth/v1/beacon/blob_sidecars/${SLOT}`;

	it("finds nothing where the blob is of another slot, is another one, or is forgotten", async () => {
		assert.equal(await (await beacon({ ...clock, "/eth/v1/beacon/blobs/8": { data: [hexlify(blob)] } })).blob(place), undefined);
		assert.equal(await (await beacon({ ...clock, [blobs]: { data: [hexlify(other), "0x12", null, {}] } })).blob(place), undefined);
		assert.equal(await (await beacon(clock)).blob(place), undefined);
	});

	it("says what is wrong with one that fails, and asks it for its clock again", async () => {
		await assert.rejects((await beacon({ ...clock, [blobs]: 503 })).blob(place), /it answered 503/);
		const broken = await beacon({ ...clock, "/eth/v1/config/spec": { data: {} } });
		for (const _ of [1, 2]) await assert.rejects(broken.blob(place), /does not say when its slots are/);
	});

	it("reads the blobs of a slot, and the sidecars of nodes before Fulu", async () => {
		assert.deepEqual(await (await beacon({ ...clock, [blobs]: { data: [hexlify(other), hexlify(blob)] } })).blob(place), blob);
		const old = {
			...clock,
			[sidecars]: {
				data: [
					{ index: "0", blob: hexlify(other) },
					{ index: "1", blob: hexlify(blob) },
				],
			},
		};
		assert.deepEqual(await (await beacon(old)).blob(place), blob);
	});

	it("keeps what it found elsewhere, and asks nobody a second time", async () => {
		const archive = new Archive(new MemoryStore());
		const source = await beacon({ ...clock, [blobs]: { data: [hexlify(blob)] } });
		assert.deepEqual(await new Sources(archive, [source], () => undefined).find(place), blob);
		assert.deepEqual(archive.get(versionedHash), blob);
		assert.deepEqual(await new Sources(archive, [], () => undefined).find(place), blob);
	});
});

const skip = AnvilChain.isThere() ? false : "there is no Anvil: the packages bring one for the usual platforms, and ANVIL may name another";

describe("given Anvil, which has a beacon node's API", { skip }, () => {
	it("takes sidecars of both versions, and gives their blobs back", async () => {
		const chain = await AnvilChain.start(GENESIS + 100);
		try {
			const wallet = testWallet(0).connect(chain.provider);
			await chain.provider.send("hardhat_setBalance", [wallet.address, "0xde0b6b3a7640000"]);
			for (const version of [0, 1] as const) {
				const sidecar = await Sidecar.make([version === 0 ? blob : other], 10n ** 9n, version);
				const sent = await wallet.sendTransaction({ to: wallet.address, gasLimit: 100_000, ...sidecar });
				const receipt = await sent.wait();
				const name = sent.blobVersionedHashes?.[0] ?? "";
				const found = await new Beacon(chain.url).blob({ ...place, versionedHash: name, block: receipt?.blockNumber ?? 0 });
				assert.deepEqual(found, version === 0 ? blob : other, `version ${version}`);
			}
		} finally {
			await chain.close();
		}
	});
});
