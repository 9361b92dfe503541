import type { OrderedBundle } from "../../ports/Orderer.ts";
import type { WriteAheadLog } from "./WriteAheadLog.ts";

/** How many bundles are read at once by who follows from far behind. */
const CHUNK = 256;

/** Every bundle from this height on, past and future, in order, until `signal` is aborted or the log is closed. Throws what made the log fail. */
export async function* follow(log: WriteAheadLog, fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle> {
	let next = Math.max(1, fromHeight);
	while (!signal.aborted) {
		const bundles = log.read(next, next + CHUNK - 1);
		for (const bundle of bundles) {
			if (signal.aborted) return;
			next = bundle.height + 1;
			yield bundle;
		}
		if (bundles.length > 0) continue;
		if (log.failure) {
			if (log.failure.code === "CLOSED") return;
			throw log.failure;
		}
		await moreThan(log, next - 1, signal);
	}
}

function moreThan(log: WriteAheadLog, height: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = (): void => {
			stop();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const stop = log.watch(() => {
			if (log.height > height || log.failure) done();
		});
		signal.addEventListener("abort", done);
		if (signal.aborted || log.height > height || log.failure) done();
	});
}
