import { createRequire } from "node:module";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

// The compiler comes from npm, so that building needs no download beyond the packages themselves.
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

export default defineConfig({
	plugins: [hardhatEthers, hardhatTypechain],
	typechain: { outDir: "typechain-types" },
	solidity: {
		version: "0.8.34",
		path: soljson,
		settings: {
			evmVersion: "osaka",
			viaIR: true,
			optimizer: { enabled: true, runs: 1000 },
			outputSelection: { "*": { "*": ["storageLayout"] } },
		},
	},
	networks: {
		// The embedded L1 of `npm start` and of the tests: mainnet's rules, with a block limit in which a one-step proof fits with room.
		embedded: { type: "edr-simulated", chainType: "l1", chainId: 31337, blockGasLimit: 36_000_000n, allowUnlimitedContractSize: false },
		localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
	},
});
