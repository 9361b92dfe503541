import { Command, InvalidArgumentError } from "commander";
import { stakesOf } from "../../deploy/03-stake-registry.ts";
import { deployRecorded, dryRun } from "../../deploy/record.ts";
import { DEVNET } from "../chain/Deployment.ts";
import * as Deployments from "../chain/Deployment.ts";
import type { Parameters } from "../chain/Deployment.ts";
import { load } from "../chain/Parameters.ts";
import { DEVELOPMENT_CHAIN_ID } from "../chain/Networks.ts";
import { PLACES, testWallet } from "../chain/TestKeys.ts";
import { RECORDS, does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { address, inEther, whole } from "./parse.ts";

type Options = {
	readonly reporter: string[];
	readonly quorum?: number;
	readonly member: string[];
	readonly treasury?: string;
	readonly parameters?: Parameters;
};

const parameters = (file: string): Parameters => {
	try {
		return load(file);
	} catch (error) {
		throw new InvalidArgumentError((error as Error).message);
	}
};

const collect = (text: string, before: string[]): string[] => [...before, address(text)];

export function deployCommand(): Command {
	const command = new Command("deploy")
		.description("deploys every contract and writes deployments/<network>.json; interrupted, it goes on where it stopped")
		.option("--reporter <address>", "a price reporter, in order of their bits; once for each", collect, [])
		.option("--quorum <number>", "signatures that make a report (default: more than two thirds)", whole(1, 16))
		.option("--member <address>", "a member of the committee that certifies batches; once for each", collect, [])
		.option("--treasury <address>", "who gets what forfeited bonds leave (default: the deployer)", address)
		.option("--parameters <file>", "JSON with periods, bonds and delays that are not those of development chains", parameters);
	return does<Options>(command, async (context, options) => {
		const wallet = await context.wallet();
		const { chainId } = await (await context.provider()).getNetwork();
		const isDevelopment = Number(chainId) === DEVELOPMENT_CHAIN_ID;
		const needed = (given: string[], what: string, test: () => string[]): string[] => {
			if (given.length > 0) return given;
			if (!isDevelopment) throw new Failure(ExitCode.Usage, `Name each ${what}: without it, public test keys would stand there.`);
			return test();
		};
		const reporters = needed(options.reporter, "--reporter", () =>
			Array.from({ length: 7 }, (_, i) => testWallet(PLACES.reporters + i).address),
		);
		const committee = needed(options.member, "--member", () => [testWallet(PLACES.sequencer).address]);
		const wanted = {
			network: options.network,
			reporters,
			quorum: options.quorum ?? Math.floor((2 * reporters.length) / 3) + 1,
			committee,
			treasury: options.treasury ?? wallet.address,
			parameters: options.parameters ?? DEVNET,
		};
		if (options.dryRun) {
			const { contracts, missing } = await dryRun(RECORDS, wallet, wanted);
			const first =
				missing.length === 0 ? "Everything stands already" : `${missing.length} contracts would be deployed, ${missing[0]} first`;
			const staked = missing.includes("StakeRegistry") ? stakesOf(wanted) : 0n;
			const stakes = staked > 0n ? ` ${inEther(staked)} would be staked for the members and the reporters.` : "";
			return {
				text: `${first}.${stakes} Nothing was sent.`,
				json: { network: options.network, contracts, missing, staked_wei: String(staked) },
			};
		}
		const { deployment, how } = await deployRecorded(RECORDS, wallet, {
			...wanted,
			onProgress: (name, done, all) => process.stderr.write(`${name} (${done + 1} of ${all})\n`),
		});
		const file = Deployments.fileOf(RECORDS, options.network);
		const said = { found: "stands already", resumed: "was gone on with and is complete", deployed: "is complete" }[how];
		const count = Object.keys(deployment.contracts).length;
		return {
			text: `The deployment of ${count} contracts on ${options.network} ${said}: ${file}`,
			json: { how, file, ...deployment },
		};
	});
}
