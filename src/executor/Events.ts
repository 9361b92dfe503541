import type { Result } from "../machine/Result.ts";

/**
 * What executing a record changed, for those who follow the exchange. Units: prices in ticks, sizes in lots, money in micro-USDC, times in seconds.
 * `side` is 0 for bids and 1 for asks; `order` is the nonce of the message that placed it.
 */
export type Happening =
	| {
			readonly type: "MessageRefused";
			readonly kind: number;
			readonly account: number;
			readonly series: number;
			readonly order: number;
			readonly result: Result;
	  }
	| {
			readonly type: "OrderPlaced";
			readonly account: number;
			readonly order: number;
			readonly series: number;
			readonly side: number;
			readonly price: number;
			readonly size: number;
	  }
	| {
			readonly type: "OrderRested";
			readonly account: number;
			readonly order: number;
			readonly series: number;
			readonly side: number;
			readonly price: number;
			readonly remaining: number;
	  }
	| {
			readonly type: "Traded";
			readonly series: number;
			/** Number of the trade within its series, from 1. */
			readonly trade: number;
			readonly price: number;
			readonly size: number;
			readonly takerSide: number;
			readonly taker: number;
			readonly takerOrder: number;
			readonly takerFee: number;
			readonly maker: number;
			readonly makerOrder: number;
			readonly makerFee: number;
	  }
	| {
			readonly type: "OrderClosed";
			readonly account: number;
			readonly order: number;
			readonly series: number;
			readonly side: number;
			readonly remaining: number;
			readonly reason: CloseReason;
	  }
	/** An order kept its place and has fewer lots. */
	| {
			readonly type: "OrderReduced";
			readonly account: number;
			readonly order: number;
			readonly series: number;
			readonly side: number;
			readonly remaining: number;
	  }
	/** The whole size that now stands at a price on one side; 0 when the level is gone. */
	| { readonly type: "BookChanged"; readonly series: number; readonly side: number; readonly price: number; readonly size: number }
	| { readonly type: "Deposited"; readonly account: number; readonly amount: number }
	| { readonly type: "Withdrawn"; readonly account: number; readonly recipient: string; readonly amount: number; readonly index: number }
	| { readonly type: "Transferred"; readonly account: number; readonly recipient: number; readonly amount: number }
	/** A session key got scopes, or lost them when `scopes` is 0. */
	| { readonly type: "SessionSet"; readonly account: number; readonly key: string; readonly scopes: number; readonly expiresAt: number }
	/** Market-maker protection was set, or ended when `window` is 0. */
	| { readonly type: "ProtectionSet"; readonly account: number; readonly underlying: number; readonly window: number }
	/** A maker traded more than his protection bears: his orders in the underlying are dead. */
	| { readonly type: "ProtectionTripped"; readonly account: number; readonly underlying: number; readonly frozenUntil: number }
	/** The dead-man switch goes off at `deadline`, unless it is set anew; 0 is never. */
	| { readonly type: "SwitchSet"; readonly account: number; readonly deadline: number }
	/** A portfolio is being auctioned since `start`: its account's orders are dead. */
	| { readonly type: "AuctionStarted"; readonly account: number; readonly start: number }
	| { readonly type: "AuctionEnded"; readonly account: number }
	/** A bidder took a share, in millionths, of a debtor's portfolio for `price`, of which the debtor lost what the insurance fund covered. */
	| {
			readonly type: "PortfolioSold";
			readonly account: number;
			readonly debtor: number;
			readonly share: number;
			readonly price: number;
			readonly covered: number;
	  }
	/** What an account without positions owed was paid by the insurance fund, or is a deficit. */
	| { readonly type: "DebtWrittenOff"; readonly account: number; readonly amount: number }
	| { readonly type: "StateAttested"; readonly stateTime: number }
	| { readonly type: "FeesCollected"; readonly account: number; readonly receiver: number; readonly amount: number }
	| { readonly type: "ReferrerSet"; readonly account: number; readonly referrer: number }
	| { readonly type: "Listed"; readonly underlying: number; readonly day: number; readonly strike: number }
	| { readonly type: "PriceReported"; readonly underlying: number; readonly priceTime: number; readonly indexPrice: number }
	| { readonly type: "ExpirySettled"; readonly underlying: number; readonly day: number; readonly settlementPrice: number }
	| { readonly type: "AccountSettled"; readonly account: number; readonly amount: number }
	/** L1 put a batch between the records posted and those not: the state was rebuilt, and what followed `height` may read differently now. */
	| { readonly type: "Rebased"; readonly height: number };

/** A happening with its place: `number` is dense over all events of this executor, so a gap shows; `sequence` is the record's. */
export type Event = Happening & { readonly number: number; readonly sequence: number; readonly time: number };

/** Why an order no longer stands. */
export type CloseReason =
	| "Filled"
	| "Cancelled"
	| "CancelledAll"
	| "Dropped"
	| "BookFull"
	| "Displaced"
	| "Expired"
	| "SelfTradePrevented"
	| "MakerFailed"
	| "TakerStopped"
	| "Refused"
	| "Replaced"
	| "Killed"
	| "NotReducing"
	| "ProtectionTripped"
	| "SwitchedOff"
	| "Swept"
	| "Liquidated";

/** What became of one record: of its message, and of the items when that was a basket. */
export type RecordResult = MessageResult & {
	readonly sequence: number;
	/** Machine clock after it. */
	readonly time: number;
	readonly items: readonly MessageResult[];
};

/** The Result of one message, and what its matching did. */
export type MessageResult = {
	/** Kind byte of the message, 0 for a deposit or none. */
	readonly kind: number;
	readonly account: number;
	readonly order: number;
	/** Of the message itself: Ok, Rested, Displaced, Dropped, Killed or the refusal. */
	readonly result: Result;
	/** Of its last step: for an order that crossed, how matching ended; otherwise the same. */
	readonly final: Result;
	/** Lots filled at once, their price times size summed (ticks times lots), and lots left. */
	readonly filled: number;
	readonly filledValue: number;
	readonly remaining: number;
};
