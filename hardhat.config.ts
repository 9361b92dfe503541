import { createRequire } from "node:module";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { configVariable, defineConfig } from "hardhat/config";
import { tasks } from "./scripts/tasks.ts";
import { KEY_VARIABLE, NETWORKS } from "./src/chain/Networks.ts";

// The compiler comes from npm, so that building needs no download beyond the packages themselves.
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

/** A node on this machine, which knows its accounts' keys itself. */
function local(name: string) {
	const { url, urlVariable } = NETWORKS[name];
	return { type: "http" as const, chainType: "l1" as const, url: process.env[urlVariable] ?? url ?? configVariable(urlVariable) };
}

/** A public network: its variables are read when it is used, so that nothing else needs them. */
function remote(name: string) {
	const { chainId, urlVariable } = NETWORKS[name];
	const accounts = [configVariable(KEY_VARIABLE)];
	return { type: "http" as const, chainType: "l1" as const, chainId, url: configVariable(urlVariable), accounts };
}

export default defineConfig({
	plugins: [hardhatEthers, hardhatTypechain],
	tasks,
	typechain: { outDir: "typechain-types" },
	solidity: {
		version: "0.8.34",
		path: soljson,
		settings: {
			evmVersion: "osaka",
			viaIR: true,
			optimizer: { enabled: true, runs: 200 },
			outputSelection: { "*": { "*": ["storageLayout"] } },
		},
	},
	networks: {
		// The embedded L1 of `npm start` and of the tests: mainnet's rules, with a block limit in which a one-step proof fits with room.
		embedded: { type: "edr-simulated", chainType: "l1", chainId: 31337, blockGasLimit: 36_000_000n, allowUnlimitedContractSize: false },
		localhost: local("localhost"),
		anvil: local("anvil"),
		sepolia: remote("sepolia"),
		hoodi: remote("hoodi"),
	},
});
