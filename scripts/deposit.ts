// AMOUNT=1000 npx hardhat run scripts/deposit.ts --network localhost

import { amountOf, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const amount = amountOf();
	const owner = process.env.TO ?? desk.address;
	const account = await (await desk.bridge()).deposit(desk.signer, owner, Number(process.env.SUBACCOUNT ?? 0), BigInt(amount));
	return `${amount / 1e6} USDC deposited into account ${account}; the exchange credits it when it has seen it on L1.`;
});
