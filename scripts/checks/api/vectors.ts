// Signing as data: for every message that a wallet signs, its typed data, the digest, the signature and the bytes that are sent. The digest is the
// machine's, and that ethers gives the same is checked here.

import { TypedDataEncoder, Wallet } from "ethers";
import type { TypedDataField } from "ethers";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import type { Item } from "../../../src/machine/step/DealMessages.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
import { typedData } from "../../../src/sdk/index.ts";
import { nameOf } from "../../../src/wire/Names.ts";

/** Key of the second account of the test mnemonic that every development chain knows. */
const KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const VAULT = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
const INBOX = "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512";
const domain = { name: "Strikeproof", version: "1", chainId: 31337, verifyingContract: VAULT };

type Fields = Record<string, number | string | readonly Item[]>;
type Kind = {
	readonly type: keyof typeof typedData;
	readonly fields: Fields;
	/** What the machine reads beside the fields that are signed, or in place of them. */
	readonly more: object;
	readonly digest: (domain: Uint8Array, message: never) => Uint8Array;
	readonly encode: (message: never) => Uint8Array;
};

const SERIES = Series.make(0, 20_812, Series.CALL, 40_000);
const FUTURE = Series.make(1, 20_812, Series.FUTURE, 0);
const FRIEND = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

const kind = <M>(
	type: Kind["type"],
	fields: Fields,
	digest: (domain: Uint8Array, message: M) => Uint8Array,
	encode: (message: M) => Uint8Array,
	more = {},
): Kind => ({ type, fields, more, digest, encode });

const LEGS = [
	{ series: SERIES, side: 0, price: 1255, size: 250 },
	{ series: Series.make(0, 20_812, Series.CALL, 42_000), side: 1, price: 880, size: 250 },
];
const LEG_BYTES = DealEncoding.legs(LEGS);

const ITEM = { series: SERIES, side: 0, timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0, order: 0 };
const ITEMS: readonly Item[] = [
	{ ...ITEM, kind: Messages.PLACE, flags: Messages.POST_ONLY | Messages.PROTECTED, price: 1250, size: 100, label: 9 },
	{ ...ITEM, kind: Messages.REPLACE, side: 1, price: 1262, size: 100, order: 300 },
	{ ...ITEM, kind: Messages.CANCEL, series: FUTURE, side: 1, order: 301 },
];

const PLACE = { account: 1, series: SERIES, side: 0, timeInForce: 0, flags: 0, price: 1255, size: 250, expiresAt: 0, nonce: 256, label: 0 };
const KINDS: readonly Kind[] = [
	kind("Place", PLACE, Messages.placeDigest, Encoding.place),
	kind(
		"Place",
		{
			...PLACE,
			account: 0xffffff,
			series: FUTURE,
			side: 1,
			flags: 59,
			price: 8_388_607,
			size: 1_048_575,
			expiresAt: 2 ** 40 - 1,
			nonce: 2 ** 53 - 1,
			label: 65_535,
		},
		Messages.placeDigest,
		Encoding.place,
	),
	kind(
		"Replace",
		{ account: 1, series: SERIES, side: 0, order: 256, price: 1260, size: 100, nonce: 257 },
		Messages.replaceDigest,
		Encoding.replace,
	),
	kind("Cancel", { account: 1, series: SERIES, side: 0, order: 257 }, Messages.cancelDigest, Encoding.cancel),
	kind("CancelSeries", { account: 1, series: SERIES, sides: 3, label: 7, nonce: 258 }, Messages.cancelSeriesDigest, Encoding.cancelSeries),
	kind("CancelAll", { account: 1, underlying: 255, nonce: 259 }, Messages.cancelAllDigest, Encoding.cancelAll),
	kind("Withdraw", { account: 1, recipient: FRIEND, amount: 1_500_000, nonce: 260 }, Messages.withdrawDigest, Encoding.withdraw),
	kind("Transfer", { account: 1, recipient: 2, amount: 1_500_000, nonce: 261 }, Messages.transferDigest, Encoding.transfer),
	kind(
		"SetSession",
		{ account: 1, key: FRIEND, scopes: 3, expiresAt: 1_800_000_000, nonce: 262 },
		Messages.setSessionDigest,
		Encoding.setSession,
	),
	kind(
		"SetProtection",
		{
			account: 1,
			underlying: 0,
			window: 60,
			freeze: 5,
			quantityLimit: 5000,
			deltaLimit: 1_000_000_000,
			vegaLimit: 250_000_000,
			nonce: 263,
		},
		Messages.setProtectionDigest,
		Encoding.setProtection,
	),
	kind("Heartbeat", { account: 1, duration: 300, nonce: 264 }, Messages.heartbeatDigest, Encoding.heartbeat),
	kind("Bid", { account: 1, debtor: 2, share: 250_000, limit: -1_500_000, nonce: 265 }, DealMessages.bidDigest, DealEncoding.bid),
	kind("SetReferrer", { account: 1, referrer: 2, nonce: 266 }, DealMessages.setReferrerDigest, DealEncoding.setReferrer),
	kind(
		"Block",
		{
			maker: 1,
			taker: 2,
			makerNonce: 267,
			takerNonce: 300,
			expiresAt: 1_800_000_000,
			legs: Bytes.toHex(Keccak.hash(LEG_BYTES)),
		},
		DealMessages.blockDigest,
		DealEncoding.block,
		{ legs: LEGS, legBytes: LEG_BYTES },
	),
	// What private/mass_quote sends: its bytes hold the items, which the wallet shows one by one.
	kind("Basket", { account: 1, nonce: 400, items: ITEMS }, DealMessages.basketDigest, DealEncoding.basket, {
		count: ITEMS.length,
		items: DealEncoding.items(ITEMS),
	}),
];

/** The content of docs/api/vectors.json. Throws when the machine and ethers disagree. */
export function vectors(): object {
	const wallet = new Wallet(KEY);
	const separator = Bytes.fromHex(TypedDataEncoder.hashDomain(domain));
	const messages = KINDS.map(({ type, fields, more, digest, encode }) => {
		const types = typedData[type] as unknown as Record<string, TypedDataField[]>;
		const bytes = Bytes.toHex(digest(separator, { ...fields, ...more } as never));
		if (TypedDataEncoder.hash(domain, types, fields as Record<string, unknown>) !== bytes)
			throw new Error(`The machine's digest of ${type} is not that of its typed data.`);
		const signature = wallet.signingKey.sign(bytes).serialized;
		const signed = Bytes.fromHex(signature);
		// Of a block this one key is both sides: the same signature stands twice.
		const payload = Bytes.toHex(encode({ ...fields, ...more, signature: signed, makerSignature: signed, takerSignature: signed } as never));
		const legs = "legBytes" in more ? { legBytes: Bytes.toHex(LEG_BYTES) } : {};
		return { primaryType: type, types, message: fields, ...legs, digest: bytes, signature, payload };
	});
	const receiptDomain = { name: "Strikeproof", version: "1", chainId: 31337, verifyingContract: INBOX };
	const receipt = {
		sequence: 42,
		offset: 4242,
		messageHash: `0x${"ab".repeat(32)}`,
		streamHash: `0x${"cd".repeat(32)}`,
		time: 1_770_000_000,
	};
	const receiptTypes = typedData.Receipt;
	const receiptDigest = Bytes.toHex(
		Checkpoint.receiptDigest(Bytes.fromHex(TypedDataEncoder.hashDomain(receiptDomain)), {
			...receipt,
			messageHash: Bytes.fromHex(receipt.messageHash),
			streamHash: Bytes.fromHex(receipt.streamHash),
		}),
	);
	if (TypedDataEncoder.hash(receiptDomain, receiptTypes, receipt) !== receiptDigest)
		throw new Error("The sequencer's digest of a receipt is not that of its typed data.");
	return {
		about: "EIP-712 typed data, digests, signatures (RFC 6979) and the bytes that public/submit takes. The key is a public test key.",
		privateKey: KEY,
		address: wallet.address.toLowerCase(),
		domain,
		domainSeparator: Bytes.toHex(separator),
		series: { [SERIES]: nameOf(SERIES), [FUTURE]: nameOf(FUTURE) },
		messages,
		receipt: {
			domain: receiptDomain,
			primaryType: "Receipt",
			types: receiptTypes,
			message: receipt,
			digest: receiptDigest,
			signature: wallet.signingKey.sign(receiptDigest).serialized,
		},
	};
}
