// Submits numbered bundles for ever and prints each height once it is acknowledged. Its parent kills it, or limits the size of its files.
import { writeSync } from "node:fs";
import { WriteAheadLog } from "../../src/ordering/local/WriteAheadLog.ts";
import { bundleOf } from "./bundles.ts";

const [directory, segmentBytes] = [process.argv[2], Number(process.argv[3])];
try {
	const log = await WriteAheadLog.open({ directory, genesis: "g", segmentBytes });
	for (let next = log.height + 1; ;) {
		const group = Array.from({ length: 1 + (next % 5) }, () => log.append(bundleOf(next++)));
		for (const { height } of await Promise.all(group)) writeSync(1, `${height}\n`);
	}
} catch (error) {
	writeSync(2, `${(error as Error).message}\n`);
	process.exit(3);
}
