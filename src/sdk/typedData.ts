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
		],
	},
	Cancel: { Cancel: [uint(32, "account"), uint(64, "series"), uint(8, "side"), uint(64, "order")] },
	CancelAll: { CancelAll: [uint(32, "account"), uint(64, "nonce")] },
	Withdraw: { Withdraw: [uint(32, "account"), { name: "recipient", type: "address" }, uint(64, "amount"), uint(64, "nonce")] },
};
