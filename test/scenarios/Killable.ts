import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** A program that a test kills without warning and starts again. */
export class Killable {
	readonly #args: readonly string[];
	readonly #environment: Readonly<Record<string, string>>;
	#child: ChildProcess | undefined;
	#errors = "";
	kills = 0;
	/** Lines of its standard output, over all its lives. */
	readonly lines: string[] = [];

	constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
		this.#args = args;
		this.#environment = environment;
	}

	/** Starts it, and resolves with the first line that says it is ready, of standard output or of standard error. Rejects when it ends instead. */
	start(ready: RegExp): Promise<string> {
		const child = spawn(process.execPath, [join(root, String(this.#args[0])), ...this.#args.slice(1)], {
			cwd: root,
			env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#environment },
		});
		this.#child = child;
		return new Promise((resolve, reject) => {
			const listen = (stream: NodeJS.ReadableStream, take: (line: string) => void): void => {
				let rest = "";
				stream.on("data", (chunk) => {
					const lines = (rest + String(chunk)).split("\n");
					rest = lines.pop() ?? "";
					for (const line of lines) {
						take(line);
						if (ready.test(line)) resolve(line);
					}
				});
			};
			listen(child.stdout, (line) => this.lines.push(line));
			listen(child.stderr, (line) => (this.#errors += `${line}\n`));
			child.once("exit", (code, signal) => reject(new Error(`It ended with ${code ?? signal} before it was ready: ${this.#errors}`)));
		});
	}

	get isRunning(): boolean {
		return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** SIGTERM, as an operator does it. Resolves with the exit code. */
	async stop(): Promise<number> {
		const child = this.#child as ChildProcess;
		const gone = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? -1)));
		child.kill("SIGTERM");
		return gone;
	}

	/** SIGKILL: nothing is flushed, closed or said. */
	async kill(): Promise<void> {
		const child = this.#child;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const gone = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGKILL");
		await gone;
		this.kills += 1;
	}
}
