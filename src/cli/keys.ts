import { Command } from "commander";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { passwordFor, secretFrom } from "./password.ts";

/** Shortest password that a key is encrypted with: a file may be copied and tried for years. */
const MIN_PASSWORD = 8;

function nameFrom(name: string): string {
	if (!/^[\w-]{1,40}$/.test(name)) throw new Failure(ExitCode.Usage, "A key's name has 1 to 40 letters, digits, _ or -.");
	return name;
}

async function add(context: Context, name: string, privateKey?: string): Promise<Answer> {
	const password = await passwordFor(`Password for the key ${name}: `);
	if (password.length < MIN_PASSWORD) throw new Failure(ExitCode.NoKey, `A password has at least ${MIN_PASSWORD} characters.`);
	const address = await context.keystore.add(nameFrom(name), password, privateKey);
	return {
		text: `The key ${name} is ${address}, encrypted in ${context.keystore.folder}.`,
		json: { name, address, folder: context.keystore.folder },
	};
}

export function keysCommand(): Command {
	const keys = new Command("keys").description("keys in encrypted files (in keys/ of STRIKEPROOF_HOME, or of ~/.strikeproof)");
	const named = (command: string, description: string): Command =>
		new Command(command).description(description).argument("[name]", "name of the key", "default");
	keys.addCommand(does<Common>(named("new", "makes a key"), (context, _, name) => add(context, name)));
	keys.addCommand(
		does<Common>(named("import", "takes a private key from standard input or the terminal"), async (context, _, name) =>
			add(context, name, await secretFrom("Private key: ", "write the private key to standard input")),
		),
	);
	keys.addCommand(
		does<Common>(named("address", "address of a key"), async (context, _, name) => {
			const address = context.keystore.addressOf(nameFrom(name));
			return { text: address, json: { name, address } };
		}),
	);
	keys.addCommand(
		does<Common>(new Command("list").description("every key and its address"), async (context) => {
			const all = context.keystore.list();
			return {
				text: all.length === 0 ? "There are no keys." : all.map((key) => `${key.name.padEnd(20)} ${key.address}`).join("\n"),
				json: all,
			};
		}),
	);
	return keys;
}
