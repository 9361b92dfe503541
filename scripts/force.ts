// AMOUNT=100 npx hardhat run scripts/force.ts --network localhost

import { amountOf, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const payload = await (await desk.trader()).encodeWithdrawal(process.env.TO ?? desk.address, amountOf());
	await (await desk.bridge()).force(desk.signer, payload);
	const { parameters } = await desk.deployment();
	return `The withdrawal is in L1's inbox: the sequencer takes it, or after ${parameters.forceDelaySeconds} s anybody includes it.`;
});
