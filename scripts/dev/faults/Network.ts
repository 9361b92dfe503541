// Every member a network of its own: a namespace, and a cable to one bridge. What goes wrong on the way is rules and queues of the kernel inside the namespaces. Needs root.

import { spawnSync } from "node:child_process";

const PREFIX = "10.77.0.";
const BRIDGE = "spbr0";
/** Where what is nobody's network, this process among it, is reached from inside. */
export const OUTSIDE = `${PREFIX}1`;

export function hostOf(member: number): string {
	return `${PREFIX}${10 + member}`;
}

function run(command: string, ...args: string[]): void {
	const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
	if (error || status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/** Why there can be no namespaces here, or undefined. */
export function obstacle(): string | undefined {
	if (process.getuid?.() !== 0) return "network namespaces need root";
	for (const [command, flag] of [
		["ip", "-V"],
		["nft", "--version"],
		["tc", "-V"],
	])
		if (spawnSync(command, [flag]).error) return `${command} is not installed (packages iproute2 and nftables)`;
	const probe = "spprobe";
	try {
		run("ip", "netns", "add", probe);
		run("ip", "netns", "exec", probe, "nft", "add", "table", "inet", "faults");
		return undefined;
	} catch (error) {
		return (error as Error).message;
	} finally {
		spawnSync("ip", ["netns", "delete", probe]);
	}
}

export class Network {
	readonly #members: number;

	constructor(members: number) {
		this.#members = members;
		this.remove();
		run("ip", "link", "add", BRIDGE, "type", "bridge");
		run("ip", "address", "add", `${OUTSIDE}/24`, "dev", BRIDGE);
		run("ip", "link", "set", BRIDGE, "up");
		for (let member = 0; member < members; member++) {
			const [name, cable] = [nameOf(member), cableOf(member)];
			run("ip", "netns", "add", name);
			run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
			run("ip", "link", "set", cable, "master", BRIDGE, "up");
			inside(member, "ip", "address", "add", `${hostOf(member)}/24`, "dev", "eth0");
			inside(member, "ip", "link", "set", "eth0", "up");
			inside(member, "ip", "link", "set", "lo", "up");
			inside(member, "nft", "add", "table", "inet", "faults");
			inside(member, "nft", "add", "chain", "inet", "faults", "in", "{ type filter hook input priority 0; }");
		}
	}

	/** What a member is started through. */
	through(member: number): readonly string[] {
		return ["ip", "netns", "exec", nameOf(member)];
	}

	/** The members of each group reach each other, and nobody of another group. Everything else is reached as before. */
	partition(...groups: readonly (readonly number[])[]): void {
		for (const group of groups)
			for (const member of group) {
				const others = groups.filter((other) => other !== group).flat();
				this.#rule(member, "ip", "saddr", `{ ${others.map(hostOf).join(", ")} }`, "drop");
			}
	}

	/** So many of a hundred packets from the other members are lost. */
	lose(member: number, percent: number): void {
		const others = Array.from({ length: this.#members }, (_, other) => other).filter((other) => other !== member);
		this.#rule(
			member,
			"ip",
			"saddr",
			`{ ${others.map(hostOf).join(", ")} }`,
			"numgen",
			"random",
			"mod",
			"100",
			"<",
			String(percent),
			"drop",
		);
	}

	/** What the member sends leaves at so many kilobits a second. */
	slow(member: number, kilobits: number): void {
		inside(
			member,
			"tc",
			"qdisc",
			"replace",
			"dev",
			"eth0",
			"root",
			"tbf",
			"rate",
			`${kilobits}kbit`,
			"burst",
			"32kbit",
			"latency",
			"400ms",
		);
	}

	/** Everybody reaches everybody again. */
	heal(): void {
		for (let member = 0; member < this.#members; member++) {
			inside(member, "nft", "flush", "chain", "inet", "faults", "in");
			spawnSync("ip", ["netns", "exec", nameOf(member), "tc", "qdisc", "delete", "dev", "eth0", "root"]);
		}
	}

	remove(): void {
		for (let member = 0; member < this.#members; member++) {
			spawnSync("ip", ["netns", "delete", nameOf(member)]);
			spawnSync("ip", ["link", "delete", cableOf(member)]);
		}
		spawnSync("ip", ["link", "delete", BRIDGE]);
	}

	#rule(member: number, ...rule: string[]): void {
		inside(member, "nft", "add", "rule", "inet", "faults", "in", ...rule);
	}
}

function nameOf(member: number): string {
	return `spm${member}`;
}

function cableOf(member: number): string {
	return `spv${member}`;
}

function inside(member: number, command: string, ...args: string[]): void {
	run("ip", "netns", "exec", nameOf(member), command, ...args);
}
