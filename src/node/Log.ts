import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import pino from "pino";
import type { Alarm, Fields, Log } from "../ports/Log.ts";

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
