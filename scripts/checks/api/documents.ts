// The API's documents, written from the schemas that validate.

import { z } from "zod";
import { CHANNELS } from "../../../src/wire/channels.ts";
import { Code } from "../../../src/wire/RpcError.ts";
import { METHODS } from "../../../src/wire/schema.ts";
import { read } from "../files.ts";

const DIALECT = "$schema";

type Json = Record<string, unknown>;

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
	const { [DIALECT]: _, ...rest } = z.toJSONSchema(schema, { io }) as Json;
	return rest;
}

const ERRORS: Readonly<Record<keyof typeof Code, string>> = {
	ParseError: "not JSON",
	InvalidRequest: "not a call",
	MethodNotFound: "no such method",
	InvalidParams: "wrong parameters; the first is named",
	Internal: "the server failed; it is logged",
	NotTaken: "the message was not taken and has no effect, ever; data.reason says why",
	Overloaded: "too much at once; data.retry_after_ms",
	NotFound: "there is no such thing",
	LimitReached: "more than one may; data.limit names the limit",
	Undecided: "whether the message is ordered is not known here; public/get_receipt of another gateway tells, by data.message_hash",
};

const version = (): string => (JSON.parse(read("package.json")) as { version: string }).version;
const INFO = { title: "Strikeproof", license: { name: "MIT" } };

/** OpenRPC 1.3: https://spec.open-rpc.org */
export function openRpc(): Json {
	const methods = Object.entries(METHODS).map(([name, { summary, params, result }]) => {
		const schema = schemaOf(params, "input");
		const { properties, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] };
		// A method with alternatives takes one object of one of their shapes: its parameters cannot be listed one by one.
		const listed = properties
			? Object.entries(properties).map(([field, part]) => ({ name: field, required: required.includes(field), schema: part }))
			: [{ name: "params", required: true, schema }];
		return {
			name,
			summary,
			paramStructure: "by-name",
			params: listed,
			result: { name: "result", schema: schemaOf(result, "output") },
			errors: Object.keys(ERRORS)
				.filter((error) => error === "InvalidParams" || error === "LimitReached")
				.map((error) => ({ $ref: `#/components/errors/${error}` })),
		};
	});
	const errors = Object.fromEntries(
		Object.entries(ERRORS).map(([name, message]) => [name, { code: Code[name as keyof typeof Code], message }]),
	);
	return { openrpc: "1.3.2", info: { ...INFO, version: version() }, methods, components: { errors } };
}

/** AsyncAPI 3.0: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export function asyncApi(): Json {
	const channels = Object.fromEntries(
		Object.entries(CHANNELS).map(([name, { pattern, summary, message }]) => {
			const parameters = Object.fromEntries(
				[...pattern.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => [parameter.replaceAll(" ", "_"), { description: parameter }]),
			);
			const payload = {
				type: "object",
				properties: {
					jsonrpc: { const: "2.0" },
					method: { const: "subscription" },
					params: {
						type: "object",
						properties: { channel: { type: "string" }, data: schemaOf(message, "output") },
						required: ["channel", "data"],
					},
				},
				required: ["jsonrpc", "method", "params"],
			};
			const address = pattern.replace(/\{([^}]+)\}/g, (_, parameter: string) => `{${parameter.replaceAll(" ", "_")}}`);
			return [
				name,
				{ address, summary, parameters, messages: { told: { name: `${name}.told`, contentType: "application/json", payload } } },
			];
		}),
	);
	const operations = Object.fromEntries(
		Object.keys(CHANNELS).map((name) => [name, { action: "send", channel: { $ref: `#/channels/${name}` } }]),
	);
	const servers = { local: { host: "127.0.0.1:8547", protocol: "ws", description: "A node's port; subscribe with public/subscribe." } };
	return { asyncapi: "3.0.0", info: { ...INFO, version: version() }, servers, channels, operations };
}
