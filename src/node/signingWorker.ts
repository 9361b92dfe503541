// Signs on a thread of its own, with the one key it was started with. A request is n x digest 32, its answer n x (r 32 | s 32 | v 1).

import { parentPort, workerData } from "node:worker_threads";
import secp256k1 from "secp256k1";

const secret = workerData as Uint8Array;

parentPort?.on("message", (request: Uint8Array) => {
	const count = request.length / 32;
	const answer = new Uint8Array(count * 65);
	for (let i = 0; i < count; i++) {
		const { signature, recid } = secp256k1.ecdsaSign(request.subarray(32 * i, 32 * i + 32), secret);
		answer.set(signature, 65 * i);
		answer[65 * i + 64] = 27 + recid;
	}
	parentPort?.postMessage(answer, [answer.buffer]);
});
