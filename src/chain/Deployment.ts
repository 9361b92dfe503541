import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the deployment of one network is: written by deploy/, read by everybody. */
export type Deployment = {
	readonly network: string;
	readonly version: string;
	readonly chainId: number;
	/** Id of the genesis assertion: names this deployment; a store of another one is refused. */
	readonly genesis: string;
	readonly deployBlock: number;
	readonly contracts: Readonly<Record<ContractName, string>>;
	readonly domain: { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: string };
	/** EIP-712 separator of users' and reporters' messages. */
	readonly domainSeparator: string;
	readonly reporters: readonly string[];
	readonly quorum: number;
	/** Owns the house's account of the exchange, which fees go to. */
	readonly house: string;
	readonly parameters: Parameters;
};

export const CONTRACT_NAMES = [
	"NormalTable",
	"MockUSDC",
	"StakeRegistry",
	"Inbox",
	"SequencerInbox",
	"PriceOracle",
	"PlacingFamily",
	"MatchingFamily",
	"ProbingFamily",
	"AccountFamily",
	"ControlFamily",
	"LiquidationFamily",
	"BlockFamily",
	"MarketFamily",
	"OneStepProofEntry",
	"ChallengeManager",
	"AssertionChain",
	"Vault",
	"Outbox",
	"EscapeHatch",
	"Timelock",
	"SlashingEvidence",
	"BondPools",
] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

export type Parameters = {
	readonly height: number;
	readonly challengePeriodBlocks: number;
	readonly gracePeriodBlocks: number;
	readonly minimumPeriodBlocks: number;
	/** Wei, decimal strings, because JSON has no such integers. */
	readonly bond: string;
	readonly refundCap: string;
	readonly validatorStake: string;
	readonly censorshipBudgetBlocks: number;
	readonly delayBlocks: number;
	/** The longest that an L1 message waits before anybody may include it. */
	readonly forceDelaySeconds: number;
	/** From which age on the sequencer is late with it, and uses up what it may be late; so many seconds in time give one of those back. */
	readonly lateAfterSeconds: number;
	readonly replenishSeconds: number;
	readonly unbondingSeconds: number;
	/** The committee changes between epochs only. */
	readonly epochSeconds: number;
	/** Between a proposal of the governor and its effect; more than 30 days and the challenge period. */
	readonly governanceDelaySeconds: number;
	readonly deadAfterBlocks: number;
	readonly unservedSeconds: number;
	readonly registrationSeconds: number;
};

export const DEVNET: Parameters = {
	height: 16,
	challengePeriodBlocks: 40,
	gracePeriodBlocks: 5,
	minimumPeriodBlocks: 2,
	bond: "1000000000000000000",
	refundCap: "20000000000",
	validatorStake: "10000000000000000000",
	censorshipBudgetBlocks: 0,
	delayBlocks: 0,
	forceDelaySeconds: 300,
	lateAfterSeconds: 60,
	replenishSeconds: 20,
	unbondingSeconds: 1_209_600,
	epochSeconds: 86_400,
	governanceDelaySeconds: 3_456_000,
	deadAfterBlocks: 50_400,
	unservedSeconds: 86_400,
	registrationSeconds: 604_800,
};

/** File of a network's deployment under the product's root. */
export function fileOf(root: string, network: string): string {
	return join(root, "deployments", `${network}.json`);
}

/**
 * A deployment from its text. `where` names where the text is from. Throws an Error with one sentence when it is not one: what a stranger gave is not trusted to have its shape.
 */
export function parse(text: string, where: string): Deployment {
	let value: Partial<Deployment> | null;
	try {
		value = JSON.parse(text) as Partial<Deployment> | null;
	} catch (cause) {
		throw new Error(`${where} is no deployment: it is not JSON.`, { cause });
	}
	const isAddress = (one: unknown): boolean => typeof one === "string" && /^0x[0-9a-fA-F]{40}$/.test(one);
	const isWhole = (one: unknown): boolean => Number.isSafeInteger(one) && Number(one) >= 0;
	const isHash = (one: unknown): boolean => typeof one === "string" && /^0x[0-9a-fA-F]{64}$/.test(one);
	const checks: readonly (readonly [string, boolean])[] = [
		["network", typeof value?.network === "string" && /^[\w-]{1,40}$/.test(value.network)],
		["chainId", isWhole(value?.chainId)],
		["genesis", isHash(value?.genesis)],
		["deployBlock", isWhole(value?.deployBlock)],
		["domainSeparator", isHash(value?.domainSeparator)],
		...CONTRACT_NAMES.map((name) => [`contracts.${name}`, isAddress(value?.contracts?.[name])] as const),
		["domain", isAddress(value?.domain?.verifyingContract)],
		["reporters", Array.isArray(value?.reporters) && value.reporters.length > 0 && value.reporters.every(isAddress)],
		["quorum", isWhole(value?.quorum)],
		["house", isAddress(value?.house)],
		["parameters", isWhole(value?.parameters?.height) && /^\d+$/.test(String(value?.parameters?.bond))],
	];
	const wrong = checks.find(([, holds]) => !holds);
	if (wrong) throw new Error(`${where} is no deployment of this version: its ${wrong[0]} is missing or wrong.`);
	return value as Deployment;
}

/** Reads a deployment. Throws an Error with one sentence when there is none. */
export function load(root: string, network: string): Deployment {
	const file = fileOf(root, network);
	try {
		return JSON.parse(readFileSync(file, "utf8")) as Deployment;
	} catch (cause) {
		throw new Error(`There is no deployment for network "${network}" (${file} cannot be read): deploy it first.`, { cause });
	}
}

/**
 * The first of these networks' deployments whose contracts stand on the provider's chain. Where `npm start` left a record and a node was deployed to later,
 * only the chain can tell which of the two it is. Throws an Error with one sentence when none does.
 */
export async function standing(
	root: string,
	networks: readonly string[],
	provider: { getCode(address: string): Promise<string>; getNetwork(): Promise<{ readonly chainId: bigint }> },
): Promise<Deployment> {
	const { chainId } = await provider.getNetwork();
	for (const network of networks) {
		if (!existsSync(fileOf(root, network))) continue;
		const deployment = load(root, network);
		if (deployment.chainId === Number(chainId) && (await provider.getCode(deployment.contracts.SlashingEvidence)) !== "0x")
			return deployment;
	}
	throw new Error(
		`No deployment is recorded for network "${networks[0]}" that stands on chain ${chainId}: deploy with "strikeproof deploy", or run "npm start".`,
	);
}

/** Writes it whole or not at all. */
export function save(root: string, deployment: Deployment): void {
	const file = fileOf(root, deployment.network);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(`${file}.part`, `${JSON.stringify(deployment, undefined, "\t")}\n`);
	renameSync(`${file}.part`, file);
}
