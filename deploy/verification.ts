// What an explorer, or anybody with the compiler, needs to see that a deployment's contracts are those of this repository.

import { Interface } from "ethers";
import * as Artifacts from "../src/chain/Artifacts.ts";
import type { ContractName } from "../src/chain/Deployment.ts";
import type { Plan } from "./deploy.ts";
import { STEPS } from "./deploy.ts";

export type Verification = {
	readonly address: string;
	/** File and name, as `npx hardhat verify --contract` takes them; null of what no compiler made. */
	readonly contract: string | null;
	/** The compiler's settings and sources: artifacts/build-info/<id>.json. */
	readonly buildInfo: string | null;
	readonly constructorArguments: readonly unknown[];
	/** The same as bytes: what stands behind the creation code. */
	readonly encodedArguments: string;
};

/** A value as JSON can hold it: whole numbers that it has no room for as decimal strings. */
function written(value: unknown): unknown {
	if (typeof value === "bigint") return String(value);
	if (Array.isArray(value)) return value.map(written);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, written(field)]));
}

/** Of every contract of a plan. */
export function verificationOf({ deployment, facts }: Plan): Readonly<Record<ContractName, Verification>> {
	const all = STEPS.map((step): [ContractName, Verification] => {
		const address = deployment.contracts[step.name];
		if (step.code) return [step.name, { address, contract: null, buildInfo: null, constructorArguments: [], encodedArguments: "0x" }];
		const { abi, sourceName, buildInfoId } = Artifacts.of(step.name);
		const constructorArguments = step.arguments(deployment.contracts, facts);
		const encodedArguments = new Interface(abi).encodeDeploy(constructorArguments);
		const contract = `${sourceName}:${step.name}`;
		return [
			step.name,
			{ address, contract, buildInfo: buildInfoId, constructorArguments: constructorArguments.map(written), encodedArguments },
		];
	});
	return Object.fromEntries(all) as Record<ContractName, Verification>;
}
