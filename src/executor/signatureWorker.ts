// Recovers signers on a thread of its own. A request is n x (digest 32 | signature 65), its answer n x address 20, zero where nobody signed.

import { parentPort } from "node:worker_threads";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Signature from "../machine/math/Signature.ts";

const ITEM_BYTES = 97;

parentPort?.on("message", (request: Uint8Array) => {
	const count = request.length / ITEM_BYTES;
	const answer = new Uint8Array(count * 20);
	for (let i = 0; i < count; i++) {
		const at = i * ITEM_BYTES;
		answer.set(Bytes.fromHex(Signature.recover(request.subarray(at, at + 32), request.subarray(at + 32, at + ITEM_BYTES))), i * 20);
	}
	parentPort?.postMessage(answer, [answer.buffer]);
});
