import pino from "pino";
import type { Fields, Log } from "../ports/Log.ts";

/** Structured log lines (one JSON object each) to a file, or to standard error when no file is named. */
export function openLog(file: string | undefined, level = "info"): Log {
	const destination = file ? pino.destination({ dest: file, mkdir: true, sync: false }) : pino.destination({ dest: 2, sync: true });
	return wrap(pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

function wrap(logger: pino.Logger): Log {
	return {
		debug: (message: string, fields?: Fields) => logger.debug(fields ?? {}, message),
		info: (message: string, fields?: Fields) => logger.info(fields ?? {}, message),
		warn: (message: string, fields?: Fields) => logger.warn(fields ?? {}, message),
		alarm: (name: string, message: string, fields?: Fields) => logger.error({ ...fields, alarm: name }, message),
		child: (fields: Fields) => wrap(logger.child(fields)),
	};
}
