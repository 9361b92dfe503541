import tseslint from "typescript-eslint";

/** Rules that find mistakes; how code looks is Prettier's business, and what may import what is scripts/checks/floors.ts's. */
export default tseslint.config(
	{ ignores: ["node_modules/", "artifacts/", "cache/", "typechain-types/", "deployments/", "data/", "dist/"] },
	{
		files: ["**/*.ts", "**/*.tsx"],
		plugins: { "@typescript-eslint": tseslint.plugin },
		languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		linterOptions: { reportUnusedDisableDirectives: "error" },
		rules: {
			eqeqeq: "error",
			"no-constant-binary-expression": "error",
			"no-debugger": "error",
			"no-duplicate-case": "error",
			"no-empty": "error",
			"no-fallthrough": "error",
			"no-self-assign": "error",
			"no-self-compare": "error",
			"no-unreachable": "error",
			"no-unsafe-finally": "error",
			"no-unused-expressions": "error",
			"no-var": "error",
			"prefer-const": "error",
			"use-isnan": "error",
			"@typescript-eslint/await-thenable": "error",
			"@typescript-eslint/ban-ts-comment": "error",
			"@typescript-eslint/consistent-type-imports": "error",
			"@typescript-eslint/no-explicit-any": "error",
			"@typescript-eslint/no-floating-promises": [
				"error",
				{ allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["it", "describe", "test", "suite"] }] },
			],
			"@typescript-eslint/no-for-in-array": "error",
			"@typescript-eslint/no-misused-promises": "error",
			"@typescript-eslint/no-unnecessary-type-assertion": "error",
			"@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" }],
			"@typescript-eslint/only-throw-error": "error",
			"@typescript-eslint/restrict-plus-operands": "error",
			"@typescript-eslint/return-await": "error",
			"@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
		},
	},
	{
		// SAFETY: the machine and the protocol cannot name a clock, a socket, a disk, randomness or a float that is not exact.
		files: ["src/machine/**/*.ts", "src/protocol/**/*.ts"],
		rules: {
			"no-restricted-globals": [
				"error",
				"Date",
				"performance",
				"process",
				"fetch",
				"setTimeout",
				"setInterval",
				"crypto",
				"console",
				"Intl",
			],
			"no-restricted-properties": [
				"error",
				...["random", "sin", "cos", "tan", "exp", "log", "log2", "log10", "pow", "cbrt", "atan", "tanh"].map((property) => ({
					object: "Math",
					property,
					message: "Not the same on every machine: use math/ of the machine.",
				})),
			],
		},
	},
);
