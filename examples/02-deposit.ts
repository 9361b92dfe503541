// Money goes to the vault on L1; the exchange sees it when the deposit's block is read.

import { connect, deposit, until, walletOf } from "./desk.ts";

const connection = await connect();
const wallet = walletOf();
const account = await deposit(wallet, 100_000);
const { cash } = await until("the deposit", () =>
	connection.call<{ cash: string }>("private/get_account_summary", { account }).catch(() => false as const),
);
console.log(`account ${account} of ${wallet.address} has ${cash} USDC`);
connection.close();
