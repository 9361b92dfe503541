export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log. `alarm` is for what a person must look at; each alarm name has a runbook in docs/runbooks. No secrets in fields. */
export interface Log {
	debug(message: string, fields?: Fields): void;
	info(message: string, fields?: Fields): void;
	warn(message: string, fields?: Fields): void;
	alarm(name: string, message: string, fields?: Fields): void;
	/** A log whose lines carry these fields too, such as the role's name. */
	child(fields: Fields): Log;
}
