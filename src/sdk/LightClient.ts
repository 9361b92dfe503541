import { Contract, Interface, ZeroHash, keccak256, verifyTypedData } from "ethers";
import type { Log, Provider } from "ethers";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Merkle from "../machine/math/Merkle.ts";
import { leafOf, stateRootOf } from "../machine/state/Forest.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import * as Accounts from "../machine/types/Account.ts";
import type { Account } from "../machine/types/Account.ts";
import * as Machines from "../machine/types/Machine.ts";
import * as Batch from "../protocol/Batch.ts";
import * as Blob from "../protocol/Blob.ts";
import { blobFrom } from "./blobs.ts";
import type { Acknowledgement } from "./Trader.ts";
import { typedData } from "./typedData.ts";

/** What a trader knows of the exchange from somewhere he trusts: deployments/<network>.json. Never from the server that he checks. */
export type Trusted = {
	readonly chainId: number;
	readonly deployBlock: number;
	readonly contracts: { readonly SequencerInbox: string; readonly AssertionChain: string; readonly StakeRegistry: string };
};

export type VerificationCode =
	| "WRONG_CHAIN"
	| "RECEIPT_OF_ANOTHER_MESSAGE"
	| "RECEIPT_NOT_SIGNED_BY_A_VALIDATOR"
	| "BATCH_NOT_ON_L1"
	| "CONTENT_NOT_ON_L1"
	| "MESSAGE_NOT_IN_BATCH"
	| "STATE_NOT_CONFIRMED"
	| "ACCOUNT_NOT_IN_STATE";

/** What the server said is not what L1 says. `code` names which. */
export class VerificationError extends Error {
	readonly code: VerificationCode;

	constructor(code: VerificationCode, message: string, cause?: unknown) {
		super(message, { cause });
		this.code = code;
	}
}

/** A receipt that somebody with stake stands behind: he is slashed if he gives the sequence number to another message. */
export type VerifiedReceipt = { readonly sequence: number; readonly signer: string; readonly stake: bigint };

/** Where on L1 a message stands: it can be undone only with the block. */
export type VerifiedInclusion = { readonly batch: number; readonly record: number; readonly block: number; readonly transaction: string };

/** An account as a confirmed assertion holds it: micro-USDC and signed lots. `batches` were executed up to there. */
export type VerifiedAccount = {
	readonly assertion: string;
	readonly batches: number;
	readonly time: number;
	readonly account: Readonly<Account>;
};

/** As `public/get_account_proof` gives it. */
export type AccountProof = {
	readonly assertion: string;
	readonly final_state: string;
	readonly kind_roots: readonly string[];
	readonly cell: string;
	readonly siblings: readonly string[];
};

const INBOX = new Interface([
	"event BatchPosted(uint64 indexed index, bytes32 accumulator, uint8 carrier, bytes32 contentRoot, uint32 length, uint40 minTime, uint40 maxTime, uint64 l1End, uint64 streamStart)",
	"function postBatch(uint64 index, uint40 minTime, uint40 maxTime, uint64 l1End, bytes content, bytes32 blobsRoot, bytes signatures)",
	"function batchAccumulator(uint64 index) view returns (bytes32)",
]);
const ASSERTIONS = [
	"function latestConfirmed() view returns (bytes32)",
	"function assertions(bytes32) view returns (tuple(bytes32 parent, bytes32 finalLeaf, uint64 targetBatch, uint64 createdAt, uint64 decidedAt, uint8 status, bool isRivalled, bool isOverflow))",
];
const STAKES = ["function validatorOf(address) view returns (tuple(uint96 stake, uint96 leaving, uint56 leavesAt, bool isSlashed))"];
const CONFIRMED = 3;

/** Checks what a server says against the trader's own L1 endpoint. Everything that does not hold throws VerificationError. */
export class LightClient {
	readonly #l1: Provider;
	readonly #trusted: Trusted;
	readonly #inbox: Contract;
	readonly #assertions: Contract;
	readonly #stakes: Contract;
	readonly #archives: readonly string[];

	/** `archives`: addresses of nodes that may have the blobs that batches went in, such as the exchange's own API. They are not believed either. */
	constructor(l1: Provider, trusted: Trusted, archives: readonly string[] = []) {
		this.#l1 = l1;
		this.#archives = archives;
		this.#trusted = trusted;
		this.#inbox = new Contract(trusted.contracts.SequencerInbox, INBOX, l1);
		this.#assertions = new Contract(trusted.contracts.AssertionChain, ASSERTIONS, l1);
		this.#stakes = new Contract(trusted.contracts.StakeRegistry, STAKES, l1);
	}

	/** That the receipt is for these bytes, and signed by somebody whose stake on L1 it puts at risk. */
	async receipt(payload: Uint8Array, acknowledgement: Acknowledgement): Promise<VerifiedReceipt> {
		await this.#checkChain();
		const { sequence, offset, message_hash, stream_hash, time, receipt } = acknowledgement;
		if (Bytes.toHex(Keccak.hash(payload)) !== message_hash)
			throw new VerificationError("RECEIPT_OF_ANOTHER_MESSAGE", `The receipt ${sequence} is for a message that hashes to ${message_hash}.`);
		const domain = {
			name: "Strikeproof",
			version: "1",
			chainId: this.#trusted.chainId,
			verifyingContract: this.#trusted.contracts.SequencerInbox,
		};
		const message = { sequence, offset, messageHash: message_hash, streamHash: stream_hash, time };
		let signer = "";
		try {
			signer = verifyTypedData(domain, typedData.Receipt, message, receipt).toLowerCase();
		} catch (cause) {
			throw new VerificationError("RECEIPT_NOT_SIGNED_BY_A_VALIDATOR", `The signature of receipt ${sequence} is none.`, cause);
		}
		const validator = (await this.#stakes.validatorOf(signer)) as {
			readonly stake: bigint;
			readonly leaving: bigint;
			readonly isSlashed: boolean;
		};
		const stake = validator.stake + validator.leaving;
		if (stake === 0n || validator.isSlashed)
			throw new VerificationError(
				"RECEIPT_NOT_SIGNED_BY_A_VALIDATOR",
				`Receipt ${sequence} is signed by ${signer}, who has nothing at stake.`,
			);
		return { sequence, signer, stake };
	}

	/** That these bytes are a record of batch `index` on L1, by the batch's own content, whose hash the inbox holds. */
	async inclusion(payload: Uint8Array, index: number): Promise<VerifiedInclusion> {
		await this.#checkChain();
		const { header, content, log } = await this.#batch(index);
		for (let at = 0, record = 0; at < header.length; record++) {
			const head = Batch.readRecord(content, 0, at, header.length);
			// What follows is void for the machine too.
			if (!head.ok) break;
			at = head.payloadAt + head.length;
			if (Bytes.equal(content.subarray(head.payloadAt, at), payload))
				return { batch: index, record, block: log.blockNumber, transaction: log.transactionHash };
		}
		throw new VerificationError("MESSAGE_NOT_IN_BATCH", `Batch ${index} on L1 does not hold the message.`);
	}

	/** That the account is part of the state that the latest confirmed assertion commits to. */
	async account(index: number, proof: AccountProof): Promise<VerifiedAccount> {
		await this.#checkChain();
		const latest = (await this.#assertions.latestConfirmed()) as string;
		const { finalLeaf, status } = (await this.#assertions.assertions(proof.assertion)) as { finalLeaf: string; status: bigint };
		// An older confirmed assertion is true too, only older; one that is none has no status.
		if (proof.assertion !== latest && Number(status) !== CONFIRMED)
			throw new VerificationError("STATE_NOT_CONFIRMED", `Assertion ${proof.assertion} is not confirmed on L1.`);
		const state = Bytes.fromHex(proof.final_state);
		if (state.length !== Machines.LENGTH || finalLeaf === ZeroHash || keccak256(state) !== finalLeaf)
			throw new VerificationError("STATE_NOT_CONFIRMED", `The state given is not what assertion ${proof.assertion} commits to.`);
		const roots = proof.kind_roots.map(Bytes.fromHex);
		const cell = Bytes.fromHex(proof.cell);
		const siblings = proof.siblings.map(Bytes.fromHex);
		const isShaped =
			roots.length === Kinds.STATE_KINDS &&
			siblings.length === Kinds.DEPTHS[Kinds.ACCOUNTS] &&
			[...roots, ...siblings].every(({ length }) => length === 32) &&
			index < 2 ** Kinds.DEPTHS[Kinds.ACCOUNTS];
		if (!isShaped || !Bytes.equal(stateRootOf(roots), state.subarray(32, 64)))
			throw new VerificationError("ACCOUNT_NOT_IN_STATE", "The roots given are not those of the confirmed state.");
		if (!Bytes.equal(Merkle.rootOf(leafOf(Kinds.ACCOUNTS, cell), index, siblings), roots[Kinds.ACCOUNTS]))
			throw new VerificationError("ACCOUNT_NOT_IN_STATE", `Account ${index} is not in the confirmed state as it was given.`);
		const machine = Machines.decode(state);
		return { assertion: proof.assertion, batches: machine.cursor.batch, time: machine.clock, account: Accounts.decode(cell) };
	}

	async #checkChain(): Promise<void> {
		const { chainId } = await this.#l1.getNetwork();
		if (Number(chainId) !== this.#trusted.chainId)
			throw new VerificationError("WRONG_CHAIN", `The L1 endpoint is of chain ${chainId}, the deployment of ${this.#trusted.chainId}.`);
	}

	/** A batch by its log, checked against the accumulators that the contract holds, and its content against that. */
	async #batch(index: number): Promise<{ readonly header: Batch.Header; readonly content: Uint8Array; readonly log: Log }> {
		const topics = INBOX.encodeFilterTopics("BatchPosted", [index]);
		const address = this.#trusted.contracts.SequencerInbox;
		const [log] = await this.#l1.getLogs({ address, topics, fromBlock: this.#trusted.deployBlock, toBlock: "latest" });
		if (!log) throw new VerificationError("BATCH_NOT_ON_L1", `L1 holds no batch ${index}.`);
		// By place: one of the fields is called length, as the list itself is.
		const [, , carrier, contentRoot, length, minTime, maxTime, l1End, streamStart] = INBOX.parseLog(log)?.args.toArray() as (bigint &
			string)[];
		const header: Batch.Header = {
			carrier: Number(carrier),
			contentRoot: Bytes.fromHex(contentRoot),
			length: Number(length),
			minTime: Number(minTime),
			maxTime: Number(maxTime),
			l1End: Number(l1End),
			streamStart: Number(streamStart),
		};
		const [before, after] = await Promise.all([this.#inbox.batchAccumulator(index), this.#inbox.batchAccumulator(index + 1)]);
		if (Bytes.toHex(Batch.accumulate(Bytes.fromHex(before as string), header)) !== after)
			throw new VerificationError("BATCH_NOT_ON_L1", `The log of batch ${index} is not what the inbox accumulated.`);
		if (header.length === 0) return { header, content: new Uint8Array(0), log };
		const transaction = await this.#l1.getTransaction(log.transactionHash);
		if (header.carrier === Batch.BLOB)
			return { header, content: await this.#fromBlobs(index, header, transaction?.blobVersionedHashes ?? []), log };
		const call = transaction && INBOX.parseTransaction(transaction);
		const content = call ? Bytes.fromHex(call.args.content as string) : new Uint8Array(0);
		if (content.length !== header.length || !Bytes.equal(Batch.contentRoot(content), header.contentRoot))
			throw new VerificationError("CONTENT_NOT_ON_L1", `The L1 endpoint does not give the content of batch ${index}: ask another.`);
		return { header, content, log };
	}

	async #fromBlobs(index: number, header: Batch.Header, named: readonly string[]): Promise<Uint8Array> {
		const names = named.slice(0, Blob.count(header.length));
		if (!Bytes.equal(Blob.root(names.map(Bytes.fromHex)), header.contentRoot))
			throw new VerificationError("CONTENT_NOT_ON_L1", `The L1 endpoint does not give the transaction of batch ${index}: ask another.`);
		const blobs: Uint8Array[] = [];
		for (const name of names) {
			let found: Uint8Array | undefined;
			for (const archive of this.#archives) found ??= await blobFrom(archive, this.#l1, name);
			if (!found)
				throw new VerificationError("CONTENT_NOT_ON_L1", `No archive gives blob ${name}, which holds batch ${index}: name another.`);
			blobs.push(found);
		}
		return Blob.content(Bytes.concat(...blobs)).subarray(0, header.length);
	}
}
