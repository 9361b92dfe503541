// JSON lines in and out. A line that cannot be answered is answered by a named error, and the rest goes on.

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setImmediate, setTimeout } from "node:timers/promises";
import { z } from "zod";

/** Why a line has no result. `name` is NotJson, BadLine (not of the schema) or what the command says. */
export class LineError extends Error {
	constructor(name: string, sentence: string) {
		super(sentence);
		this.name = name;
	}
}

export type Answered = { readonly line: number; readonly id?: string | number } & (
	{ readonly error: { readonly name: string; readonly sentence: string } } | object
);

type Held<T> = { readonly line: number; readonly id?: string | number } & (
	{ readonly value: T; readonly error?: undefined } | { readonly error: LineError }
);

/** LIMIT: lines that are answered together, so that memory stays small however long the input is. */
const BLOCK = 2000;
/** Milliseconds after which whoever writes no more lines is taken to wait for answers. */
const IDLE_MS = 20;

/** What a line may be known by. */
export const identity = z.union([z.string(), z.number()], "must be a string or a number").optional();

function parse<S extends z.ZodType, T>(text: string, line: number, schema: S, prepare: (value: z.infer<S>) => T): Held<T> {
	let raw: unknown;
	try {
		// Some editors and shells begin a file by a mark that is no part of it.
		raw = JSON.parse(line === 1 ? text.replace(/^\uFEFF/, "") : text);
	} catch {
		return { line, error: new LineError("NotJson", "the line is not JSON") };
	}
	const named = (raw as { id?: unknown } | null)?.id;
	// A number beyond a double's has no form in JSON to give back.
	const id = typeof named === "string" || Number.isFinite(named) ? (named as string | number) : undefined;
	const parsed = schema.safeParse(raw);
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		return { line, id, error: new LineError("BadLine", `${issue.path.join(".") || "the line"}: ${issue.message}`) };
	}
	try {
		return { line, id, value: prepare(parsed.data) };
	} catch (error) {
		if (error instanceof LineError) return { line, id, error };
		throw error;
	}
}

async function comesSoon(coming: Promise<unknown>): Promise<boolean> {
	const come = coming.then(() => true);
	// Most lines are there already, and need no timer.
	return (await Promise.race([come, setImmediate(false)])) || Promise.race([come, setTimeout(IDLE_MS, false)]);
}

/**
 * Answers every line that is not empty, in order, and as soon as no more of them come: `prepare` turns a line of the schema into what `answer` takes, and may throw a LineError; `answer` gives as
 * many results as it was given lines. Returns how many lines were answered, and how many of them by an error.
 */
export async function run<S extends z.ZodType, T>(
	input: Readable,
	output: Writable,
	schema: S,
	prepare: (value: z.infer<S>) => T,
	answer: (values: readonly T[]) => Promise<object[]>,
): Promise<{ lines: number; errors: number }> {
	let held: Held<T>[] = [];
	const counts = { lines: 0, errors: 0 };
	const flush = async (): Promise<void> => {
		const good = held.filter((one) => one.error === undefined);
		const results = await answer(good.map(({ value }) => value));
		let next = 0;
		const text = held.map((one) => {
			const head = { line: one.line, ...(one.id === undefined ? {} : { id: one.id }) };
			if (one.error === undefined) return JSON.stringify({ ...head, ...results[next++] });
			counts.errors += 1;
			return JSON.stringify({ ...head, error: { name: one.error.name, sentence: one.error.message } });
		});
		held = [];
		if (text.length > 0) await new Promise<void>((resolve) => output.write(`${text.join("\n")}\n`, () => resolve()));
	};
	const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
	for (let line = 1; ; line++) {
		const coming = lines.next();
		if (held.length > 0 && !(await comesSoon(coming))) await flush();
		const { done, value: text } = await coming;
		if (done) break;
		if (text.trim() === "") continue;
		counts.lines += 1;
		held.push(parse(text, line, schema, prepare));
		if (held.length === BLOCK) await flush();
	}
	await flush();
	return counts;
}
