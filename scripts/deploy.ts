// npx hardhat run scripts/deploy.ts --network localhost

import { deploy } from "../deploy/deploy.ts";
import { deployRecorded } from "../deploy/record.ts";
import * as Deployments from "../src/chain/Deployment.ts";
import * as Parameters from "../src/chain/Parameters.ts";
import { DEVELOPMENT_CHAIN_ID } from "../src/chain/Networks.ts";
import { PLACES, testWallet } from "../src/chain/TestKeys.ts";
import { RECORDS, atDesk } from "./Desk.ts";

await atDesk(async (desk) => {
	const listed = (name: string, test: () => string[]): string[] => {
		const given = (process.env[name] ?? "").split(",").filter((address) => address !== "");
		if (given.length > 0) return given;
		if (desk.chainId !== DEVELOPMENT_CHAIN_ID)
			throw new Error(`Set ${name} to addresses with commas between: without it, public test keys would stand there.`);
		return test();
	};
	const reporters = listed("REPORTERS", () => Array.from({ length: 7 }, (_, i) => testWallet(PLACES.reporters + i).address));
	const committee = listed("COMMITTEE", () => [testWallet(PLACES.sequencer).address]);
	const options = {
		network: desk.networkName,
		reporters,
		quorum: Number(process.env.QUORUM ?? Math.floor((2 * reporters.length) / 3) + 1),
		committee,
		treasury: process.env.TREASURY ?? desk.address,
		...(process.env.PARAMETERS ? { parameters: Parameters.load(process.env.PARAMETERS) } : {}),
	};
	if (!desk.isLasting) {
		const { contracts } = await deploy(desk.signer, options);
		return `${Object.keys(contracts).length} contracts were deployed to a chain that ends with this script: name one with --network.`;
	}
	const { deployment, how } = await deployRecorded(RECORDS, desk.signer, options);
	const file = Deployments.fileOf(RECORDS, desk.networkName);
	return `The deployment of ${Object.keys(deployment.contracts).length} contracts on ${desk.networkName} was ${how}: ${file}`;
});
