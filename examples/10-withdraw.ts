// Money comes back: a withdrawal is a message; when the assertion that holds it is confirmed, anybody may have the outbox pay it.

import { Contract } from "ethers";
import { connect, deployment, open, until, usdc, walletOf } from "./desk.ts";

const connection = await connect();
const wallet = walletOf();
const trader = await open(connection);
const before = (await usdc.balanceOf(wallet.address)) as bigint;
const { result, sequence } = await trader.withdraw(wallet.address, 25_000_000);
console.log(`message ${sequence}: ${result}`);

type Withdrawal = { index: number; amount: string; confirmed: boolean };
const withdrawal = await until(
	"the confirmation",
	async () => (await connection.call<Withdrawal[]>("public/get_withdrawals", { account: trader.account })).at(-1)?.confirmed,
	300,
).then(async () => (await connection.call<Withdrawal[]>("public/get_withdrawals", { account: trader.account })).at(-1) as Withdrawal);
type Proof = { outbox_root: string; index: number; account: number; recipient: string; amount: number; siblings: string[] };
const proof = await connection.call<Proof>("public/get_withdrawal_proof", { index: withdrawal.index });

const OUTBOX = ["function claim(bytes32 outboxRoot, uint256 index, uint256 account, address recipient, uint256 amount, bytes32[] proof)"];
const outbox = new Contract(deployment.contracts.Outbox, OUTBOX, wallet);
const sent = (await outbox.claim(proof.outbox_root, proof.index, proof.account, proof.recipient, proof.amount, proof.siblings)) as {
	wait(): Promise<{ gasUsed: bigint }>;
};
await sent.wait();
const after = (await usdc.balanceOf(wallet.address)) as bigint;
console.log(`withdrawal ${withdrawal.index} is paid: ${(after - before) / 1_000_000n} USDC`);
connection.close();
