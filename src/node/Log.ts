import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import pino from "pino";
import type { Alarm, Fields, Log } from "../ports/Log.ts";
import type { Metrics } from "../ports/Metrics.ts";

/** Structured log lines (one JSON object each) to a file, or to standard error when no file is named. */
export function openLog(file: string | undefined, level = "info"): Log {
	if (file) mkdirSync(dirname(file), { recursive: true });
	// Opened here and now: a file that is still being opened when the process must end makes the logger throw over the reason why.
	const destination = file ? pino.destination({ dest: openSync(file, "a"), sync: false }) : pino.destination({ dest: 2, sync: true });
	return wrap(pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

function wrap(logger: pino.Logger): Log {
	return {
		debug: (message: string, fields?: Fields) => logger.debug(fields ?? {}, message),
		info: (message: string, fields?: Fields) => logger.info(fields ?? {}, message),
		warn: (message: string, fields?: Fields) => logger.warn(fields ?? {}, message),
		alarm: (name: Alarm, message: string, fields?: Fields) =>
			logger.error({ ...fields, alarm: name, runbook: `docs/runbooks/${name}.md` }, message),
		child: (fields: Fields) => wrap(logger.child(fields)),
	};
}

/** Every alarm there is: a name that is missing here does not compile. */
const ALARMS: Readonly<Record<Alarm, true>> = {
	WrongAssertion: true,
	LiveAndDerivedDisagree: true,
	ExecutionFailed: true,
	NoPriceQuorum: true,
	NoStateQuorum: true,
	LowBalance: true,
	BudgetSpent: true,
	NoEndpoint: true,
	ForeignEndpoint: true,
	ApiFailed: true,
	OrderingFailed: true,
	Equivocation: true,
	FalseState: true,
};

/** The same log, with every alarm counted: a counter that begins at 0 is one whose first rise Prometheus sees. */
export function countAlarms(log: Log, metrics: Metrics): Log {
	for (const alarm of Object.keys(ALARMS)) metrics.add("alarms", 0, { alarm });
	return counted(log, metrics);
}

function counted(log: Log, metrics: Metrics): Log {
	const raise = log.alarm.bind(log);
	return {
		debug: (message, fields) => log.debug(message, fields),
		info: (message, fields) => log.info(message, fields),
		warn: (message, fields) => log.warn(message, fields),
		alarm: (name, message, fields) => {
			metrics.add("alarms", 1, { alarm: name });
			raise(name, message, fields);
		},
		child: (fields) => counted(log.child(fields), metrics),
	};
}
