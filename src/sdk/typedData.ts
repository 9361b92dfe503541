// The EIP-712 types that a wallet shows and signs (docs/spec/machine.md).

const uint = (bits: number, name: string): { name: string; type: string } => ({ name, type: `uint${bits}` });

export const typedData = {
	Place: {
		Place: [
			uint(32, "account"),
			uint(64, "series"),
			uint(8, "side"),
			uint(8, "timeInForce"),
			uint(8, "flags"),
			uint(32, "price"),
			uint(64, "size"),
			uint(64, "expiresAt"),
			uint(64, "nonce"),
			uint(16, "label"),
		],
	},
	Cancel: { Cancel: [uint(32, "account"), uint(64, "series"), uint(8, "side"), uint(64, "order")] },
	CancelAll: { CancelAll: [uint(32, "account"), uint(8, "underlying"), uint(64, "nonce")] },
	Replace: {
		Replace: [
			uint(32, "account"),
			uint(64, "series"),
			uint(8, "side"),
			uint(64, "order"),
			uint(32, "price"),
			uint(64, "size"),
			uint(64, "nonce"),
		],
	},
	CancelSeries: {
		CancelSeries: [uint(32, "account"), uint(64, "series"), uint(8, "sides"), uint(16, "label"), uint(64, "nonce")],
	},
	Transfer: { Transfer: [uint(32, "account"), uint(32, "recipient"), uint(64, "amount"), uint(64, "nonce")] },
	SetSession: {
		SetSession: [uint(32, "account"), { name: "key", type: "address" }, uint(8, "scopes"), uint(64, "expiresAt"), uint(64, "nonce")],
	},
	SetProtection: {
		SetProtection: [
			uint(32, "account"),
			uint(8, "underlying"),
			uint(32, "window"),
			uint(32, "freeze"),
			uint(64, "quantityLimit"),
			uint(64, "deltaLimit"),
			uint(64, "vegaLimit"),
			uint(64, "nonce"),
		],
	},
	Heartbeat: { Heartbeat: [uint(32, "account"), uint(32, "duration"), uint(64, "nonce")] },
	Basket: {
		Basket: [uint(32, "account"), uint(64, "nonce"), { name: "items", type: "Item[]" }],
		Item: [
			uint(8, "kind"),
			uint(64, "series"),
			uint(8, "side"),
			uint(8, "timeInForce"),
			uint(8, "flags"),
			uint(32, "price"),
			uint(64, "size"),
			uint(64, "expiresAt"),
			uint(16, "label"),
			uint(64, "order"),
		],
	},
	Withdraw: { Withdraw: [uint(32, "account"), { name: "recipient", type: "address" }, uint(64, "amount"), uint(64, "nonce")] },
	Bid: { Bid: [uint(32, "account"), uint(32, "debtor"), uint(32, "share"), { name: "limit", type: "int64" }, uint(64, "nonce")] },
	SetReferrer: { SetReferrer: [uint(32, "account"), uint(32, "referrer"), uint(64, "nonce")] },
	/** `legs` is keccak256 of the legs' bytes, `series 8 | side 1 | price 4 | size 5` each, ascending by series. Both sides sign it. */
	Block: {
		Block: [
			uint(32, "maker"),
			uint(32, "taker"),
			uint(64, "makerNonce"),
			uint(64, "takerNonce"),
			uint(64, "expiresAt"),
			{ name: "legs", type: "bytes32" },
		],
	},
	/** A request for quotes, which is no message of the machine: its legs have a price of 0. */
	Request: { Request: [uint(32, "account"), uint(64, "nonce"), uint(64, "expiresAt"), { name: "legs", type: "bytes32" }] },
	/** What the sequencer signs, in the domain of the SequencerInbox. */
	Receipt: {
		Receipt: [
			uint(64, "sequence"),
			uint(64, "offset"),
			{ name: "messageHash", type: "bytes32" },
			{ name: "streamHash", type: "bytes32" },
			uint(64, "time"),
		],
	},
};
