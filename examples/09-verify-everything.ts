// A light client: nothing that the exchange says is believed. Its receipt, the place of the message on L1, and the account in a confirmed state are checked
// against your own L1 endpoint.

import { verify } from "../src/sdk/index.ts";
import { callNearTheMoney, connect, deployment, l1, open, until } from "./desk.ts";

const connection = await connect();
const trader = await open(connection);
const { series } = await callNearTheMoney(connection);
const { account } = trader;

const payload = await trader.encodeOrder({ series, side: 0, price: 5, size: 10 });
const acknowledgement = await trader.submit(payload);
const { receipt } = await verify(connection, l1, deployment, { payload, acknowledgement });
console.log(`receipt ${receipt?.sequence} is signed by ${receipt?.signer}, who has ${receipt?.stake} wei at stake`);

const inclusion = await until("the batch", async () => (await verify(connection, l1, deployment, { payload, acknowledgement })).inclusion);
console.log(`the message is record ${inclusion.record} of batch ${inclusion.batch}, in L1 block ${inclusion.block}`);

const held = await until(
	"a confirmed assertion",
	async () => {
		const found = await verify(connection, l1, deployment, { account }).catch(() => undefined);
		return found?.account?.account.owner.toLowerCase() === (await ownerOf()) && found.account;
	},
	300,
);
console.log(`assertion ${held.assertion} holds account ${account} with ${held.account.cash} micro-USDC`);
await trader.cancelAll();
connection.close();

async function ownerOf(): Promise<string> {
	return (await connection.call<{ owner: string }>("public/get_account", { account })).owner;
}
