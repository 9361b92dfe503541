import { readFileSync } from "node:fs";
import { ExitCode, Failure } from "./ExitCode.ts";

/**
 * A password, from the file that STRIKEPROOF_PASSWORD_FILE names, from STRIKEPROOF_PASSWORD, or typed at the terminal. Never from an argument, which every
 * user of the machine can read.
 */
export async function passwordFor(prompt: string): Promise<string> {
	const { STRIKEPROOF_PASSWORD_FILE: file, STRIKEPROOF_PASSWORD: given } = process.env;
	if (file) {
		try {
			return readFileSync(file, "utf8").replace(/\r?\n$/, "");
		} catch (cause) {
			throw new Failure(ExitCode.NoKey, `The password file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, cause);
		}
	}
	if (given !== undefined) return given;
	return secretFrom(prompt, "set STRIKEPROOF_PASSWORD_FILE or STRIKEPROOF_PASSWORD");
}

/** One line from standard input; at a terminal it is not shown while it is typed. */
export async function secretFrom(prompt: string, otherwise: string): Promise<string> {
	const { stdin, stderr } = process;
	if (!stdin.isTTY) {
		let text = "";
		for await (const chunk of stdin) text += String(chunk);
		const [line = ""] = text.split(/\r?\n/);
		if (line === "") throw new Failure(ExitCode.NoKey, `There is no terminal to ask at, and standard input is empty: ${otherwise}.`);
		return line;
	}
	stderr.write(prompt);
	stdin.setRawMode(true);
	try {
		let line = "";
		for await (const chunk of stdin) {
			for (const character of String(chunk)) {
				if (character === "\r" || character === "\n") return line;
				if (character === "\u0003") throw new Failure(ExitCode.NoKey, "Interrupted.");
				line = character === "\u007f" ? line.slice(0, -1) : line + character;
			}
		}
		return line;
	} finally {
		stdin.setRawMode(false);
		stdin.pause();
		stderr.write("\n");
	}
}
