import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { CONTRACT_NAMES } from "../chain/Deployment.ts";
import type { Answer, Context } from "./Context.ts";
import { ROOT, does } from "./Context.ts";
import { ExitCode } from "./ExitCode.ts";

/** `skipped` because something it builds on failed: never to be read as fine. */
type Finding = { readonly name: string; readonly state: "fine" | "failed" | "skipped"; readonly detail: string };

const MIN_DISK_BYTES = 2 * 2 ** 30;
const MARKS = { fine: "✓", failed: "✗", skipped: "-" } as const;

/** Looks at everything that a trader or an operator needs, in the order in which one builds on the other. */
async function examine(context: Context): Promise<Finding[]> {
	const found: Finding[] = [];
	const failed = new Set<string>();
	const check = async (name: string, needs: readonly string[], look: () => Promise<string> | string): Promise<void> => {
		const missing = needs.filter((need) => failed.has(need));
		if (missing.length > 0) {
			failed.add(name);
			found.push({ name, state: "skipped", detail: `not looked at, because this failed: ${missing.join(", ")}` });
			return;
		}
		try {
			found.push({ name, state: "fine", detail: await look() });
		} catch (error) {
			failed.add(name);
			found.push({ name, state: "failed", detail: (error as Error).message });
		}
	};
	await check("Node", [], () => {
		if (Number(process.versions.node.split(".")[0]) < 24)
			throw new Error(`Node ${process.versions.node} runs this: start it as strikeproof, which brings Node 24.`);
		return process.versions.node;
	});
	await check("contracts", [], () => {
		if (!existsSync(join(ROOT, "artifacts", "contracts"))) throw new Error('The contracts are not compiled: run "npm run build".');
		return "compiled";
	});
	await check("disk", [], () => {
		accessSync(ROOT, constants.W_OK);
		const { bavail, bsize } = statfsSync(ROOT);
		if (bavail * bsize < MIN_DISK_BYTES)
			throw new Error(`Only ${Math.round((bavail * bsize) / 2 ** 20)} MiB are free: a node needs 2 GiB.`);
		return `${Math.round((bavail * bsize) / 2 ** 30)} GiB free`;
	});
	await check("L1 node", [], async () => {
		const provider = await context.provider();
		const block = await provider.getBlock("latest");
		return `chain ${(await provider.getNetwork()).chainId}, block ${block?.number}`;
	});
	await check("deployment", ["L1 node"], async () => {
		const deployment = await context.deployment();
		const provider = await context.provider();
		const codes = await Promise.all(CONTRACT_NAMES.map((name) => provider.getCode(deployment.contracts[name])));
		const absent = CONTRACT_NAMES.filter((_, i) => codes[i] === "0x");
		if (absent.length > 0)
			throw new Error(`These contracts are not on the chain: ${absent.join(", ")}. Run "strikeproof deploy" to go on with it.`);
		return `${deployment.network}, ${CONTRACT_NAMES.length} contracts`;
	});
	await check("exchange", [], async () => {
		const connection = await context.connection();
		const began = performance.now();
		await connection.call("public/get_time");
		return `${context.apiUrl} answers in ${Math.round(performance.now() - began)} ms`;
	});
	await check("same deployment", ["deployment", "exchange"], async () => {
		const { domain } = await (
			await context.connection()
		).call<{ domain: { chainId: number; verifyingContract: string } }>("public/get_domain");
		const ours = (await context.deployment()).domain;
		if (domain.chainId !== ours.chainId || domain.verifyingContract.toLowerCase() !== ours.verifyingContract.toLowerCase())
			throw new Error(
				`The exchange is of vault ${domain.verifyingContract} on chain ${domain.chainId}, the deployment here is of ${ours.verifyingContract} on chain ${ours.chainId}: one of the two addresses is wrong.`,
			);
		return "the exchange and L1 are of one deployment";
	});
	await check("key", ["L1 node"], async () => (await context.wallet()).address);
	await check("gas", ["key"], async () => {
		const balance = await (await context.provider()).getBalance((await context.wallet()).address);
		if (balance === 0n) throw new Error("The key's address has no ETH: transactions on L1 cannot be paid.");
		return `${Number(balance / 10n ** 12n) / 1e6} ETH`;
	});
	await check("account", ["key", "exchange"], async () => `account ${await context.account()}`);
	return found;
}

async function doctor(context: Context): Promise<Answer> {
	const found = await examine(context);
	const sick = found.filter(({ state }) => state !== "fine").length;
	return {
		text: [
			...found.map(({ name, state, detail }) => `${MARKS[state]} ${name.padEnd(16)} ${detail}`),
			sick === 0 ? "Everything is as it should be." : `${sick} of ${found.length} are not.`,
		].join("\n"),
		json: { healthy: sick === 0, findings: found },
		exitCode: sick === 0 ? ExitCode.Ok : ExitCode.Failed,
	};
}

export function doctorCommand(): Command {
	return does(new Command("doctor").description("looks at everything a command needs, and says what to do about what is missing"), doctor);
}
