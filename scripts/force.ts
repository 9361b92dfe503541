// AMOUNT=100 npx hardhat run scripts/force.ts --network localhost

import { amountOf, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const payload = await (await desk.trader()).encodeWithdrawal(process.env.TO ?? desk.address, amountOf());
	const bridge = await desk.bridge();
	await bridge.force(desk.signer, payload);
	return `The withdrawal is in L1's inbox: the sequencer takes it, or after ${await bridge.forceDelay()} s at most anybody includes it.`;
});
