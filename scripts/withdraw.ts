// AMOUNT=100 npx hardhat run scripts/withdraw.ts --network localhost

import { isExecuted } from "../src/sdk/index.ts";
import { amountOf, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const amount = amountOf();
	const ack = await (await desk.trader()).withdraw(process.env.TO ?? desk.address, amount);
	if (!isExecuted(ack)) throw new Error(`The exchange refused it: ${ack.result} (sequence ${ack.sequence}).`);
	return `${amount / 1e6} USDC leave the account; claim them with scripts/claim.ts once they are confirmed.`;
});
