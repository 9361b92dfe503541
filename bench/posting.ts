// What it takes to put messages on L1: bytes of a record by kind of message, and gas of an order by either carrier, from real transactions on an embedded L1.

import { Contract, ContractFactory, TypedDataEncoder, getBytes, parseEther } from "ethers";
import type { TransactionReceipt, TransactionResponse } from "ethers";
import * as Artifacts from "../src/chain/Artifacts.ts";
import * as Certificate from "../src/chain/Certificate.ts";
import * as EmbeddedChain from "../src/chain/EmbeddedChain.ts";
import { KeySigner } from "../src/chain/KeySigner.ts";
import * as Sidecar from "../src/chain/Sidecar.ts";
import { testWallet } from "../src/chain/TestKeys.ts";
import * as Kzg from "../src/kzg/Kzg.ts";
import * as Bytes from "../src/machine/math/Bytes.ts";
import * as Keccak from "../src/machine/math/Keccak.ts";
import * as DealEncoding from "../src/machine/step/DealEncoding.ts";
import * as Encoding from "../src/machine/step/Encoding.ts";
import { PLACE } from "../src/machine/step/Messages.ts";
import * as Batch from "../src/protocol/Batch.ts";
import * as Blob from "../src/protocol/Blob.ts";
import * as Checkpoint from "../src/protocol/Checkpoint.ts";
import { UNSIGNED } from "./market.ts";
import type { Item } from "./market.ts";

export type Posting = {
	/** Bytes of a record on L1, its head of two or three bytes with it. */
	readonly bytesByKind: Readonly<Record<string, number>>;
	/** As many signed orders as one blob and one batch of calldata hold. */
	readonly ordersPerBlob: number;
	readonly ordersPerCalldata: number;
	/** Of a full batch, its certificate of one signer and the transaction's own 21,000 with it. */
	readonly blobGasPerOrder: number;
	/** Units of blob gas, which have a price of their own. */
	readonly blobDataGasPerOrder: number;
	readonly calldataGasPerOrder: number;
	/** What a batch takes beside its data. */
	readonly blobOverheadGas: number;
	readonly calldataOverheadGas: number;
};

const lengthOf = (payload: Uint8Array): number => Batch.encodeRecord(payload, 0).length;

/** Every kind of message that there is much of. */
function bytesByKind(items: readonly Item[]): Record<string, number> {
	const signature = UNSIGNED;
	const place = items.find(({ kind }) => kind === "place");
	const cancel = items.find(({ kind }) => kind === "cancel");
	if (!place || !cancel) throw new Error("The workload has no order, or no cancellation.");
	const item = { kind: PLACE, series: 1, side: 0, timeInForce: 0, flags: 0, price: 1, size: 1, expiresAt: 0, label: 0, order: 0 };
	return {
		Place: lengthOf(place.payload),
		Cancel: lengthOf(cancel.payload),
		Replace: lengthOf(Encoding.replace({ account: 1, series: 1, side: 0, order: 1, price: 1, size: 1, nonce: 1, signature })),
		CancelAll: lengthOf(Encoding.cancelAll({ account: 1, underlying: 0, nonce: 1, signature })),
		"Basket of 32, an item":
			lengthOf(DealEncoding.basket({ account: 1, nonce: 1, count: 32, items: DealEncoding.items(new Array(32).fill(item)), signature })) /
			32,
		Withdraw: lengthOf(Encoding.withdraw({ account: 1, recipient: `0x${"11".repeat(20)}`, amount: 1, nonce: 1, signature })),
		"take an L1 message": lengthOf(Uint8Array.of(Batch.TAKE_L1)),
	};
}

export async function posting(items: readonly Item[]): Promise<Posting> {
	const orders = items.filter(({ kind }) => kind === "place").map(({ payload }) => Batch.encodeRecord(payload, 0));
	const fitting = (bytes: number): Uint8Array[] => {
		let length = 0;
		return orders.filter((record) => (length += record.length) <= bytes);
	};
	const [inBlob, inCalldata] = [fitting(Blob.CONTENT_BYTES), fitting(Batch.MAX_BATCH_BYTES)];
	const chain = await EmbeddedChain.start();
	try {
		const wallet = testWallet(0).connect(chain.provider);
		const signer = new KeySigner(wallet.privateKey);
		const deploy = async (name: string, args: readonly unknown[], value = 0n): Promise<Contract> => {
			const { abi, bytecode } = Artifacts.of(name);
			const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...args, { value });
			await contract.waitForDeployment();
			return new Contract(await contract.getAddress(), abi, wallet);
		};
		const inbox = await deploy("Inbox", [wallet.address]);
		const registry = await deploy("StakeRegistry", [wallet.address, wallet.address, 1000, 100, [wallet.address], []], parseEther("1"));
		const sequencerInbox = await deploy("SequencerInbox", [await inbox.getAddress(), await registry.getAddress(), 300, 300, 1]);
		const verifyingContract = await sequencerInbox.getAddress();
		const domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
		const gasOf = async (content: Uint8Array, isBlob: boolean): Promise<bigint> => {
			const index = Number(await sequencerInbox.getFunction("batchCount")());
			const previousAccumulator = getBytes((await sequencerInbox.getFunction("batchAccumulator")(index)) as string);
			const vote = { index, previousAccumulator, contentHash: Kzg.contentHash(content), minTime: 1, maxTime: 1, l1End: 0 };
			const signatures = Certificate.pack([await signer.sign(Checkpoint.batchDigest(domain, vote))]);
			const place = [index, 1, 1, 0];
			const blobs = Kzg.commitAll(content).map(({ blob }) => blob);
			const sent = (await (isBlob
				? sequencerInbox.getFunction("postBlobBatch")(...place, content.length, Keccak.hash(content), signatures, {
						...(await Sidecar.make(blobs, 10n ** 9n, 0)),
						gasLimit: 500_000,
					})
				: sequencerInbox.getFunction("postBatch")(...place, content, Kzg.blobsRoot(content), signatures))) as TransactionResponse;
			return ((await sent.wait()) as TransactionReceipt).gasUsed;
		};
		// The first batch writes slots that are empty before: every later one is like the second.
		await gasOf(orders[0], true);
		const blobGas = await gasOf(Bytes.concat(...inBlob), true);
		const calldataGas = await gasOf(Bytes.concat(...inCalldata), false);
		const oneGas = await gasOf(orders[0], false);
		return {
			bytesByKind: bytesByKind(items),
			ordersPerBlob: inBlob.length,
			ordersPerCalldata: inCalldata.length,
			blobGasPerOrder: Number(blobGas) / inBlob.length,
			blobDataGasPerOrder: Number(Sidecar.GAS_PER_BLOB) / inBlob.length,
			calldataGasPerOrder: Number(calldataGas) / inCalldata.length,
			blobOverheadGas: Number(blobGas),
			calldataOverheadGas: Number(oneGas),
		};
	} finally {
		await chain.close();
	}
}
