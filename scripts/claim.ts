// INDEX=3 npx hardhat run scripts/claim.ts --network localhost

import type { Claim } from "../src/chain/Bridge.ts";
import { atDesk, needed } from "./Desk.ts";

await atDesk(async (desk) => {
	const index = Number(needed("INDEX", "3"));
	const proof = await (await desk.exchange()).call<Claim>("public/get_withdrawal_proof", { index });
	await (await desk.bridge()).claim(desk.signer, proof);
	return `Withdrawal ${index}: ${proof.amount / 1e6} USDC paid to ${proof.recipient}.`;
});
