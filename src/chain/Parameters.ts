import { readFileSync } from "node:fs";
import { DEVNET } from "./Deployment.ts";
import type { Parameters } from "./Deployment.ts";

/**
 * Parameters of a deployment from a file of JSON: those of development chains, and what it says instead. Whether they fit together, the contracts judge. Throws an
 * Error with one sentence when the file cannot be read or says what is no parameter.
 */
export function load(file: string): Parameters {
	let said: unknown;
	try {
		said = JSON.parse(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new Error(`${file} cannot be read as JSON.`, { cause });
	}
	if (typeof said !== "object" || said === null || Array.isArray(said)) throw new Error(`${file} is no object of parameters.`);
	for (const [name, value] of Object.entries(said)) {
		if (!(name in DEVNET)) throw new Error(`${file} says "${name}", which is no parameter: they are ${Object.keys(DEVNET).join(", ")}.`);
		const isWei = typeof DEVNET[name as keyof Parameters] === "string";
		if (isWei && !(typeof value === "string" && /^\d{1,27}$/.test(value)))
			throw new Error(`${file}: ${name} is wei as a decimal string, such as "1000000000000000000".`);
		if (!isWei && !(Number.isSafeInteger(value) && Number(value) >= 0)) throw new Error(`${file}: ${name} is a whole number from 0 on.`);
	}
	return { ...DEVNET, ...(said as Partial<Parameters>) };
}
