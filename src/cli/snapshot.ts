import { existsSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import type { Log } from "../ports/Log.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";

type Options = Common & { readonly out?: string };

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => SILENT };

/** Says whether L1 bears a snapshot out, without believing who gave it. */
async function verify(context: Context, { out }: Options, from: string): Promise<Answer> {
	if (out !== undefined && existsSync(out)) throw new Failure(ExitCode.Usage, `${out} is there already: nothing is written over.`);
	const provider = await context.provider();
	const deployment = await context.deployment();
	const ConfirmedState = await import("../executor/ConfirmedState.ts");
	const { obtain } = await import("../node/snapshots/obtain.ts");
	const said: string[] = [];
	const obtained = await obtain({ from: [from], provider, deployment, log: SILENT, say: (sentence) => said.push(sentence) });
	if (!obtained) throw new Failure(ExitCode.Failed, said.join("\n"));
	const { state } = obtained;
	const bytes = ConfirmedState.encode(state);
	if (out !== undefined) writeFileSync(out, bytes, { flag: "wx" });
	const { batch } = ConfirmedState.cursorOf(state);
	const kept = out === undefined ? "" : `; it is in ${out}`;
	return {
		text: `The snapshot is what L1 confirmed with assertion ${state.assertion}: ${batch} batches, ${bytes.length.toLocaleString("en")} bytes${kept}`,
		json: { assertion: state.assertion, batches: batch, bytes: bytes.length, withdrawals: state.withdrawals.length, out: out ?? null },
	};
}

export function snapshotCommand(): Command {
	return new Command("snapshot")
		.description("confirmed states, with which a node begins instead of deriving everything from L1")
		.addCommand(
			does(
				new Command("verify")
					.description("recomputes a snapshot's state root and compares it with the assertion that L1 confirmed")
					.argument("<from>", "the API of a node that serves snapshots, or a file")
					.option("--out <file>", "keeps it there, for a node that is started with --sync-from"),
				verify,
			),
		);
}
