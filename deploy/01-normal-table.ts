import { concat, dataLength, toBeHex } from "ethers";
import { TABLE } from "../src/machine/math/NormalTable.ts";
import { step } from "./Step.ts";

/** The table of the normal distribution is data behind a zero byte: no compiler makes such a contract. */
export const normalTable = step({
	name: "NormalTable",
	dependencies: [],
	arguments: () => [],
	code: () => {
		const code = concat(["0x00", TABLE]);
		// PUSH2 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes before the code.
		return concat(["0x61", toBeHex(dataLength(code), 2), "0x80600a5f395ff3", code]);
	},
});
