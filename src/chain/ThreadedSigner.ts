import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Signer } from "../ports/Signer.ts";
import { KeySigner } from "./KeySigner.ts";

type Item = { readonly digest: Uint8Array; readonly resolve: (signature: Uint8Array) => void; readonly reject: (error: Error) => void };

/**
 * Signs with a private key on a thread of its own: a sequencer signs a receipt for every message, and each costs as much as executing several.
 * Signatures are deterministic (RFC 6979) with low s.
 */
export class ThreadedSigner implements Signer {
	readonly address: string;
	readonly #worker: Worker;
	#queue: Item[] = [];
	readonly #sent: Item[][] = [];
	#failure: Error | undefined;
	#closing = false;
	/** Not 0 when the thread is to end. */
	readonly #stop = new Int32Array(new SharedArrayBuffer(4));

	/** @param privateKey hexadecimal with 0x; it stays in this process and is never shown. Throws when it is no key. */
	constructor(privateKey: string) {
		this.address = new KeySigner(privateKey).address;
		this.#worker = new Worker(new URL("./signingWorker.ts", import.meta.url), { workerData: { privateKey, stop: this.#stop } });
		this.#worker.on("message", (answer: Uint8Array) => this.#answered(answer));
		this.#worker.on("error", (error) => this.#fail(error));
		this.#worker.unref();
	}

	sign(digest: Uint8Array): Promise<Uint8Array> {
		if (this.#failure) return Promise.reject(this.#failure);
		if (digest.length !== 32) return Promise.reject(new RangeError(`a digest is 32 bytes, not ${digest.length}`));
		return new Promise((resolve, reject) => {
			this.#queue.push({ digest, resolve, reject });
			// What is asked in one turn of the loop goes out together.
			if (this.#queue.length === 1) setImmediate(() => this.#send());
		});
	}

	async close(): Promise<void> {
		// Whoever waits for the end of the thread must not be ended before it: no answer that is still on its way lets go of it.
		this.#closing = true;
		this.#fail(new Error("the signer is closed"));
		// A thread that is gone has the id -1.
		if (this.#worker.threadId === -1) return;
		this.#worker.ref();
		const end = once(this.#worker, "exit");
		// Asked, not terminated: a thread that is ended inside native code takes the process with it.
		Atomics.store(this.#stop, 0, 1);
		this.#worker.postMessage(new Uint8Array(0));
		await end;
	}

	#send(): void {
		const group = this.#queue;
		this.#queue = [];
		if (group.length === 0) return;
		const request = new Uint8Array(32 * group.length);
		for (const [i, { digest }] of group.entries()) request.set(digest, 32 * i);
		if (this.#sent.length === 0) this.#worker.ref();
		this.#sent.push(group);
		this.#worker.postMessage(request, [request.buffer]);
	}

	#answered(answer: Uint8Array): void {
		const group = this.#sent.shift() ?? [];
		if (this.#sent.length === 0 && !this.#closing) this.#worker.unref();
		for (const [i, { resolve }] of group.entries()) resolve(answer.slice(65 * i, 65 * i + 65));
	}

	#fail(error: Error): void {
		this.#failure ??= error;
		for (const { reject } of [...this.#queue, ...this.#sent.flat()]) reject(this.#failure);
		this.#queue = [];
		this.#sent.length = 0;
	}
}
