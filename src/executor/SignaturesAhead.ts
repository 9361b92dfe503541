import * as Messages from "../machine/step/Messages.ts";
import { signedPart } from "./UserMessages.ts";
import * as Batch from "../protocol/Batch.ts";
import type { ReadBatch } from "./InboxView.ts";
import type { SignaturePool } from "./SignaturePool.ts";

/** Records whose signers are waited for together. */
const GROUP_RECORDS = 64;

type Signed = { readonly digest: Uint8Array; readonly signature: Uint8Array };

/**
 * Recovers the signers of a batch's records on other threads while the records before them are executed. Only a matter of speed: a step finds the
 * remembered signer of exactly the digest and signature that it would have recovered itself.
 */
export class SignaturesAhead {
	/** Offset in the batch at which a group begins, and when its signers are known; ascending. */
	readonly #groups: { readonly offset: number; readonly done: Promise<unknown> }[] = [];
	#next = 0;

	/** @param from offset of the first record that is still to be executed */
	constructor(pool: SignaturePool, batch: ReadBatch, from: number, domainSeparator: Uint8Array) {
		const { content } = batch;
		let asked: Promise<string>[] = [];
		let offset = from;
		for (let at = from, count = 0; at < content.length; count++) {
			const record = Batch.readRecord(content, 0, at, content.length);
			if (!record.ok) break;
			if (count === GROUP_RECORDS) {
				this.#groups.push({ offset, done: Promise.all(asked) });
				[asked, offset, count] = [[], at, 0];
			}
			at = record.payloadAt + record.length;
			for (const { digest, signature } of signedParts(content.subarray(record.payloadAt, at), domainSeparator))
				asked.push(pool.recover(digest, signature));
		}
		this.#groups.push({ offset, done: Promise.all(asked) });
		// A pool that dies is told to whoever waits for it; groups nobody comes to must not fail the process.
		for (const { done } of this.#groups) done.catch(() => undefined);
	}

	/** Whether the record at `offset` begins a group that was not waited for. */
	isDue(offset: number): boolean {
		const group = this.#groups[this.#next];
		return group !== undefined && offset >= group.offset;
	}

	/** Resolves when the signers of the group at hand are known. */
	async wait(): Promise<void> {
		await this.#groups[this.#next++]?.done;
	}
}

/** The digests that a payload's signatures are of, as the step would make them. */
function signedParts(payload: Uint8Array, domain: Uint8Array): Signed[] {
	if (payload[0] !== Messages.REPORT) {
		const part = signedPart(payload, domain);
		return part ? [part] : [];
	}
	const m = Messages.parseReport(payload);
	if (!m) return [];
	const digest = Messages.reportDigest(domain, m);
	return m.signatures.map((signature) => ({ digest, signature }));
}
