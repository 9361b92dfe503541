import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ChainWallet } from "../chain/Bridge.ts";
import { memberPlace, PLACES } from "../chain/TestKeys.ts";
import { SECONDS_PER_DAY } from "../machine/Constants.ts";
import type { Seat } from "../node/committee/Member.ts";
import type { Keys } from "../node/Exchange.ts";
import type { Clock } from "../ports/Clock.ts";
import type { FollowedState } from "../node/following/FollowedState.ts";
import type { PriceSource } from "../ports/PriceSource.ts";
import type { CarrierChoice } from "../roles/batcher/carrier.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { ROOT, does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { carrierOption, collect, syncOption, whole } from "./parse.ts";

const ROLES = ["sequencer", "proposer", "challenger", "reporter", "batcher", "keeper"] as const;
type Role = (typeof ROLES)[number];

type Options = Common & {
	readonly role: Role;
	readonly data?: string;
	readonly host: string;
	readonly port?: number;
	readonly reporter: readonly string[];
	readonly sequencer: readonly string[];
	readonly elsewhere: readonly ("batcher" | "keeper")[];
	readonly patience: number;
	readonly source: "synthetic" | "exchanges";
	readonly seed: number;
	readonly strikes: number;
	readonly engine: "local" | "comet";
	readonly committee?: string;
	readonly member?: number;
	readonly engineListen?: string;
	readonly engineRpc: string;
	readonly turn: number;
	readonly clock: "machine" | "chain";
	readonly pool: boolean;
	readonly carrier: CarrierChoice;
	readonly syncFrom: readonly string[];
};

const PORTS: Readonly<Record<Role, number>> = {
	sequencer: 8547,
	reporter: 8548,
	proposer: 8549,
	challenger: 8550,
	batcher: 8551,
	keeper: 8552,
};

/** What runs until it is told to stop, and where it answers. */
type Running = { readonly url: string; stop(): Promise<void> };

/** The days to list: the next three, and the next three Fridays. */
export function daysToList(now: number): number[] {
	const today = Math.floor(now / SECONDS_PER_DAY);
	// Day 0 of the epoch was a Thursday: Fridays are the days that leave 1.
	const friday = today + 1 + ((8 - ((today + 1) % 7)) % 7);
	return [...new Set([1, 2, 3].map((ahead) => today + ahead).concat([friday, friday + 7, friday + 14]))].sort((a, b) => a - b);
}

/** The seat in a committee that the options name, or nothing for a node that orders alone. */
async function seatOf(context: Context, { engine, committee, engineListen, engineRpc, turn }: Options): Promise<Seat | undefined> {
	if (engine === "local") {
		if (committee === undefined) return undefined;
		throw new Failure(ExitCode.Usage, "--committee names who orders together: add --engine comet, or leave it out.");
	}
	if (committee === undefined)
		throw new Failure(ExitCode.Usage, "--engine comet needs --committee <file>: make it with `strikeproof committee roster`.");
	if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(engineRpc))
		throw new Failure(ExitCode.Usage, `Nothing protects the engine's RPC: --engine-rpc must be a loopback address, not ${engineRpc}.`);
	const Roster = await import("../node/committee/Roster.ts");
	const roster = Roster.load(committee, await context.deployment());
	return { roster, listen: engineListen, rpc: engineRpc, turnSeconds: turn };
}

/** The time that a node lives by. On a development chain somebody may move the chain's. */
async function clockOf(context: Context, { clock }: Options): Promise<Clock> {
	const { ChainClock, SystemClock } = await import("../node/Clock.ts");
	if (clock === "machine") return new SystemClock();
	const provider = await context.provider();
	return ChainClock.start(async () => (await provider.getBlock("latest"))?.timestamp ?? 0);
}

async function startSequencer(context: Context, options: Options, dataDirectory: string): Promise<Running> {
	const { Exchange } = await import("../node/Exchange.ts");
	const { askerOf } = await import("../roles/reporter/asking.ts");
	const { RemoteReporter } = await import("../roles/reporter/RemoteReporter.ts");
	const { KeySigner } = await import("../chain/KeySigner.ts");
	const { separatorOf } = await import("../chain/Bridge.ts");
	const { SyntheticMarket } = await import("../market/SyntheticMarket.ts");
	const { openLog } = await import("../node/Log.ts");
	const { PrometheusMetrics } = await import("../node/Metrics.ts");
	const deployment = await context.deployment();
	const seat = await seatOf(context, options);
	const roles = ["sequencer", "batcher", "proposer", "challenger", "keeper", "feeder"] as const;
	const wallets: ChainWallet[] = [];
	for (const role of roles) {
		const { member } = options;
		wallets.push(await context.walletOfRole(role, member === undefined ? PLACES[role] : memberPlace(member, role)));
	}
	const keys = Object.fromEntries(roles.map((role, i) => [role, wallets[i]])) as unknown as Keys;
	if (options.reporter.length > 0 && options.reporter.length !== deployment.reporters.length)
		throw new Failure(
			ExitCode.Usage,
			`The deployment has ${deployment.reporters.length} reporters and ${options.reporter.length} are named: name each with --reporter, in the order of their bits.`,
		);
	if (options.reporter.length === 0 && options.source !== "synthetic")
		throw new Failure(
			ExitCode.Usage,
			"A sequencer that reports itself knows the synthetic market alone: name the reporters with --reporter.",
		);
	const clock = await clockOf(context, options);
	const reportersDomain = separatorOf(deployment, "Vault");
	const asker = askerOf(new KeySigner(keys.sequencer.privateKey), reportersDomain, () => clock.now());
	const remote = options.reporter.map((url, place) => new RemoteReporter(place, deployment.reporters[place], url, reportersDomain, asker));
	const log = openLog(join(dataDirectory, "node.log"));
	const metrics = new PrometheusMetrics();
	const provider = await context.provider();
	provider.watch(log.child({ role: "l1" }), metrics);
	const exchange = await Exchange.open({
		provider,
		l1Url: context.rpcUrls[0],
		deployment,
		dataDirectory,
		market: new SyntheticMarket(options.seed, seat ? SYNTHETIC_START : clock.now()),
		seat,
		reporters: remote.length === 0 ? undefined : remote,
		keys,
		carrier: options.carrier,
		// Itself it need not ask.
		blobs: { ...context.blobUrls, archives: context.blobUrls.archives?.filter((url) => !context.apiUrls.includes(url)) },
		clock,
		log,
		metrics,
		host: options.host,
		port: options.port ?? PORTS.sequencer,
		get days() {
			return daysToList(clock.now());
		},
		strikesPerSide: options.strikes,
		elsewhere: options.elsewhere,
	});
	await exchange.start();
	return { url: exchange.url, stop: () => exchange.stop() };
}

async function startFromL1(context: Context, options: Options, dataDirectory: string, role: "proposer" | "challenger"): Promise<Running> {
	const { ChallengerNode } = await import("../node/ChallengerNode.ts");
	const { ProposerNode } = await import("../node/ProposerNode.ts");
	const { Monitor } = await import("../node/Monitor.ts");
	const { openLog } = await import("../node/Log.ts");
	const { PrometheusMetrics } = await import("../node/Metrics.ts");
	const log = openLog(join(dataDirectory, `${role}.log`));
	const metrics = new PrometheusMetrics();
	const provider = await context.provider();
	provider.watch(log.child({ role: "l1" }), metrics);
	const parts = {
		provider,
		deployment: await context.deployment(),
		wallet: await context.signerOfRole(role, PLACES[role]),
		dataDirectory,
		blobs: context.blobUrls,
		syncFrom: options.syncFrom,
		say,
		clock: await clockOf(context, options),
		log,
		metrics,
	};
	const node = role === "proposer" ? await ProposerNode.open({ ...parts, pooled: options.pool }) : await ChallengerNode.open(parts);
	const health = "proposer" in node ? node.proposer : node.challenger;
	const monitor = new Monitor({
		host: options.host,
		port: options.port ?? PORTS[role],
		log,
		metrics,
		roles: { [role]: health },
		archive: node.archive,
		shelf: node.shelf,
	});
	const url = await monitor.listen();
	node.start();
	return {
		url,
		stop: async () => {
			await monitor.close();
			await node.stop();
		},
	};
}

/** A batcher or a keeper, which follow the order of sequencers. */
async function startFollowing(context: Context, options: Options, dataDirectory: string, role: "batcher" | "keeper"): Promise<Running> {
	if (options.sequencer.length === 0)
		throw new Failure(ExitCode.Usage, `A ${role} follows the order: name the API of a sequencer with --sequencer, once for each.`);
	const { FollowingNode } = await import("../node/following/FollowingNode.ts");
	const { Monitor } = await import("../node/Monitor.ts");
	const { openLog } = await import("../node/Log.ts");
	const { PrometheusMetrics } = await import("../node/Metrics.ts");
	const log = openLog(join(dataDirectory, `${role}.log`));
	const metrics = new PrometheusMetrics();
	const provider = await context.provider();
	provider.watch(log.child({ role: "l1" }), metrics);
	const clock = await clockOf(context, options);
	const node = await FollowingNode.open({
		role,
		provider,
		deployment: await context.deployment(),
		wallet: await context.signerOfRole(role, PLACES[role]),
		dataDirectory,
		sequencers: options.sequencer,
		...(context.namesBlobs && { blobs: context.blobUrls }),
		syncFrom: options.syncFrom,
		say,
		carrier: options.carrier,
		patienceMs: options.patience * 1000,
		days: () => daysToList(clock.now()),
		strikesPerSide: options.strikes,
		clock,
		log,
		metrics,
	});
	const monitor = new Monitor({
		...{ host: options.host, port: options.port ?? PORTS[role], log, metrics },
		roles: { [role]: node.role, follower: node.state },
		archive: node.state.archive,
	});
	const url = await monitor.listen();
	node.start();
	return {
		url,
		stop: async () => {
			await monitor.close();
			await node.stop();
		},
	};
}

function say(sentence: string): void {
	process.stderr.write(`${sentence}\n`);
}

/** Where a reporter sees prices, and what ends that. */
async function sourceOf({ source, seed }: Options): Promise<{ source: PriceSource; end: () => void }> {
	if (source === "exchanges") {
		const { exchangeSource } = await import("../market/ExchangeSource.ts");
		const exchanges = await exchangeSource();
		return { source: exchanges, end: exchanges.watch() };
	}
	const { SyntheticMarket } = await import("../market/SyntheticMarket.ts");
	return { source: new SyntheticMarket(seed, SYNTHETIC_START).source(1, 0.0001), end: () => undefined };
}

/** Reporters in several processes see one market only if its path begins at one time. */
export const SYNTHETIC_START = Date.UTC(2026, 0, 1) / 1000;

async function startReporter(context: Context, options: Options, dataDirectory: string): Promise<Running> {
	const { ReporterNode } = await import("../node/ReporterNode.ts");
	const { openLog } = await import("../node/Log.ts");
	const { PrometheusMetrics } = await import("../node/Metrics.ts");
	const { privateKey } = await context.walletOfRole("reporter", PLACES.reporters);
	const { Staking } = await import("../chain/Staking.ts");
	const deployment = await context.deployment();
	const log = openLog(join(dataDirectory, "reporter.log"));
	const metrics = new PrometheusMetrics();
	const provider = await context.provider();
	provider.watch(log.child({ role: "l1" }), metrics);
	const clock = await clockOf(context, options);
	let state: FollowedState | undefined;
	if (options.sequencer.length > 0) {
		const { FollowedState } = await import("../node/following/FollowedState.ts");
		const { sequencer: sequencers, syncFrom } = options;
		const parts = { provider, deployment, dataDirectory, sequencers, syncFrom, say, clock, log, metrics };
		// What it disagrees with it does not attest; there is nothing else to stop.
		state = await FollowedState.open({ ...parts, onDisagreement: () => Promise.resolve() });
	}
	const { source, end } = await sourceOf(options);
	const node = await ReporterNode.open({
		deployment,
		privateKey,
		source,
		staking: new Staking(provider, deployment),
		clock,
		dataDirectory,
		host: options.host,
		port: options.port ?? PORTS.reporter,
		log,
		metrics,
		...(state && { state }),
	});
	return {
		url: await node.start(),
		stop: async () => {
			end();
			await node.stop();
		},
	};
}

async function run(context: Context, options: Options): Promise<Answer> {
	const { role } = options;
	if (options.syncFrom.length > 0 && role === "sequencer")
		throw new Failure(
			ExitCode.Usage,
			"A sequencer does not begin with a snapshot: the order, which it is to have, is under no state root.",
		);
	if (options.syncFrom.length > 0 && role === "reporter" && options.sequencer.length === 0)
		throw new Failure(ExitCode.Usage, "A reporter has a state to begin with only where it follows a --sequencer.");
	const dataDirectory = options.data ?? join(ROOT, "data", options.network, role);
	const start = { sequencer: startSequencer, reporter: startReporter };
	const running =
		role === "sequencer" || role === "reporter"
			? await start[role](context, options, dataDirectory)
			: role === "batcher" || role === "keeper"
				? await startFollowing(context, options, dataDirectory, role)
				: await startFromL1(context, options, dataDirectory, role);
	const stopped = new Promise<void>((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
	// Whoever reads this line may tell it to stop at once.
	process.stderr.write(`${running.url} ${role} runs; its data and log are in ${dataDirectory}\n`);
	await stopped;
	await running.stop();
	return { text: `${role} stopped`, json: { role, stopped: true } };
}

function elsewhere(text: string, before: readonly string[] = []): readonly string[] {
	if (text !== "batcher" && text !== "keeper") throw new InvalidArgumentError("batcher or keeper is needed.");
	return [...before, text];
}

export function nodeCommand(): Command {
	return does(
		new Command("node")
			.description("runs one role as a process of its own, until it is stopped; it resumes from its data")
			.addOption(
				new Option("--role <role>", "sequencer runs the reporters' circle too, and batcher and keeper unless they are --elsewhere")
					.choices(ROLES)
					.makeOptionMandatory(),
			)
			.option("--data <folder>", "folder of its stores and its log (default: data/<network>/<role>)")
			.option("--host <address>", "address to listen on", "127.0.0.1")
			.option("--port <number>", "port of the API, /metrics and /readyz, 0 for any (default: 8547 to 8550 by role)", whole(0, 65_535))
			.option("--reporter <url>", "of a sequencer: a reporter's address, in order of their bits; once for each", collect, [])
			.addOption(
				new Option("--source <market>", "of a reporter: where prices are seen").choices(["synthetic", "exchanges"]).default("synthetic"),
			)
			.option("--seed <number>", "of the synthetic market", whole(0, 4_294_967_295), 1)
			.option(
				"--sequencer <url>",
				"of a batcher, keeper or reporter: API of a sequencer whose order it follows; once for each",
				collect,
				[],
			)
			.addOption(
				new Option("--elsewhere <role>", "of a sequencer: a role that runs in a process of its own; once for each")
					.argParser(elsewhere)
					.default([]),
			)
			.option("--patience <seconds>", "of a batcher or keeper: how long it leaves what is due to others who may do it", whole(0, 86_400), 0)
			.addOption(syncOption())
			.addOption(carrierOption())
			.option("--pool", "of a proposer: asserts with the bonds that others put together, and makes their pools", false)
			.option("--strikes <number>", "of a sequencer: strikes to list on each side of the index", whole(1, 60), 8)
			.addOption(
				new Option("--engine <engine>", "of a sequencer: orders alone, or as a member of a committee")
					.choices(["local", "comet"])
					.default("local"),
			)
			.option("--committee <file>", "of a member: who orders together (strikeproof committee roster)")
			.option("--engine-rpc <address>", "of a member: host:port of its engine's own RPC, on this machine", "127.0.0.1:26657")
			.option("--engine-listen <address>", "of a member: host:port where its engine listens (default: what the committee's file says)")
			.option("--turn <seconds>", "of a member: how long it leaves what any member may do to each before it", whole(0, 3600), 3)
			.option("--member <number>", "on a development chain: whose public test keys this member has, from 0", whole(0, 99))
			.addOption(
				new Option("--clock <clock>", "on a development chain whose time is moved: chain").choices(["machine", "chain"]).default("machine"),
			),
		run,
	);
}
