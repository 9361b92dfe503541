// Both twins under other margin parameters than the deployed ones: the constants of risk/Parameters are replaced in copies of the two texts, and the copies loaded and
// compiled. So what runs is the machine's own code, and nothing of it takes parameters only for the laboratory's sake.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Margin from "../../../src/machine/risk/Margin.ts";
import type * as Parameters from "../../../src/machine/risk/Parameters.ts";
import type * as Scenarios from "../../../src/machine/risk/Scenarios.ts";
import type * as Valuations from "../../../src/machine/risk/Valuations.ts";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import { compile } from "../solidity/Compiler.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const HARNESS = "contracts/mocks/LabHarness.sol";

/** What a line may set: the name of a constant in both twins. Parts are in millionths there, times in seconds. */
export const NAMES = {
	spotRangeEth: "spotRange",
	spotRangeBtc: "spotRange",
	volatilityUp: "VOLATILITY_UP",
	volatilityDown: "VOLATILITY_DOWN",
	volatilityFloor: "VOLATILITY_FLOOR",
	shortPower: "SHORT_POWER",
	longPower: "LONG_POWER",
	referenceSeconds: "REFERENCE_SECONDS",
	minSeconds: "MIN_SECONDS",
	netShortRate: "NET_SHORT_RATE",
	confidenceRate: "CONFIDENCE_RATE",
	maintenanceRate: "MAINTENANCE_RATE",
} as const;
export type Name = keyof typeof NAMES;
export type Settings = Partial<Record<Name, number>>;

/** The TypeScript twin's margin. */
export type Twin = {
	readonly Margin: typeof Margin;
	readonly Parameters: typeof Parameters;
	readonly Scenarios: typeof Scenarios;
	readonly Valuations: typeof Valuations;
};

export type Variant = { readonly typescript: Twin; readonly solidity: Artifacts.Artifact; readonly close: () => void };

/** Where a constant's value stands in either twin's text. */
function placeOf(name: Name): RegExp {
	if (name === "spotRangeEth") return /(underlying ===? 0 \? (?:int256\()?)[\d_]+/;
	if (name === "spotRangeBtc") return /(underlying ===? 0 \? (?:int256\()?[\d_]+\)? : (?:int256\()?)[\d_]+/;
	return new RegExp(`(\\b${NAMES[name]} = )[\\d_]+`);
}

/** A text of Parameters with the settings in place. Throws when a constant is not found there, so that a renamed one is noticed. */
export function withSettings(text: string, settings: Settings): string {
	let changed = text;
	for (const [name, value] of Object.entries(settings) as [Name, number][]) {
		const place = placeOf(name);
		if (!place.test(changed)) throw new Error(`risk/Parameters has no ${NAMES[name]} to set`);
		changed = changed.replace(place, `$1${value}`);
	}
	return changed;
}

/** The twins under these settings, or as they are deployed when there are none. */
export async function variant(settings: Settings): Promise<Variant> {
	const { twin, close } = await typescriptOf(settings);
	if (Object.keys(settings).length === 0) return { typescript: twin, solidity: Artifacts.of("LabHarness"), close };
	const path = "contracts/machine/risk/Parameters.sol";
	const changed = new Map([[path, withSettings(readFileSync(join(ROOT, path), "utf8"), settings)]]);
	return { typescript: twin, solidity: compile([HARNESS], changed).get("LabHarness") as Artifacts.Artifact, close };
}

/** The TypeScript twin alone, which needs no compiler. `close` takes away the copy that it was loaded from. */
export async function typescriptOf(settings: Settings): Promise<{ readonly twin: Twin; readonly close: () => void }> {
	if (Object.keys(settings).length === 0) return { twin: await load(join(ROOT, "src")), close: () => {} };
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-lab-"));
	mkdirSync(join(folder, "src"));
	for (const name of ["node_modules", "package.json"]) symlinkSync(join(ROOT, name), join(folder, name));
	cpSync(join(ROOT, "src", "machine"), join(folder, "src", "machine"), { recursive: true });
	const parameters = join("machine", "risk", "Parameters");
	writeFileSync(
		join(folder, "src", `${parameters}.ts`),
		withSettings(readFileSync(join(ROOT, "src", `${parameters}.ts`), "utf8"), settings),
	);
	return { twin: await load(join(folder, "src")), close: () => rmSync(folder, { recursive: true, force: true }) };
}

async function load(source: string): Promise<Twin> {
	const room = (name: string): Promise<unknown> => import(join(source, "machine", "risk", `${name}.ts`));
	const [margin, parameters, scenarios, valuations] = await Promise.all(["Margin", "Parameters", "Scenarios", "Valuations"].map(room));
	return {
		Margin: margin as typeof Margin,
		Parameters: parameters as typeof Parameters,
		Scenarios: scenarios as typeof Scenarios,
		Valuations: valuations as typeof Valuations,
	};
}
