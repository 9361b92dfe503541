import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { MAX_PAYLOAD_BYTES } from "../../src/machine/Constants.ts";
import { DEPOSIT, FORCED } from "../../src/machine/types/Machine.ts";
import * as InboxAccumulator from "../../src/protocol/InboxAccumulator.ts";
import { L1, eventOf, refuses, send } from "../chain/l1.ts";

describe("given an inbox whose vault is known", () => {
	let l1: L1;
	let inbox: Contract;
	let vault: HDNodeWallet;
	let stranger: HDNodeWallet;
	before(async () => {
		l1 = await L1.start();
		vault = await l1.wallet(1);
		stranger = await l1.wallet(2);
		inbox = await l1.deploy("Inbox", [vault.address]);
	});
	after(() => l1.close());

	it("refuses a deposit from anybody but the vault", async () => {
		await refuses(send(inbox, stranger, "enqueueDeposit", ["0x01"]), inbox.interface, "OnlyVault", [stranger.address]);
	});

	it("refuses a forced message without content, and one that no step could hold", async () => {
		await refuses(send(inbox, stranger, "force", ["0x"]), inbox.interface, "EmptyPayload");
		const long = hexlify(new Uint8Array(MAX_PAYLOAD_BYTES + 1));
		await refuses(send(inbox, stranger, "force", [long]), inbox.interface, "PayloadTooLong", [
			BigInt(MAX_PAYLOAD_BYTES + 1),
			BigInt(MAX_PAYLOAD_BYTES),
		]);
	});

	it("has an empty log as long as it refused everything", async () => {
		assert.equal(await inbox.getFunction("count")(), 0n);
		assert.equal(BigInt(await inbox.getFunction("accumulator")(0)), 0n);
	});

	it("commits to kind, sender, time, place and bytes of each message, as the other twin does", async () => {
		let accumulator: Uint8Array = new Uint8Array(32);
		const times: number[] = [];
		// Times stand four to a slot: nine messages cross two borders.
		for (let index = 0; index < 9; index++) {
			const isDeposit = index % 3 === 0;
			const from = isDeposit ? vault : stranger;
			const payload = index === 4 ? new Uint8Array(MAX_PAYLOAD_BYTES).fill(7) : Uint8Array.of(index, 255 - index);
			const time = (await l1.now()) + 11 * index + 1;
			await l1.at(time);
			const receipt = await send(inbox, from, isDeposit ? "enqueueDeposit" : "force", [hexlify(payload)]);
			const kind = isDeposit ? DEPOSIT : FORCED;
			accumulator = InboxAccumulator.accumulate(accumulator, InboxAccumulator.messageHash(kind, from.address, time, index, payload));
			times.push(time);
			assert.equal(await inbox.getFunction("accumulator")(index + 1), hexlify(accumulator));
			assert.deepEqual(eventOf(inbox, receipt, "MessageDelivered"), {
				index: BigInt(index),
				kind: BigInt(kind),
				sender: from.address,
				timestamp: BigInt(time),
				payload: hexlify(payload),
			});
		}
		for (const [index, time] of times.entries()) assert.equal(await inbox.getFunction("timestampOf")(index), BigInt(time));
		assert.equal(await inbox.getFunction("count")(), 9n);
	});
});
