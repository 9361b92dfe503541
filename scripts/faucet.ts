// AMOUNT=1000 npx hardhat run scripts/faucet.ts --network localhost

import { amountOf, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const amount = amountOf("10000");
	const to = process.env.TO ?? desk.address;
	await (await desk.bridge()).mint(desk.signer, to, BigInt(amount));
	return `${amount / 1e6} USDC given to ${to}.`;
});
