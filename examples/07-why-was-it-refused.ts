// The question that exchanges leave open: what is wrong with my signature, or my order? Nothing is sent.

import { toBeHex } from "ethers";
import { callNearTheMoney, connect, open, walletOf } from "./desk.ts";
import { Trader } from "../src/sdk/index.ts";

const connection = await connect();
const trader = await open(connection);
const { series, mark } = await callNearTheMoney(connection);
type Answer = {
	would_be_taken: boolean;
	reason: string | null;
	detail: string | null;
	digest: string;
	signer: string;
	execution: { result: string; filled: number } | null;
};
const ask = (payload: Uint8Array): Promise<Answer> =>
	connection.call("public/order_debug", { payload: toBeHex(BigInt(`0x${Buffer.from(payload).toString("hex")}`), payload.length) });

// Signed by somebody else.
const stranger = await Trader.open(connection, walletOf(99), trader.account);
const foreign = await ask(await stranger.encodeOrder({ series, side: 0, price: 10, size: 1 }));
console.log(`refused: ${foreign.reason}, ${foreign.detail}; the digest to sign is ${foreign.digest}`);

// Well signed, and too large.
const large = await ask(await trader.encodeOrder({ series, side: 1, price: mark, size: 1_000_000 }));
console.log(`taken: ${large.would_be_taken}, and then ${large.execution?.result}`);

// Good.
const good = await ask(await trader.encodeOrder({ series, side: 0, price: 10, size: 100 }));
console.log(`taken: ${good.would_be_taken}, and then ${good.execution?.result}`);
connection.close();
