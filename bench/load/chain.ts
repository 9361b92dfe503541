// An L1 in a process of its own, for `npm run load`: node chain.ts <home> <wallets>. It deploys, saves the record in the home, prints its address as a line of
// JSON, and mines a block a second until it is stopped.
import { deploy } from "../../deploy/deploy.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { PLACES, testParties, testWallet } from "../../src/chain/TestKeys.ts";

const [, , home, wallets] = process.argv as [string, string, string, string];
const RICH = `0x${(10n ** 21n).toString(16)}`;
/** So far behind the wall that no block is ever ahead of it. */
const BEHIND_SECONDS = 600;

const chain = await EmbeddedChain.start({ startTime: Math.floor(Date.now() / 1000) - BEHIND_SECONDS });
const places = [...Object.values(PLACES).slice(0, 8), ...Array.from({ length: Number(wallets) }, (_, i) => PLACES.traders + i)];
for (const place of places) await chain.provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
const deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
	network: "localhost",
	...testParties(),
});
Deployments.save(home, deployment);
process.stdout.write(`${JSON.stringify({ url: chain.url })}\n`);
const mining = setInterval(() => void chain.mine(1), 1000);
process.once("SIGTERM", () => {
	clearInterval(mining);
	void chain.close().then(() => process.exit(0));
});
