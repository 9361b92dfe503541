// The API's methods and channels for people to read, written from the schemas that validate.

import { z } from "zod";
import { CHANNELS } from "../../../src/wire/channels.ts";
import { METHODS } from "../../../src/wire/schema.ts";

type Json = { readonly [key: string]: unknown };

const escape = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A schema's type in a few words. */
function typeOf(schema: Json): string {
	if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
	if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
	const alternatives = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
	if (alternatives) return [...new Set(alternatives.map(typeOf))].join(" or ");
	if (Array.isArray(schema.prefixItems)) return `[${schema.prefixItems.map((item) => typeOf(item as Json)).join(", ")}]`;
	if (schema.type === "array") return `list of ${typeOf((schema.items ?? {}) as Json)}`;
	if (schema.type === "object") {
		const names = Object.keys(schema.properties ?? {});
		return names.length === 0 ? "object" : `{ ${names.map((name) => `\`${name}\``).join(", ")} }`;
	}
	return typeof schema.type === "string" ? schema.type : "any";
}

/** Rows of a table for an object's fields, and for those of the objects in it under their paths. */
function rows(schema: Json, path: string): string[] {
	const alternatives = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
	if (alternatives) return alternatives.flatMap((one) => rows(one, path));
	if (schema.type === "array") return rows((schema.items ?? {}) as Json, `${path}[]`);
	const required = (schema.required ?? []) as readonly string[];
	return Object.entries((schema.properties ?? {}) as Record<string, Json>).flatMap(([name, field]) => {
		const whole = path === "" ? name : `${path}.${name}`;
		const fallback = field.default === undefined ? "" : ` \`${JSON.stringify(field.default)}\` if it is left out.`;
		const need = required.includes(name) && field.default === undefined ? "" : " (optional)";
		const said = typeof field.description === "string" ? `${field.description}.` : "";
		const inner = field.type === "object" || field.type === "array" || field.anyOf ? rows(field, whole) : [];
		return [`| \`${whole}\`${need} | ${escape(typeOf(field))} | ${escape(`${said}${fallback}`.trim())} |`, ...inner];
	});
}

function table(schema: z.ZodType, io: "input" | "output"): string[] {
	const json = z.toJSONSchema(schema, { io }) as Json;
	const all = [...new Set(rows(json, ""))];
	return all.length === 0 ? [typeOf(json) === "object" ? "Nothing." : `${typeOf(json)}.`] : ["| field | type | |", "|---|---|---|", ...all];
}

/** docs/api/reference.md */
export function reference(): string {
	const parts = [
		"# API reference",
		"",
		"Written from the schemas that validate; [how to use them](README.md). The same for machines: [openrpc.json](openrpc.json), [asyncapi.json](asyncapi.json).",
		"",
	];
	for (const [name, { summary, params, result }] of Object.entries(METHODS)) {
		parts.push(`## ${name}`, "", summary, "", "Takes:", "", ...table(params, "input"), "");
		const isAcknowledgement = name !== "public/submit" && result === METHODS["public/submit"].result;
		if (isAcknowledgement) parts.push("Answers an acknowledgement, as [public/submit](#publicsubmit) does.", "");
		else parts.push("Answers:", "", ...table(result, "output"), "");
	}
	parts.push("## Channels", "");
	for (const { pattern, summary, message } of Object.values(CHANNELS))
		parts.push(`### ${pattern}`, "", summary, "", ...table(message, "output"), "");
	return `${parts.join("\n").trimEnd()}\n`;
}
