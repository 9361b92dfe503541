// A whole exchange with a committee on this machine, each role a process of its own, started as an operator starts it: `strikeproof node`. Every process has
// a name (`l1`, `member/0`, `reporter/0`, `proposer`, `challenger`), by which it is stopped, killed, frozen and started again over what it left.
import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import { deploy } from "../../../deploy/deploy.ts";
import { Bridge } from "../../../src/chain/Bridge.ts";
import type { Deployment, Parameters } from "../../../src/chain/Deployment.ts";
import * as Deployments from "../../../src/chain/Deployment.ts";
import { memberPlace, PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Roster from "../../../src/node/committee/Roster.ts";
import { RULES } from "../../../src/ordering/comet/Decided.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import type { Answer } from "../../../src/wire/schema.ts";
import { callHttp } from "../../../src/wire/callHttp.ts";
import { freePorts } from "../freePorts.ts";

export type ClusterOptions = {
	readonly validators: number;
	/** Empty, or not there yet: everything is written below it. */
	readonly directory: string;
	/** How many report prices; quorum is more than two thirds. */
	readonly reporters?: number;
	/** Whether reporters follow the members' order and stand behind the state too; without it nothing is liquidated. */
	readonly attesting?: boolean;
	/** Ports of the members' APIs begin here; 0: whatever is free. */
	readonly firstApiPort?: number;
	/** A chain that runs already (Anvil, with a block every second) instead of the embedded one. */
	readonly l1Url?: string;
	readonly l1Port?: number;
	readonly strikes?: number;
	/** Public test keys that get ether, besides the roles' own. */
	readonly wallets?: readonly number[];
	readonly parameters?: Parameters;
	/** Seconds that a member leaves to each before it. */
	readonly turnSeconds?: number;
	/** Whether a proposer and a challenger run, too. */
	readonly rollup?: boolean;
	/** Further arguments of a process, by its name: a member's other route to L1, for one. */
	readonly extra?: (name: string) => readonly string[];
	/** What a process is started through, by its name, such as `ip netns exec m0`; nothing otherwise. */
	readonly through?: (name: string) => readonly string[];
	/** Where a member is reached by the others and by clients: 127.0.0.1 unless it has a network of its own. */
	readonly hostOf?: (member: number) => string;
	/** Where a process reaches L1, by its name, when not at the chain itself. */
	readonly l1UrlOf?: (name: string) => string | undefined;
	/** Where members reach the reporters: 127.0.0.1 unless members have networks of their own. */
	readonly outside?: string;
	readonly environment?: (name: string) => Readonly<Record<string, string>>;
	readonly say?: (sentence: string) => void;
};

const ROOT = join(import.meta.dirname, "..", "..", "..");
const RICH = `0x${(10n ** 22n).toString(16)}`;
const NETWORK = "localhost";
const ROLES = ["sequencer", "batcher", "proposer", "challenger", "keeper", "feeder"] as const;

export class Cluster {
	readonly options: ClusterOptions;
	readonly l1Url: string;
	readonly provider: JsonRpcProvider;
	readonly deployment: Deployment;
	readonly bridge: Bridge;
	readonly roster: Roster.Roster;
	/** Arguments of `strikeproof` by the process's name. */
	readonly #commands = new Map<string, readonly string[]>();
	readonly #processes = new Map<string, ChildProcess>();
	readonly #chain: ChildProcess | undefined;
	readonly #apiPorts: number[];
	/** Of the reporters' processes. */
	#reporterPorts: readonly number[] = [];

	private constructor(
		options: ClusterOptions,
		chain: ChildProcess | undefined,
		l1Url: string,
		provider: JsonRpcProvider,
		deployment: Deployment,
		roster: Roster.Roster,
		apiPorts: number[],
	) {
		this.options = options;
		this.#chain = chain;
		this.l1Url = l1Url;
		this.provider = provider;
		this.deployment = deployment;
		this.bridge = new Bridge(provider, deployment);
		this.roster = roster;
		this.#apiPorts = apiPorts;
		process.once("exit", this.abandon);
	}

	/** An L1, the contracts, and every process; resolves when each member's API answers. */
	static async start(options: ClusterOptions): Promise<Cluster> {
		const { outside = "127.0.0.1" } = options;
		const { validators, directory, reporters = 4, say = () => undefined, hostOf = () => "127.0.0.1", wallets = [] } = options;
		mkdirSync(directory, { recursive: true });
		const { chain, url } = options.l1Url === undefined ? await startChain(options.l1Port ?? 0) : { chain: undefined, url: options.l1Url };
		say(`L1 at ${url}`);
		const provider = new JsonRpcProvider(url, 31337, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
		provider.pollingInterval = 50;
		const members = Array.from({ length: validators }, (_, member) => member);
		const places = [
			...[PLACES.deployer, PLACES.proposer, PLACES.challenger],
			...members.flatMap((member) => ROLES.map((role) => memberPlace(member, role))),
			...wallets,
		];
		for (const place of places) await provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
		const addressOf = (place: number): string => testWallet(place).address.toLowerCase();
		const deployment = await deploy(testWallet(PLACES.deployer).connect(provider), {
			network: NETWORK,
			reporters: Array.from({ length: reporters }, (_, i) => addressOf(PLACES.reporters + i)),
			quorum: Math.floor((2 * reporters) / 3) + 1,
			committee: members.map((member) => addressOf(memberPlace(member, "sequencer"))),
			treasury: addressOf(PLACES.deployer),
			parameters: options.parameters,
		});
		Deployments.save(directory, deployment);
		say(
			`${Object.keys(deployment.contracts).length} contracts; ${validators} members have ${deployment.parameters.validatorStake} wei each at stake`,
		);
		const ports = await freePorts(3 * validators + reporters + 2);
		const take = (): number => ports.pop() as number;
		const listen = members.map((member) => `${hostOf(member)}:${take()}`);
		const power = Number(BigInt(deployment.parameters.validatorStake) / Roster.WEI_PER_VOTE);
		const roster: Roster.Roster = {
			deployment: deployment.genesis.toLowerCase(),
			genesis_time: new Date().toISOString(),
			rules: RULES,
			members: members
				.map((member) => {
					const { address, publicKey } = Home.memberOf(Bytes.fromHex(testWallet(memberPlace(member, "sequencer")).privateKey));
					const node = Home.found(join(directory, "member", String(member), "committee", "engine"));
					return { address, public_key: Bytes.toHex(publicKey), power, node, listen: listen[member] };
				})
				.sort((a, b) => (a.address < b.address ? -1 : 1)),
		};
		writeFileSync(join(directory, "committee.json"), JSON.stringify(roster, undefined, "\t"));
		const apiPorts = members.map((member) => (options.firstApiPort ? options.firstApiPort + member : take()));
		const cluster = new Cluster(options, chain, url, provider, deployment, roster, apiPorts);
		const reporterPorts = Array.from({ length: reporters }, () => take());
		for (const [place, port] of reporterPorts.entries())
			cluster.#add(`reporter/${place}`, [
				"--role",
				"reporter",
				"--host",
				outside,
				"--port",
				String(port),
				"--key",
				`test/${PLACES.reporters + place}`,
				...(options.attesting ? members.flatMap((member) => ["--sequencer", cluster.api(member)]) : []),
			]);
		cluster.#reporterPorts = reporterPorts;
		for (const member of members) cluster.#addMember(member, take());
		if (options.rollup) for (const role of ["proposer", "challenger"]) cluster.#add(role, ["--role", role, "--port", String(take())]);
		for (const name of cluster.names) cluster.run(name);
		try {
			const ended = (): string | undefined => cluster.names.find((name) => !cluster.isRunning(name));
			await cluster.until("every member to answer", async () => {
				if (ended() !== undefined) return true;
				for (const member of members) await cluster.committee(member);
				return true;
			});
			const name = ended();
			if (name !== undefined) throw new Error(`${name} ended at its start: ${cluster.#lastWords(name)} The logs are in ${directory}.`);
		} catch (error) {
			await cluster.end();
			throw error;
		}
		say(`${validators} members, ${reporters} reporters${options.rollup ? ", a proposer and a challenger" : ""} run`);
		return cluster;
	}

	/**
	 * Starts a member more over an empty folder, with the founders' file, as one whom L1 admits later is started; its stake is the caller's to bring about.
	 * @returns its number
	 */
	async join(): Promise<number> {
		const member = this.#apiPorts.length;
		for (const role of ROLES) await this.provider.send("hardhat_setBalance", [testWallet(memberPlace(member, role)).address, RICH]);
		const [api, rpc, listen] = await freePorts(3);
		this.#apiPorts.push(api);
		this.#addMember(member, rpc, ["--engine-listen", `${this.options.hostOf?.(member) ?? "127.0.0.1"}:${listen}`]);
		this.run(`member/${member}`);
		return member;
	}

	/** Names of all processes but the chain's. */
	get names(): string[] {
		return [...this.#commands.keys()];
	}

	/** Where a member's API answers. */
	api(member: number): string {
		return `http://${this.options.hostOf?.(member) ?? "127.0.0.1"}:${this.#apiPorts[member]}`;
	}

	/** Data and log of a process. */
	directoryOf(name: string): string {
		return join(this.options.directory, name);
	}

	committee(member: number): Promise<Answer<"public/get_committee">> {
		return callHttp(this.api(member), "public/get_committee", {}) as Promise<Answer<"public/get_committee">>;
	}

	call<T>(member: number, method: string, params: object = {}): Promise<T> {
		return callHttp(this.api(member), method, params) as Promise<T>;
	}

	/** Arguments of `strikeproof` that a process is started with. */
	commandOf(name: string): readonly string[] {
		return this.#commands.get(name) ?? [];
	}

	/** Whether a process runs, as far as this one knows. */
	isRunning(name: string): boolean {
		const child = this.#processes.get(name);
		return child !== undefined && child.exitCode === null && child.signalCode === null;
	}

	/** Starts a process, or starts it again over what it left; `more` are further arguments for this once. */
	run(name: string, more: readonly string[] = []): void {
		const command = this.#commands.get(name);
		if (!command) throw new Error(`There is no process ${name}.`);
		if (this.isRunning(name)) return;
		const { through = () => [], environment = () => ({}), directory } = this.options;
		mkdirSync(this.directoryOf(name), { recursive: true });
		const output = openSync(join(this.directoryOf(name), "output.txt"), "a");
		const [program = process.execPath, ...before] = [...through(name), process.execPath];
		const child = spawn(program, [...before, join(ROOT, "src", "cli", "main.ts"), ...command, ...more], {
			stdio: ["ignore", output, output],
			// A group of its own, so that a member falls together with its engine, as with its machine.
			detached: true,
			env: { ...process.env, STRIKEPROOF_HOME: directory, HOME: directory, ...environment(name) },
		});
		this.#processes.set(name, child);
	}

	/** Sends a signal to a process and what it started: SIGKILL, SIGSTOP, SIGCONT. */
	signal(name: string, signal: NodeJS.Signals): void {
		const child = name === "l1" ? this.#chain : this.#processes.get(name);
		if (child?.pid === undefined) return;
		try {
			process.kill(name === "l1" ? child.pid : -child.pid, signal);
		} catch (error) {
			// Gone already.
			if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
		}
	}

	/** Ends a process and resolves when it is gone. A member that is asked politely ends its engine itself. */
	async stop(name: string, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.#processes.get(name);
		if (!child || !this.isRunning(name)) return;
		const gone = new Promise((resolve) => child.once("exit", resolve));
		this.signal(name, "SIGCONT");
		if (signal === "SIGTERM") child.kill("SIGTERM");
		else this.signal(name, signal);
		const patience = setTimeout(() => this.signal(name, "SIGKILL"), 15_000);
		await gone;
		clearTimeout(patience);
		this.signal(name, "SIGKILL");
	}

	/** Waits for what the processes bring about by themselves. Throws with what was waited for. */
	async until(what: string, holds: () => Promise<boolean> | boolean, seconds = 120): Promise<void> {
		let failure: unknown;
		for (const end = performance.now() + 1000 * seconds; ;) {
			try {
				if (await holds()) return;
				failure = undefined;
			} catch (error) {
				failure = error;
			}
			if (performance.now() > end) {
				const gone = this.names.filter((name) => !this.isRunning(name)).map((name) => `${name} does not run (${this.#lastWords(name)})`);
				const reasons = [...gone, `see the logs in ${this.options.directory}`].join("; ");
				throw new Error(`Waited ${seconds} s in vain for ${what}: ${reasons}.`, { cause: failure });
			}
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** Stops everything that this cluster started. */
	async end(): Promise<void> {
		await Promise.all([...this.#processes.keys()].map((name) => this.stop(name)));
		process.off("exit", this.abandon);
		this.provider.destroy();
		this.#chain?.kill("SIGKILL");
	}

	/** Ends everything at once: the last moment of this process does, since what it started has groups of its own and would go on. */
	readonly abandon = (): void => {
		for (const name of this.#processes.keys()) this.signal(name, "SIGKILL");
		this.#chain?.kill("SIGKILL");
	};

	/** The end of what a process wrote. */
	#lastWords(name: string): string {
		try {
			return readFileSync(join(this.directoryOf(name), "output.txt"), "utf8")
				.trimEnd()
				.split("\n")
				.slice(-1)
				.join("");
		} catch {
			return "it wrote nothing";
		}
	}

	#addMember(member: number, rpc: number, more: readonly string[] = []): void {
		const { directory, turnSeconds = 3, strikes = 4, hostOf = () => "127.0.0.1", outside = "127.0.0.1" } = this.options;
		this.#add(`member/${member}`, [
			...["--role", "sequencer", "--engine", "comet", "--committee", join(directory, "committee.json")],
			...["--member", String(member), "--engine-rpc", `127.0.0.1:${rpc}`, "--turn", String(turnSeconds)],
			...["--host", hostOf(member), "--port", String(this.#apiPorts[member]), "--strikes", String(strikes)],
			...this.#reporterPorts.flatMap((port) => ["--reporter", `http://${outside}:${port}`]),
			...more,
		]);
	}

	#add(name: string, command: readonly string[]): void {
		const { extra = () => [], l1UrlOf = () => undefined } = this.options;
		const common = ["--network", NETWORK, "--rpc-url", l1UrlOf(name) ?? this.l1Url, "node", ...command];
		const key = command.indexOf("--key");
		// The program's own options stand before the command.
		const named = key < 0 ? [] : command.slice(key, key + 2);
		// Whoever was away while a batch went in blobs finds them with a member that certified it.
		const own = [...named, ...this.roster.members.flatMap((_, member) => ["--archive", this.api(member)])];
		const rest = key < 0 ? common : [...common.slice(0, 5 + key), ...common.slice(5 + key + 2)];
		this.#commands.set(name, [...own, ...rest, "--clock", "chain", "--data", this.directoryOf(name), ...extra(name)]);
	}
}

async function startChain(port: number): Promise<{ chain: ChildProcess; url: string }> {
	const chain = fork(join(import.meta.dirname, "chain.ts"), [String(port)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
	const url = await new Promise<string>((resolve, reject) => {
		chain.once("message", (message: { url: string }) => resolve(message.url));
		chain.once("exit", (code) => reject(new Error(`The embedded L1 ended with ${code} before it answered.`)));
	});
	return { chain, url };
}
