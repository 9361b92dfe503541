import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ContractFactory, ZeroAddress, getBytes, hexlify } from "ethers";
import type { Contract } from "ethers";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import * as Opening from "../../src/kzg/Opening.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Random } from "../../src/market/Random.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import { L1 } from "../chain/l1.ts";

const SEED = 11;
const [COMMITMENT, QUOTIENT, PROOF, ELEMENTS] = [0, 96, 192, 240];
/** The most that one record takes: 4096 bytes of payload and 8 in front of it, at the worst place. */
const MOST_COSETS = 18;

describe("given a blob and the contract that opens it", () => {
	const random = new Random(SEED);
	const content = Uint8Array.from({ length: Blob.CONTENT_BYTES }, () => random.below(256));
	const [blob] = Blob.pack(content);
	const [other] = Blob.pack(content.map((byte) => byte ^ 1));
	let l1: L1;
	let harness: Contract;

	before(async () => {
		l1 = await L1.start();
		harness = await l1.deploy("BlobHarness", []);
	});
	after(() => l1.close());

	const nameOf = (of: Uint8Array): string => hexlify(Kzg.versionedHash(Kzg.commit(of)));
	async function read(opening: Uint8Array, name: string, first: number, cosets: number): Promise<Uint8Array> {
		const call = harness.getFunction("open");
		return getBytes((await call(opening, name, first, cosets, { gasLimit: 12_000_000 })) as string);
	}
	const refused = (opening: Uint8Array, what: string, name = nameOf(blob), first = 3, cosets = 2): Promise<void> =>
		assert.rejects(read(opening, name, first, cosets), what);
	function changed(opening: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
		const copy = opening.slice();
		copy.set(bytes, at);
		return copy;
	}

	it("refuses another element, another place, another blob, and a proof of another point", async () => {
		const opening = Opening.open(blob, 3, 2);
		for (const at of [ELEMENTS + 31, ELEMENTS + 32 * 15 + 1, ELEMENTS + 32 * 8]) {
			await refused(changed(opening, at, Uint8Array.of(opening[at] ^ 1)), `byte ${at}`);
		}
		await refused(opening, "the coset behind", nameOf(blob), 4);
		await refused(opening, "half of it", nameOf(blob), 3, 1);
		await refused(opening, "another blob's name", nameOf(other));
		const elsewhere = Opening.open(other, 3, 2);
		await refused(changed(opening, COMMITMENT, elsewhere.subarray(COMMITMENT, QUOTIENT)), "another blob's commitment");
		await refused(changed(opening, QUOTIENT, elsewhere.subarray(QUOTIENT, PROOF)), "another blob's quotient");
		await refused(changed(opening, PROOF, Opening.open(blob, 9, 2).subarray(PROOF, ELEMENTS)), "another point's proof");
		await refused(opening.subarray(0, opening.length - 1), "too short");
	});

	it("refuses an element with the modulus added, which is the same number and other bytes", async () => {
		const small = blob.slice();
		small.fill(0, 32 * 24, 32 * 25);
		const opening = Opening.open(small, 3, 2);
		const lifted = new Uint8Array(32);
		Bytes.putBig(lifted, 0, 32, Bytes.big(opening, ELEMENTS, 32) + Blob.MODULUS);
		await refused(changed(opening, ELEMENTS, lifted), "an element that no blob holds", nameOf(small));
	});

	it("refuses points that are not on the curve, not in the group, or the commitment's mirror", async () => {
		const opening = Opening.open(blob, 3, 2);
		const offCurve = new Uint8Array(96);
		[offCurve[47], offCurve[95]] = [1, 1];
		// (0, 2) is on the curve, of order 3.
		const offGroup = new Uint8Array(96);
		offGroup[95] = 2;
		for (const point of [offCurve, offGroup]) {
			await refused(changed(opening, QUOTIENT, point), "a quotient");
			await refused(changed(opening, COMMITMENT, point), "a commitment");
		}
		const order = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
		for (const at of [COMMITMENT, QUOTIENT]) {
			const mirrored = new Uint8Array(48);
			Bytes.putBig(mirrored, 0, 48, order - Bytes.big(opening, at + 48, 48));
			await refused(changed(opening, at + 48, mirrored), "a mirrored point");
			const lifted = new Uint8Array(48);
			Bytes.putBig(lifted, 0, 48, order + Bytes.big(opening, at, 48));
			await refused(changed(opening, at, lifted), "a coordinate that is too large");
		}
	});

	it("reads any part of it, the ends and the longest record too", async () => {
		const places = [
			[0, 1],
			[Blob.COSETS - 1, 1],
			[Blob.COSETS - MOST_COSETS, MOST_COSETS],
			[255, 2],
			...Array.from({ length: 3 }, () => [random.below(Blob.COSETS - 5), 1 + random.below(5)]),
		];
		for (const [first, cosets] of places) {
			const read_ = await read(Opening.open(blob, first, cosets), nameOf(blob), first, cosets);
			const expected = content.subarray(first * Blob.COSET_BYTES, (first + cosets) * Blob.COSET_BYTES);
			assert.deepEqual(read_, expected, `${cosets} cosets from ${first}`);
		}
	});

	it("reads blobs whose commitment or quotient is the point at infinity: nothing but zeros, and one value everywhere", async () => {
		const zeros = new Uint8Array(32 * Blob.ELEMENTS);
		const sevens = zeros.map((_, i) => (i % 32 === 31 ? 7 : 0));
		for (const flat of [zeros, sevens]) {
			const read_ = await read(Opening.open(flat, 40, 3), nameOf(flat), 40, 3);
			assert.deepEqual(read_, Blob.content(flat.subarray(0, 3 * 256)));
		}
	});

	it("gives every blob that L1 takes one meaning: high bytes say nothing, wherever they are set", async () => {
		const high = blob.slice();
		// Up to 0x72 no element reaches the modulus, whatever else is in it.
		for (let i = 0; i < Blob.ELEMENTS; i++) high[32 * i] = random.below(0x73);
		assert.notEqual(nameOf(high), nameOf(blob));
		assert.deepEqual(await read(Opening.open(high, 100, 2), nameOf(high), 100, 2), content.subarray(100 * 248, 102 * 248));
	});

	it("interpolates as the other twin does, and the polynomial itself at a point of the cosets", async () => {
		for (let i = 0; i < 6; i++) {
			const [first, cosets] = [random.below(Blob.COSETS - 4), 1 + random.below(4)];
			const elements = blob.subarray(first * 256, (first + cosets) * 256);
			// Every other time one of the cosets' own points.
			const place = random.below(cosets);
			const z = i % 2 === 0 ? BigInt(random.below(2 ** 31)) ** 8n % Blob.MODULUS : Blob.shift(first + place);
			const here = Blob.interpolate(first, elements, z);
			const { vanishing, value } = (await harness.getFunction("interpolate")(first, elements, z)) as { vanishing: bigint; value: bigint };
			assert.deepEqual({ vanishing, value }, here);
			if (i % 2 === 0) continue;
			assert.equal(vanishing, 0n);
			assert.equal(value, Bytes.big(elements, 256 * place, 32), "the coset's first point has its first element");
		}
	});

	it("refuses to be deployed on a chain that takes blobs and has no contracts to open them", async () => {
		const { network } = await import("hardhat");
		const { abi, bytecode } = Artifacts.of("OneStepProofEntry");
		const creation = new ContractFactory(abi, bytecode);
		const { data } = await creation.getDeployTransaction(...new Array<string>(10).fill(ZeroAddress));
		for (const [hardfork, refusal] of [
			["cancun", /ChainCannotOpenBlobs/],
			["prague", undefined],
		] as const) {
			const connection = await network.connect({ network: "embedded", override: { hardfork } });
			const [from] = (await connection.provider.request({ method: "eth_accounts", params: [] })) as string[];
			const sent = connection.provider.request({ method: "eth_sendTransaction", params: [{ from, data, gas: "0xb71b00" }] });
			await (refusal ? assert.rejects(sent, refusal) : sent);
			await connection.close();
		}
	});
});
