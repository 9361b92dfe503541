// Signs on a thread of its own, with the one key it was started with. A request is n x digest 32, its answer n x (r 32 | s 32 | v 1).

import { parentPort, workerData } from "node:worker_threads";
import { KeySigner } from "./KeySigner.ts";

/** `stop` is not 0 when nobody waits for answers any more; an empty request then ends the thread. */
const { privateKey, stop } = workerData as { privateKey: string; stop: Int32Array };
const signer = new KeySigner(privateKey);

async function answer(request: Uint8Array): Promise<void> {
	const count = request.length / 32;
	const signatures = new Uint8Array(count * 65);
	for (let i = 0; i < count && Atomics.load(stop, 0) === 0; i++)
		signatures.set(await signer.sign(request.subarray(32 * i, 32 * i + 32)), 65 * i);
	parentPort?.postMessage(signatures, [signatures.buffer]);
}

// INVARIANT: answers go out in the order of their requests.
let turn = Promise.resolve();
parentPort?.on("message", (request: Uint8Array) => {
	if (request.length === 0) {
		parentPort?.close();
		return;
	}
	turn = turn.then(() => answer(request));
});
