import type { ContractName, Parameters } from "../src/chain/Deployment.ts";

/** What constructor arguments are made of, besides other contracts' addresses. */
export type Facts = {
	/** EIP-712 separator of users' and reporters' messages. */
	readonly domainSeparator: string;
	/** Commitment of the machine before its first step. */
	readonly genesis: string;
	readonly reporters: readonly string[];
	readonly quorum: number;
	readonly committee: readonly string[];
	readonly treasury: string;
	readonly parameters: Parameters;
};

/** Deployment of one contract. Addresses follow from the deployer's nonce, so a dependency may come later in the order. */
export type Step = {
	readonly name: ContractName;
	/** The contracts whose addresses its constructor takes. */
	readonly dependencies: readonly ContractName[];
	readonly arguments: (at: Readonly<Record<ContractName, string>>, facts: Facts) => readonly unknown[];
	/** Wei sent along. */
	readonly value?: (facts: Facts) => bigint;
	/** Creation code of what no compiler made. */
	readonly code?: () => string;
};

/** A step whose arguments can name its dependencies only: what it does not list, it cannot use. */
export function step<Dependency extends ContractName>(fields: {
	readonly name: ContractName;
	readonly dependencies: readonly Dependency[];
	readonly arguments: (at: Readonly<Record<Dependency, string>>, facts: Facts) => readonly unknown[];
	readonly value?: (facts: Facts) => bigint;
	readonly code?: () => string;
}): Step {
	return fields;
}
