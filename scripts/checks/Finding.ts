/** One thing that a check found wrong: where it is, what it is, and what to do about it. */
export type Finding = {
	/** Path from the repository's root. */
	file: string;
	/** From 1; absent when the whole file is meant. */
	line?: number;
	message: string;
};

export type Options = {
	/** Rewrite what is generated and committed instead of comparing it. */
	update: boolean;
};

export type Check = {
	name: string;
	/** What holds when nothing is found, in a few words. */
	promise: string;
	run(options: Options): Promise<Finding[]>;
};

/** `file:line  message`, the form that editors and terminals turn into a link. */
export function format(finding: Finding): string {
	return `${finding.file}${finding.line === undefined ? "" : `:${finding.line}`}  ${finding.message}`;
}
