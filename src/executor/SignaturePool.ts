import { once } from "node:events";
import { Worker } from "node:worker_threads";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Signature from "../machine/math/Signature.ts";
import { ExecutorError } from "./ExecutorError.ts";

const ITEM_BYTES = 97;
/** Signatures sent to a worker at once: enough that passing messages costs little, few enough that nobody waits long. */
const GROUP = 128;

type Item = {
	readonly digest: Uint8Array;
	readonly signature: Uint8Array;
	readonly resolve: (signer: string) => void;
	readonly reject: (error: Error) => void;
};
type Lane = { readonly worker: Worker; /** Not 0 when the thread is to end. */ readonly stop: Int32Array; readonly sent: Item[][] };

/**
 * Recovers signers on other threads, for whoever checks messages before they are ordered. Each answer is remembered, so that the step that executes
 * the message does not recover it again. The answer is exactly `Signature.recover`'s: the workers run that function.
 */
export class SignaturePool {
	readonly #lanes: readonly Lane[];
	#queue: Item[] = [];
	#scheduled = false;
	#failure: ExecutorError | undefined;
	#closing = false;

	/** @param workers threads, one a core at most */
	constructor(workers = 1) {
		this.#lanes = Array.from({ length: workers }, () => {
			const stop = new Int32Array(new SharedArrayBuffer(4));
			const lane: Lane = { worker: new Worker(new URL("./signatureWorker.ts", import.meta.url), { workerData: stop }), stop, sent: [] };
			lane.worker.on("message", (answer: Uint8Array) => this.#answered(lane, answer));
			lane.worker.on("error", (error) => this.#fail(error));
			lane.worker.unref();
			return lane;
		});
	}

	/** Lower-case address that signed the digest, the zero address when nobody did. */
	recover(digest: Uint8Array, signature: Uint8Array): Promise<string> {
		if (this.#failure) return Promise.reject(this.#failure);
		if (signature.length !== Signature.LENGTH || digest.length !== 32) return Promise.resolve(Signature.recover(digest, signature));
		return new Promise((resolve, reject) => {
			this.#queue.push({ digest, signature, resolve, reject });
			if (this.#scheduled) return;
			this.#scheduled = true;
			// What arrives in one turn of the loop goes out together.
			setImmediate(() => this.#send());
		});
	}

	/** Signatures asked for and not answered yet: what a gateway bounds. */
	get pending(): number {
		return this.#queue.length + this.#lanes.reduce((sum, { sent }) => sum + sent.reduce((items, group) => items + group.length, 0), 0);
	}

	async close(): Promise<void> {
		// Whoever waits for the end of the threads must not be ended before them: no answer that is still on its way lets go of its thread.
		this.#closing = true;
		this.#fail(undefined);
		await Promise.all(
			this.#lanes.map(async ({ worker, stop }) => {
				// A thread that is gone has the id -1.
				if (worker.threadId === -1) return;
				worker.ref();
				const end = once(worker, "exit");
				// Asked, not terminated: a thread that is ended inside native code takes the process with it.
				Atomics.store(stop, 0, 1);
				worker.postMessage(new Uint8Array(0));
				await end;
			}),
		);
	}

	#send(): void {
		this.#scheduled = false;
		const queue = this.#queue;
		this.#queue = [];
		for (let at = 0; at < queue.length; at += GROUP) {
			const group = queue.slice(at, at + GROUP);
			const lane = this.#lanes.reduce((best, candidate) => (candidate.sent.length < best.sent.length ? candidate : best));
			const request = new Uint8Array(group.length * ITEM_BYTES);
			for (const [i, { digest, signature }] of group.entries()) {
				request.set(digest, i * ITEM_BYTES);
				request.set(signature, i * ITEM_BYTES + 32);
			}
			if (lane.sent.length === 0) lane.worker.ref();
			lane.sent.push(group);
			lane.worker.postMessage(request, [request.buffer]);
		}
	}

	#answered(lane: Lane, answer: Uint8Array): void {
		const group = lane.sent.shift() ?? [];
		// An idle pool does not keep the process alive.
		if (lane.sent.length === 0 && !this.#closing) lane.worker.unref();
		for (const [i, { digest, signature, resolve }] of group.entries()) {
			const signer = Bytes.address(answer, i * 20);
			Signature.remember(digest, signature, signer);
			resolve(signer);
		}
	}

	#fail(cause: unknown): void {
		this.#failure ??= new ExecutorError(
			"CLOSED",
			cause === undefined ? "The signature workers are closed." : "A signature worker died.",
			cause,
		);
		const failure = this.#failure;
		for (const { reject } of [...this.#queue, ...this.#lanes.flatMap(({ sent }) => sent.flat())]) reject(failure);
		this.#queue = [];
		for (const { sent } of this.#lanes) sent.length = 0;
	}
}
