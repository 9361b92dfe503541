// What the API answers, as far as the page shows it (docs/api/openrpc.json).

export type Currency = "ETH" | "BTC";
export type Greeks = { readonly delta: number; readonly gamma: number; readonly vega: number; readonly theta: number };

export type Instrument = {
	readonly instrument_name: string;
	readonly series: number;
	readonly expiry: string;
	readonly expiration_timestamp: number;
	readonly kind: "option" | "future";
	readonly option_type: "call" | "put" | null;
	readonly strike: string | null;
	readonly tick_size: string;
	readonly min_trade_amount: string;
};

export type Ticker = {
	readonly instrument_name: string;
	readonly timestamp: number;
	readonly mark_price: string | null;
	readonly mark_iv: string | null;
	readonly bid_iv: string | null;
	readonly ask_iv: string | null;
	readonly greeks: Greeks | null;
	readonly underlying_price: string;
	readonly best_bid_price: string | null;
	readonly best_ask_price: string | null;
	readonly open_interest: string;
};

export type Surface = {
	readonly expiry: string;
	readonly expiration_timestamp: number;
	readonly timestamp: number;
	readonly forward: string;
	readonly a: number;
	readonly b: number;
	readonly rho: number;
	readonly m: number;
	readonly sigma: number;
	readonly confidence: number;
	readonly atm_iv: number | null;
};

export type Trade = {
	readonly trade_id: string;
	readonly instrument_name: string;
	readonly price: string;
	readonly amount: string;
	readonly direction: "buy" | "sell";
	readonly timestamp: number;
	readonly sequence: number;
	readonly taker: number;
	readonly taker_fee: string;
	readonly maker: number;
	readonly maker_fee: string;
};

export type Finality = {
	readonly sequence: number;
	readonly rung: "ordered" | "posted" | "confirmed";
	readonly undone_only_if: string;
	readonly evidence: {
		readonly posted_below: number;
		readonly confirmed_below: number;
		readonly batch: number | null;
		readonly assertion: string | null;
	};
};

export type Position = {
	readonly instrument_name: string;
	readonly kind: "option" | "future";
	readonly size: string;
	readonly mark_price: string;
	readonly value: string;
	readonly delta: number | null;
	readonly gamma: number | null;
	readonly vega: number | null;
	readonly theta: number | null;
};

export type OpenOrder = {
	readonly order_id: number;
	readonly instrument_name: string;
	readonly direction: "buy" | "sell";
	readonly price: string;
	readonly remaining: string;
};

export type Account = {
	readonly account: number;
	readonly cash: string;
	readonly equity: string;
	readonly initial_margin: string;
	readonly maintenance_margin: string;
	readonly available_funds: string;
	readonly nonce_floor: number;
	readonly greeks: readonly (Greeks & { readonly currency: Currency })[];
	readonly positions: readonly Position[];
	readonly open_orders: readonly OpenOrder[];
};

export type Scenario = {
	readonly spot: number;
	readonly volatility: "down" | "same" | "up";
	readonly tail: boolean;
	readonly change: string;
};
export type Portfolio = {
	readonly initial_margin: string;
	readonly available_funds: string;
	readonly risk: readonly {
		readonly currency: Currency;
		readonly scenarios: readonly Scenario[];
		readonly worst: string;
		readonly contingencies: string;
	}[];
};

export type Status = {
	readonly height: number;
	readonly clock: number;
	readonly batches_derived: number;
	readonly batches_confirmed: number;
};

export type State = "ok" | "warn" | "alarm" | "unknown";
export type Vital = {
	readonly name: string;
	readonly unit: string;
	readonly definition: string;
	readonly value: number | null;
	readonly state: State;
	readonly detail: string;
	readonly age_seconds: number | null;
};

export type Assertion = {
	readonly id: string;
	readonly parent: string;
	readonly status: "pending" | "winner" | "confirmed" | "rejected";
	readonly asserter: string;
	readonly target_batch: number;
	readonly created_at: number;
	readonly rivals: number;
};
export type Edge = {
	readonly id: string;
	readonly mutual_id: string;
	readonly height: number;
	readonly position: number;
	readonly root: string;
	readonly created_at: number;
	readonly rivalled_at: number;
	readonly move: "none" | "bisected" | "proven";
	readonly mover: string;
};
export type Rollup = {
	readonly block: number;
	readonly latest_confirmed: string;
	readonly challenge_period_blocks: number;
	readonly batches: readonly {
		readonly index: number;
		readonly block: number;
		readonly bytes: number;
		readonly end_step: number;
		readonly state_root: string;
	}[];
	readonly assertions: readonly Assertion[];
	readonly edges: readonly Edge[];
};

export type Auction = {
	readonly account: number;
	readonly discount: string;
	readonly price: string;
	readonly largest_share: string;
	readonly positions: readonly { readonly instrument_name: string; readonly size: string }[];
};

export type Committee = {
	readonly engine: "local" | "comet";
	readonly own: string;
	readonly block: number | null;
	readonly block_age_seconds: number | null;
	readonly height: number;
	readonly checkpoint_lag: number;
	readonly quorum_slack: number | null;
	readonly power_total: number;
	readonly silent_because: string | null;
	readonly members: readonly {
		readonly address: string;
		readonly power: number;
		readonly state: "present" | "missing" | "unknown";
		readonly last_vote_block: number | null;
		readonly last_vote_age_seconds: number | null;
		readonly clock_skew_seconds: number | null;
	}[];
};
