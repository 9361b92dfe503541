import type { BrokenReceipt } from "../../ports/Evidence.ts";
import type { Store } from "../../ports/Store.ts";
import type { Statement } from "./Statements.ts";

/** What L1 confirmed of the order at an offset, with the hash of the message that begins there; undefined before that. */
export type Confirmed = (offset: number) => Promise<(BrokenReceipt["proof"] & { readonly messageHash: string | undefined }) | undefined>;

/** LIMIT: receipts that wait for their place to be confirmed; an hour's worth. More are not kept, and their holders show them again. */
const MAX_WAITING = 20_000;
/** LIMIT: receipts that are judged in one round, for each is an execution of its batch. */
const MAX_JUDGED = 20;

/** Receipts that somebody showed, on disk until L1 confirmed what stands where they say. */
export class Promises {
	readonly #store: Store;
	readonly #confirmed: Confirmed;
	#count: number;

	constructor(store: Store, confirmed: Confirmed) {
		this.#store = store;
		this.#confirmed = confirmed;
		this.#count = [...this.#waiting()].length;
	}

	/** Notes a receipt whose signature was recovered. */
	async note({ signer, place, said, fields, signature }: Statement): Promise<void> {
		const key = `promise/${String(fields.offset).padStart(15, "0")}/${signer}/${place}/${said}`;
		if (this.#count >= MAX_WAITING || this.#store.get(key)) return;
		this.#count += 1;
		await this.#store.commit([{ key, value: new TextEncoder().encode(JSON.stringify({ signer, fields, signature })) }]);
	}

	/** Judges what can be judged by now, and forgets it. `accuse` is given the evidence against those who broke their word. */
	async judge(accuse: (broken: BrokenReceipt) => Promise<void>): Promise<void> {
		let judged = 0;
		for (const [key, value] of this.#waiting()) {
			if (judged === MAX_JUDGED) break;
			const { signer, fields, signature } = JSON.parse(new TextDecoder().decode(value)) as Statement;
			const found = await this.#confirmed(Number(fields.offset));
			// Places are in the order of the stream: nothing behind this one is confirmed either.
			if (!found) break;
			const { messageHash, ...proof } = found;
			if (messageHash !== fields.messageHash) await accuse({ kind: "receipt", signer, receipt: fields, signature, proof });
			await this.#store.commit([{ key }]);
			this.#count -= 1;
			judged += 1;
		}
	}

	#waiting(): ReturnType<Store["range"]> {
		return this.#store.range("promise/", "promise0");
	}
}
