import type { z } from "zod";

/** A method: one sentence, and the schemas of what it takes and what it answers. The same schemas validate and document. */
export type MethodSchema<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> = {
	readonly summary: string;
	readonly params: P;
	readonly result: R;
};

export function method<P extends z.ZodType, R extends z.ZodType>(summary: string, params: P, result: R): MethodSchema<P, R> {
	return { summary, params, result };
}
