// npm run bench [-- --json] [--seconds N]: how fast this machine is, next to what others use, measured in one run on one computer.

import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { workload } from "./market.ts";
import * as Venue from "./venue.ts";
import { posting } from "./posting.ts";
import { commitments, derivation, endToEnd, machineAlone, peerOrderBook, peerVerifier } from "./measure.ts";

const SEED = 1;
const ITEMS = 40_000;
/** Signing the workload costs more than executing it: as many as the seconds may use, at a rate nobody reaches on one core. */
const SIGNED_PER_SECOND = 20_000;

function options(): { json: boolean; seconds: number } {
	try {
		const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, seconds: { type: "string", default: "5" } } });
		const seconds = Number(values.seconds);
		if (!(seconds > 0 && seconds <= 600)) throw new RangeError(`--seconds is a number above 0 and at most 600, not ${values.seconds}`);
		return { json: values.json, seconds };
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\nUsage: npm run bench -- [--json] [--seconds N]\n`);
		process.exit(2);
	}
}

const { json, seconds } = options();
const say = (sentence: string): void => {
	process.stderr.write(`${sentence}\n`);
};

say(`Drawing ${ITEMS} messages …`);
const items = await workload(SEED, ITEMS, false);
say(`Measuring, about ${seconds} s each: the machine alone …`);
// Each is run briefly first, so that what is measured is compiled code.
machineAlone(items, Math.min(1, seconds / 2));
const machine = machineAlone(items, seconds);
say("… the same orders through nodejs-order-book …");
peerOrderBook(items, Math.min(1, seconds / 2));
const orderBook = peerOrderBook(items, seconds);
say("… the commitment after every step …");
commitments(items, Math.min(1, seconds / 2));
const committed = commitments(items, seconds);
say("… a venue of 500 series and 2,000 accounts in the realistic mix …");
const venue = Venue.venue();
Venue.messages(venue, Math.min(2, seconds / 2));
const mixed = Venue.messages(venue, seconds);
Venue.commitments(venue, Math.min(1, seconds / 2));
const mixedCommitments = Venue.commitments(venue, seconds);
Venue.report(venue, 5);
const reported = Venue.report(venue, 15);
const megabytes = Venue.memory();
say("… ethers.verifyTypedData …");
const verifier = peerVerifier(seconds);
say("Signing messages …");
const signed = await workload(SEED + 1, Math.ceil(SIGNED_PER_SECOND * seconds), true);
say("… putting them on L1 …");
const posted = await posting(signed);
say("… deriving them from L1 …");
const derived = await derivation(signed, seconds);
say("… and end to end, from signature to signed receipt.");
await endToEnd(signed.slice(0, 4000), seconds);
const whole = await endToEnd(signed, seconds);

const round = (value: number, digits = 0): number => Number(value.toFixed(digits));
const report = {
	machineOrdersPerSecond: round(machine.orders),
	machineStepsPerSecond: round(machine.steps),
	machineFillsPerSecond: round(machine.fills),
	mixMessagesPerSecond: round(mixed),
	mixCommitmentsPerSecond: round(mixedCommitments),
	reportMilliseconds: round(reported, 1),
	memoryMegabytes: megabytes,
	endToEndOrdersPerSecond: round(whole.orders),
	endToEndP50Milliseconds: round(whole.p50Milliseconds, 1),
	endToEndP99Milliseconds: round(whole.p99Milliseconds, 1),
	commitmentsPerSecond: round(committed),
	derivedStepsPerSecond: round(derived),
	nodejsOrderBookOrdersPerSecond: round(orderBook),
	verifyTypedDataPerSecond: round(verifier),
	recordBytesByKind: posted.bytesByKind,
	ordersPerBlob: posted.ordersPerBlob,
	gasPerOrderByBlob: round(posted.blobGasPerOrder),
	blobGasPerOrderByBlob: round(posted.blobDataGasPerOrder),
	gasPerOrderByCalldata: round(posted.calldataGasPerOrder),
	batchOverheadGasByBlob: posted.blobOverheadGas,
	batchOverheadGasByCalldata: posted.calldataOverheadGas,
	machineToNodejsOrderBook: round(machine.orders / orderBook, 2),
	endToEndToVerifyTypedData: round(whole.orders / verifier, 2),
	seconds,
	cores: availableParallelism(),
	cpu: cpus()[0]?.model ?? "unknown",
	node: process.version,
};

if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
	const number = (value: number): string => value.toLocaleString("en-US").padStart(12);
	process.stdout.write(
		[
			"",
			`On ${report.cores} cores of ${report.cpu}, Node ${report.node}; orders are placements, and a quarter of the messages are cancels besides.`,
			"",
			`${number(report.machineOrdersPerSecond)}  orders/s   machine alone: matching, portfolio margin of both sides, fees (${report.machineFillsPerSecond.toLocaleString("en-US")} fills/s)`,
			`${number(report.nodejsOrderBookOrdersPerSecond)}  orders/s   nodejs-order-book: matching only; ratio ${report.machineToNodejsOrderBook}`,
			`${number(report.mixMessagesPerSecond)}  messages/s the realistic mix: 500 series, 2,000 accounts of ten positions, 70 % cancels and replacements, 25 % resting, 5 % taking, a report a second`,
			`${number(report.mixCommitmentsPerSecond)}  steps/s    the same with the machine's commitment after every step, on disk`,
			`${number(report.reportMilliseconds)}  ms         a price report, until all 500 series are valued anew in 33 scenarios`,
			`${number(report.memoryMegabytes)}  MB         resident with 100,000 accounts of ten positions and 50,000 resting orders`,
			`${number(report.endToEndOrdersPerSecond)}  orders/s   end to end: signatures, durable log, execution, signed receipts (p50 ${report.endToEndP50Milliseconds} ms, p99 ${report.endToEndP99Milliseconds} ms)`,
			`${number(report.verifyTypedDataPerSecond)}  orders/s   ethers.verifyTypedData alone; ratio ${report.endToEndToVerifyTypedData}`,
			`${number(report.commitmentsPerSecond)}  steps/s    with the machine's commitment after every step, on disk`,
			`${number(report.derivedStepsPerSecond)}  steps/s    derived from L1 as a challenger does: the same with signatures recovered and snapshots`,
			`${number(report.ordersPerBlob)}  orders     signed, fill a blob; each takes ${report.gasPerOrderByBlob} gas and ${report.blobGasPerOrderByBlob} blob gas, and by calldata ${report.gasPerOrderByCalldata.toLocaleString("en-US")} gas`,
			`${number(report.batchOverheadGasByBlob)}  gas        a batch in a blob, whatever is in it; ${report.batchOverheadGasByCalldata.toLocaleString("en-US")} one of a single order by calldata`,
			`${Object.entries(report.recordBytesByKind)
				.map(([kind, bytes]) => `${kind} ${round(bytes, 1)}`)
				.join(", ")
				.padStart(12)}  bytes a record on L1`,
			"",
		].join("\n"),
	);
}
