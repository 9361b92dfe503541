// Recovers signers on a thread of its own. A request is n x (digest 32 | signature 65), its answer n x address 20, zero where nobody signed.

import { parentPort, workerData } from "node:worker_threads";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Signature from "../machine/math/Signature.ts";

const ITEM_BYTES = 97;

/** Not 0 when nobody waits for answers any more; an empty request then ends the thread. */
const stop = workerData as Int32Array;

parentPort?.on("message", (request: Uint8Array) => {
	if (request.length === 0) {
		parentPort?.close();
		return;
	}
	const count = request.length / ITEM_BYTES;
	const answer = new Uint8Array(count * 20);
	for (let i = 0; i < count && Atomics.load(stop, 0) === 0; i++) {
		const at = i * ITEM_BYTES;
		answer.set(Bytes.fromHex(Signature.recover(request.subarray(at, at + 32), request.subarray(at + 32, at + ITEM_BYTES))), i * 20);
	}
	parentPort?.postMessage(answer, [answer.buffer]);
});
