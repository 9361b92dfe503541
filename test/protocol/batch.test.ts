import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as Merkle from "../../src/machine/math/Merkle.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { initial, InputKind } from "../../src/machine/types/Machine.ts";
import * as Batch from "../../src/protocol/Batch.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("given bytes of a batch", () => {
	it("finds no record in lengths and delays that do not end, are too large, or lead beyond the end", () => {
		const junk = [
			bytes(),
			bytes(0x80),
			bytes(0x80, 0x80, 0x80, 0x01, 0, 1),
			bytes(0, 0),
			bytes(2, 0, 9),
			bytes(1, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 9),
			bytes(1, 0xff, 0xff, 0xff, 0xff, 0x10, 9),
			bytes(0x81, 0x20, 0, ...new Uint8Array(4097)),
		];
		for (const content of junk) assert.equal(Batch.readRecord(content, 0, 0, content.length).ok, false, content.toString());
	});

	it("reads the records that were written", () => {
		const record = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 0, max: 4_294_967_295 }));
		fc.assert(
			fc.property(fc.array(record, { maxLength: 10 }), (records) => {
				const content = Uint8Array.from(records.flatMap(([payload, delay]) => [...Batch.encodeRecord(payload, delay)]));
				let at = 0;
				for (const [payload, delay] of records) {
					const head = Batch.readRecord(content, 0, at, content.length);
					assert.deepEqual(
						[head.ok, head.delay, [...content.subarray(head.payloadAt, head.payloadAt + head.length)]],
						[true, delay, [...payload]],
					);
					at = head.payloadAt + head.length;
				}
				assert.equal(at, content.length);
			}),
		);
	});

	it("reaches the end of any batch in at most a step a byte and a message", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 4 }), (content, l1End) => {
				const machine = initial();
				const header = {
					carrier: 0,
					contentRoot: new Uint8Array(32),
					length: content.length,
					minTime: 100,
					maxTime: 200,
					l1End,
					streamStart: 0,
				};
				for (let steps = 0; ; steps++) {
					const input = Batch.nextInput(machine, 1, header, content, 0, () => ({ kind: 2, sender: "0x00", payload: bytes(9) }));
					if (input.kind === InputKind.Halted) break;
					assert.ok(steps <= content.length + l1End + 2);
					assert.ok(input.clock >= machine.clock && input.clock >= 100 && input.clock <= 200);
					machine.cursor = input.cursor;
					machine.clock = input.clock;
				}
				assert.deepEqual(machine.cursor, { batch: 1, l1Index: l1End, offset: 0, item: 0 });
			}),
		);
	});

	it("shows every chunk under the content's root", () => {
		for (const length of [1, 1023, 1024, 1025, 5000, 120_000]) {
			const content = new Uint8Array(length).fill(7);
			const root = Batch.contentRoot(content);
			for (let chunk = 0; chunk * Batch.CHUNK_BYTES < length; chunk += 17) {
				const leaf = Keccak.hash(content.subarray(chunk * Batch.CHUNK_BYTES, (chunk + 1) * Batch.CHUNK_BYTES));
				assert.deepEqual(Merkle.rootOf(leaf, chunk, Batch.chunkSiblings(content, chunk)), root);
			}
		}
	});
});
