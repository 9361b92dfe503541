// Deals beside the book: requests for quotes, block trades, bids for portfolios under auction, and referrals.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const { account, nonce, signature } = Fields;
const rfqId = z.int().min(1).describe("Number of the request at this node");
const expiresAt = z.int().min(1).describe("Seconds since 1970");

const wanted = z.strictObject({
	instrument_name: Fields.instrument,
	direction: Fields.direction.describe("What the taker does"),
	amount: Fields.amount,
});
const leg = wanted.extend({ price: Fields.price });
/** LIMIT: MAX_LEGS of the machine. */
const legsOf = <T extends z.ZodType>(one: T): z.ZodArray<T> =>
	z.array(one).min(1).max(8).describe("In any order: they are signed by ascending id of their series, each series once");

export const rfqView = z.strictObject({
	rfq_id: rfqId,
	taker: account,
	taker_nonce: nonce.describe("Of the block that a quote must be signed for"),
	expires_at: expiresAt,
	legs: z.array(wanted),
	quotes: z.int().describe("How many stand"),
});

const quoteView = z.strictObject({
	quote_id: z.int().min(1),
	maker: account,
	maker_nonce: nonce,
	expires_at: expiresAt.describe("Of the block: what the taker signs"),
	legs: z.array(leg),
	net: Fields.usdc.describe("What the taker pays for all legs, before fees; negative is what he gets"),
});

export const auctionView = z.strictObject({
	account: Fields.account.describe("The debtor"),
	started_at: Fields.seconds,
	equity: Fields.usdc,
	initial_margin: Fields.usdc,
	maintenance_margin: Fields.usdc,
	discount: Fields.usdc.describe("What the whole portfolio goes below its mark; it grows with time"),
	price: Fields.usdc.describe("What all of it would cost a bidder now; negative is what he would be given"),
	largest_share: Fields.decimal.describe("Of 1; 0 while no bid is taken, for want of fresh prices or of an attested state"),
	positions: z.array(z.strictObject({ instrument_name: Fields.instrument, size: Fields.signed })),
});

export const DEALS = {
	"public/get_rfqs": method(
		"Requests for quotes that are open, oldest first.",
		z.strictObject({ currency: Fields.currency.optional() }),
		z.array(rfqView),
	),
	"private/create_rfq": method(
		"Asks makers for prices of up to eight legs. Nothing is traded by it; it is kept by this node alone until it expires.",
		z.strictObject({
			account,
			legs: legsOf(wanted),
			nonce: nonce.describe("Of the block that may come of it: it is used by accepting a quote, not by asking"),
			expires_at: expiresAt.describe("Seconds since 1970, at most 600 from now"),
			signature: signature.describe(
				"Over Request(uint32 account,uint64 nonce,uint64 expiresAt,bytes32 legs), legs with a price of 0. Whoever shows it may read the quotes",
			),
		}),
		rfqView,
	),
	"private/cancel_rfq": method(
		"Ends a request.",
		z.strictObject({ rfq_id: rfqId, signature: signature.describe("The request's own") }),
		z.literal("ok"),
	),
	"private/quote_rfq": method(
		"A maker's firm prices, one a leg as public/get_rfqs lists them (ascending by series): his signature of the block. Another of the same account replaces it.",
		z.strictObject({
			rfq_id: rfqId,
			account,
			prices: z.array(Fields.price).min(1).max(8),
			nonce,
			expires_at: expiresAt.describe("From when the machine refuses the block"),
			signature: signature.describe(
				"Over Block(uint32 maker,uint32 taker,uint64 makerNonce,uint64 takerNonce,uint64 expiresAt,bytes32 legs)",
			),
		}),
		quoteView,
	),
	"private/cancel_quote": method(
		"Takes a quote back. It was shown to nobody with its signature, so this node alone could still use it; using its nonce otherwise makes sure.",
		z.strictObject({ rfq_id: rfqId, quote_id: z.int().min(1), signature: signature.describe("The quote's own") }),
		z.literal("ok"),
	),
	"private/get_rfq_quotes": method(
		"Quotes that stand, best for the taker first. Their makers do not see each other's.",
		z.strictObject({ rfq_id: rfqId, signature: signature.describe("The request's own") }),
		z.array(quoteView),
	),
	"private/accept_quote": method(
		"Trades a quote: the taker signs the same block, and both signatures go into one message. The request ends when the machine executes it.",
		z.strictObject({ rfq_id: rfqId, quote_id: z.int().min(1), signature: signature.describe("Over the same Block as the maker's") }),
		Fields.acknowledgement,
	),
	"private/execute_block_trade": method(
		"Trades up to eight legs between two accounts that agreed elsewhere, at once or not at all.",
		z.strictObject({
			maker: account,
			taker: account,
			maker_nonce: nonce,
			taker_nonce: nonce,
			expires_at: z.int().min(0).default(0).describe("Seconds since 1970; 0 is never"),
			legs: legsOf(leg),
			maker_signature: signature,
			taker_signature: signature,
		}),
		Fields.acknowledgement,
	),
	"public/get_auctions": method("Portfolios under auction, as a bid would find them now.", Fields.nothing, z.array(auctionView)),
	"private/bid": method(
		"Takes a share of a portfolio under auction: of every position, with lots rounded away from 0, at its mark less that share of the discount.",
		z.strictObject({
			account,
			debtor: account,
			share: z
				.string()
				.regex(/^(0\.\d{1,6}|1(\.0{1,6})?)$/, "a decimal string from 0.000001 to 1")
				.describe("Of 1; what is more than the largest share becomes that"),
			limit: Fields.usdc.describe("The most to pay; negative is what must at least be given"),
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/set_referrer": method(
		"Names the account that gets a part of this one's fees, once and for all.",
		z.strictObject({ account, referrer: account, nonce, signature }),
		Fields.acknowledgement,
	),
} as const;
