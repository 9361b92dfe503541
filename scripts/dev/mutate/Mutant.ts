// What both twins' mutants have in common: the changes, and what is said of them.

/** One change of one place. `before` and `after` are what the place says. */
export type Mutant = { readonly file: string; readonly line: number; readonly before: string; readonly after: string };

/** What the vectors made of mutants; `dropped` are those that the language itself refused, in whose stead others were drawn. */
export type Verdicts = { readonly verdicts: { readonly mutant: Mutant; readonly killed: boolean }[]; readonly dropped: number };

/** What may stand in an operator's stead: its edge moved by one, or its opposite. */
export const OPERATORS: Readonly<Record<string, readonly string[]>> = {
	"<": ["<=", ">="],
	"<=": ["<", ">"],
	">": [">=", "<="],
	">=": [">", "<"],
	"==": ["!="],
	"!=": ["=="],
	"+": ["-"],
	"-": ["+"],
	"*": ["+"],
	"/": ["*"],
	"%": ["/"],
	"&&": ["||"],
	"||": ["&&"],
	"+=": ["-="],
	"-=": ["+="],
	"|=": ["&="],
	"<<": [">>"],
	">>": ["<<"],
	"&": ["|"],
	"|": ["&"],
};
