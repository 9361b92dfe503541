// Where cells are played: a whole exchange of four members, each with a network of its own where there can be namespaces, over an L1 that is reached through proxies; the
// orders that flow all the time; and what is looked at from outside.

import { fork, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChainWallet } from "../../../src/chain/Bridge.ts";
import { L1InboxReader } from "../../../src/chain/L1InboxReader.ts";
import { Staking } from "../../../src/chain/Staking.ts";
import { memberPlace, PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../../../src/machine/Constants.ts";
import { blobsAt } from "../../../test/chain/l1.ts";
import { Cluster } from "../committee/Cluster.ts";
import * as Claims from "./Claim.ts";
import { Network, OUTSIDE, hostOf } from "./Network.ts";
import { Proxy } from "./Proxy.ts";
import { Traffic, patiently } from "./Traffic.ts";

export const MEMBERS = [0, 1, 2, 3] as const;
const REPORTERS = 4;
/** The member whose disk is small where there may be mounts. */
export const SMALL_DISK = 3;
const SMALL_DISK_MEGABYTES = 1024;
const FAKETIME = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];
const RICH = 4_000_000_000_000n;
const MODEST = 5_000_000_000n;

type Funded = { readonly wallet: ChainWallet; readonly account: number };
type Population = { readonly maker: Funded; readonly buyers: Funded[]; readonly traffic: Traffic };

export type Options = { readonly hasNetwork: boolean; readonly claims: number; readonly say: (sentence: string) => void };

export class Stage {
	readonly cluster: Cluster;
	readonly network: Network | undefined;
	readonly proxies: readonly Proxy[];
	readonly staking: Staking;
	/** Environment of processes that are started from now on. */
	readonly environment: Map<string, Record<string, string>>;
	readonly traffic: Traffic;
	readonly #chain: ChildProcess;
	readonly directory: string;
	readonly #buyers: Funded[];
	readonly #maker: Funded;
	readonly #roots = new Map<number, string>();
	readonly #watch: NodeJS.Timeout;
	/** Heights at which two members showed different roots of more than two thirds. */
	wrongStates = 0;
	/** Whether nothing is to be looked up in what the processes wrote: then it goes with them. */
	isDone = false;
	/** Micro-USDC between the settlement price of the machine and that of L1's own oracle. */
	oracleDifference = 0;

	private constructor(
		parts: Population & {
			cluster: Cluster;
			network: Network | undefined;
			proxies: readonly Proxy[];
			environment: Map<string, Record<string, string>>;
			chain: ChildProcess;
			directory: string;
		},
	) {
		this.cluster = parts.cluster;
		this.network = parts.network;
		this.proxies = parts.proxies;
		this.environment = parts.environment;
		this.traffic = parts.traffic;
		this.#chain = parts.chain;
		this.directory = parts.directory;
		this.#buyers = parts.buyers;
		this.#maker = parts.maker;
		this.staking = new Staking(this.cluster.provider, this.cluster.deployment);
		this.#watch = setInterval(() => void this.#compare(), 700);
	}

	static async start({ hasNetwork, claims, say }: Options): Promise<Stage> {
		const directory = mkdtempSync(join(tmpdir(), "sp-faults-"));
		const chain = fork(join(import.meta.dirname, "..", "committee", "chain.ts"), ["0"], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
		const l1Url = await new Promise<string>((resolve, reject) => {
			chain.once("message", ({ url }: { url: string }) => resolve(url));
			chain.once("exit", (code) => reject(new Error(`The embedded L1 ended with ${code} before it answered.`)));
		});
		const network = hasNetwork ? new Network(MEMBERS.length) : undefined;
		const outside = network ? OUTSIDE : "127.0.0.1";
		const proxies = await Promise.all(MEMBERS.map(() => Proxy.open(outside, l1Url)));
		const environment = new Map<string, Record<string, string>>();
		const small = join(directory, "member", String(SMALL_DISK));
		mkdirSync(small, { recursive: true });
		if (process.getuid?.() === 0) spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_DISK_MEGABYTES}m`, "tmpfs", small]);
		// Also when this process fails: the kernel would keep them.
		process.once("exit", () => network?.remove());
		const memberOf = (name: string): number | undefined => (name.startsWith("member/") ? Number(name.slice(7)) : undefined);
		const places = Array.from({ length: claims + 2 }, (_, i) => PLACES.traders + i);
		const cluster = await Cluster.start({
			validators: MEMBERS.length,
			reporters: REPORTERS,
			directory,
			l1Url,
			strikes: 1,
			turnSeconds: 2,
			rollup: true,
			wallets: [...places, PLACES.liar],
			outside,
			hostOf: network ? hostOf : undefined,
			through: (name) => {
				const member = memberOf(name);
				return network && member !== undefined ? network.through(member) : [];
			},
			l1UrlOf: (name) => proxies[memberOf(name) ?? -1]?.url,
			environment: (name) => environment.get(name) ?? {},
			say,
		});
		const base = { cluster, network, proxies, environment, chain, directory };
		try {
			return new Stage({ ...base, ...(await populate(cluster, places, say)) });
		} catch (error) {
			await cluster.end();
			for (const proxy of proxies) proxy.close();
			chain.kill("SIGKILL");
			network?.remove();
			throw error;
		}
	}

	/** A new trader's position, opened at a member's gateway. */
	async claim(member: number): Promise<Claims.Claim> {
		const buyer = this.#buyers.shift();
		if (!buyer) throw new Error("There are not enough traders.");
		return Claims.Claim.open(this.cluster, member, buyer, this.#maker);
	}

	/** Resolves when every member that L1 still names is there and votes, and every node stands where the others stand. Whoever was slashed is no member any more. */
	healthy(seconds = 120): Promise<void> {
		return this.cluster.until(
			"every member to be healthy",
			async () => {
				const seen = await Promise.all(MEMBERS.map((member) => this.cluster.committee(member)));
				const count = await this.#memberCount();
				const top = Math.max(...seen.map(({ height }) => height));
				return seen.every(
					({ quorum_slack, members, height, checkpoint_height, silent_because }) =>
						members.length === count &&
						members.every(({ state }) => state === "present") &&
						quorum_slack === Math.floor((count - 1) / 3) &&
						silent_because === null &&
						top - height < 20 &&
						top - checkpoint_height < 40,
				);
			},
			seconds,
		);
	}

	async #memberCount(): Promise<number> {
		return (await this.staking.committee()).length;
	}

	/** The last block that a member knows; 0 when it does not answer. */
	async block(member: number): Promise<number> {
		return this.cluster.committee(member).then(
			({ block }) => block ?? 0,
			() => 0,
		);
	}

	/** The member that posts batches when nothing is wrong: the first of the roster. */
	get firstTurn(): number {
		const [{ address }] = this.cluster.roster.members;
		return MEMBERS.find((member) => addressOf(member) === address) ?? 0;
	}

	batchCount(): Promise<number> {
		return new L1InboxReader(
			this.cluster.provider,
			this.cluster.deployment,
			blobsAt(...MEMBERS.map((member) => this.cluster.api(member))),
		).batchCount();
	}

	/** When ETH's index is of, seconds, as a member knows it. */
	async priceTime(member: number): Promise<number> {
		const { timestamp } = await patiently(() =>
			this.cluster.call<{ timestamp: number }>(member, "public/get_index_price", { currency: "ETH" }),
		);
		return timestamp;
	}

	/** Wei that a member has at stake. */
	async stakeOf(member: number): Promise<bigint> {
		return (await this.staking.stakeOf(addressOf(member))).staked;
	}

	/** Wei at stake of all members. */
	async staked(): Promise<bigint> {
		const stakes = await Promise.all(MEMBERS.map((member) => this.stakeOf(member)));
		return stakes.reduce((sum, staked) => sum + staked, 0n);
	}

	/** What an operator does when nothing else helps: undoes every fault and starts all members again over what they left. */
	async repair(): Promise<void> {
		this.network?.heal();
		this.emptyDisk();
		this.environment.clear();
		for (const proxy of this.proxies) {
			proxy.isDown = false;
			proxy.delay = 0;
		}
		await this.kill(...this.cluster.names);
		this.run(...this.cluster.names);
		await this.healthy(300);
	}

	/** Kills, as a power cut does, and starts again. */
	async kill(...names: readonly string[]): Promise<void> {
		await Promise.all(names.map((name) => this.cluster.stop(name, "SIGKILL")));
	}

	run(...names: readonly string[]): void {
		for (const name of names) this.cluster.run(name);
	}

	directoryOf(member: number): string {
		return this.cluster.directoryOf(`member/${member}`);
	}

	/** Fills the small disk to the last byte. */
	fillDisk(): void {
		const folder = this.directoryOf(SMALL_DISK);
		const { bavail, bsize } = statfsSync(folder);
		// The last bytes one by one: a reservation is all or nothing.
		spawnSync("fallocate", ["-l", String(bavail * bsize - 4096), join(folder, "ballast")]);
		try {
			writeFileSync(join(folder, "ballast.rest"), Buffer.alloc(1 << 20));
		} catch {
			// Full: that was wanted.
		}
	}

	emptyDisk(): void {
		for (const name of ["ballast", "ballast.rest"]) rmSync(join(this.directoryOf(SMALL_DISK), name), { force: true });
	}

	static get faketime(): string | undefined {
		return FAKETIME.find((file) => existsSync(file));
	}

	/** Moves L1's time, which everybody follows, forward to `time`. */
	async moveTo(time: number): Promise<void> {
		const head = await this.cluster.provider.getBlock("latest");
		if (head && head.timestamp >= time) return;
		await this.cluster.provider.send("evm_setNextBlockTimestamp", [`0x${time.toString(16)}`]);
		await this.cluster.provider.send("evm_mine", []);
	}

	/** Through the expiry of these claims to their payment. Answers, in their order, whether each came to the right amount and was paid. */
	async settle(claims: readonly Claims.Claim[], say: (sentence: string) => void): Promise<Claims.Outcome[]> {
		const { cluster } = this;
		const expiry = Math.max(...claims.map((claim) => claim.expiry));
		const day = Math.floor((expiry - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
		await this.moveTo(expiry - SETTLEMENT_WINDOW_SECONDS - 90);
		await cluster.until("prices before the window", async () => (await this.priceTime(1)) >= expiry - SETTLEMENT_WINDOW_SECONDS - 100, 120);
		await this.moveTo(expiry - 900);
		await cluster.until("prices inside the window", async () => (await this.priceTime(1)) >= expiry - 960, 300);
		await this.moveTo(expiry + 15);
		say("the expiry has come");
		await cluster.until("L1's oracle to fix the price", async () => (await cluster.bridge.settlementPrice(0, day)) > 0n, 400);
		await cluster.until(
			"the positions to be settled",
			async () => (await Promise.all(claims.map((claim) => claim.isSettled(1)))).every(Boolean),
			300,
		);
		const [fixed, settled] = [Number(await cluster.bridge.settlementPrice(0, day)), await claims[0].settlementPrice(1)];
		this.oracleDifference = Math.abs(fixed - settled);
		const right: boolean[] = [];
		for (const claim of claims) right.push(await claim.withdraw(1));
		say("all positions are settled, and everything is withdrawn");
		await cluster.until(
			"the withdrawals to be confirmed",
			async () => {
				await cluster.provider.send("hardhat_mine", ["0x2", "0x1"]);
				return (await Promise.all(claims.map((claim) => claim.isConfirmed(1)))).every(Boolean);
			},
			600,
		);
		const outcomes: Claims.Outcome[] = [];
		for (const [i, claim] of claims.entries()) outcomes.push({ isRight: right[i], isPaid: await claim.collect(1) });
		return outcomes;
	}

	async end(): Promise<void> {
		clearInterval(this.#watch);
		await Promise.race([this.traffic.end(), new Promise((resolve) => setTimeout(resolve, 8000))]);
		await this.cluster.end();
		for (const proxy of this.proxies) proxy.close();
		this.#chain.kill("SIGKILL");
		this.network?.remove();
		if (!this.isDone) return;
		spawnSync("umount", ["--lazy", this.directoryOf(SMALL_DISK)]);
		rmSync(this.directory, { recursive: true, force: true });
	}

	async #compare(): Promise<void> {
		for (const member of MEMBERS) {
			const seen = await this.cluster.committee(member).catch(() => undefined);
			if (!seen?.checkpoint_root) continue;
			const known = this.#roots.get(seen.checkpoint_height);
			if (known === undefined) this.#roots.set(seen.checkpoint_height, seen.checkpoint_root);
			else if (known !== seen.checkpoint_root) this.wrongStates += 1;
		}
	}
}

/** Gives traders money, waits for what they can trade, and begins the orders that flow all the time. */
async function populate(cluster: Cluster, places: readonly number[], say: (sentence: string) => void): Promise<Population> {
	const funded: Funded[] = [];
	for (const [i, place] of places.entries()) {
		const wallet = testWallet(place).connect(cluster.provider);
		let account = 0;
		// A busy machine may cut a call off; giving twice does no harm here.
		await cluster.until(
			"a deposit",
			async () => {
				account = await cluster.bridge.fund(wallet, i < 2 ? RICH : MODEST);
				return true;
			},
			60,
		);
		funded.push({ wallet, account });
	}
	const [maker, trafficker, ...buyers] = funded;
	say("money is deposited; waiting for listings with prices");
	await cluster.until(
		"listings with prices, and the deposits",
		async () => {
			const tickers = await cluster.call<{ mark_price: string | null }[]>(1, "public/get_tickers", { currency: "ETH" });
			const accounts = await cluster.call<number[]>(1, "public/get_accounts_of", {
				owner: await (buyers.at(-1) ?? maker).wallet.getAddress(),
			});
			return tickers.length > 8 && tickers.every(({ mark_price }) => mark_price !== null) && accounts.length > 0;
		},
		300,
	);
	const { series } = await Claims.instrument(cluster);
	return { maker, buyers, traffic: await Traffic.begin(cluster, trafficker.wallet, trafficker.account, series) };
}

export function keyOf(member: number): string {
	return testWallet(memberPlace(member, "sequencer")).privateKey;
}

export function addressOf(member: number): string {
	return testWallet(memberPlace(member, "sequencer")).address.toLowerCase();
}
