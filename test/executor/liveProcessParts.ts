import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { Log } from "../../src/ports/Log.ts";
import type { Bundle } from "../../src/ports/Orderer.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { Program, START, opening } from "./world.ts";

export const SILENT: Log = { debug() {}, info() {}, warn() {}, alarm() {}, child: () => SILENT };

/** Messages of the bundle of a height: the first opens the market, each other is a program of its own. */
export function bundleMessages(height: number): Bundle {
	const program = new Program(height, START + 2 * height);
	const messages =
		height === 1
			? opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 }))
			: Array.from({ length: 6 }, () => program.next());
	const honest = messages.filter(({ payload }) => height === 1 || payload.length > 1);
	return { records: Bytes.concat(...honest.map(({ payload, delay }) => Batch.encodeRecord(payload, delay))), recordCount: honest.length };
}
