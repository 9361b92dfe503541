import { scrypt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Wallet, scrypt as ethersScrypt } from "ethers";

// The platform's implementation takes a tenth of the time of the library's own, for the same bytes.
ethersScrypt.register(
	(password, salt, N, r, p, length) =>
		new Promise((resolve, reject) => {
			scrypt(password, salt, length, { N, r, p, maxmem: 256 * N * r }, (error, key) => (error ? reject(error) : resolve(key)));
		}),
);

export type KeystoreErrorCode = "NO_KEY" | "WRONG_PASSWORD" | "KEY_EXISTS" | "NOT_A_KEY";

export class KeystoreError extends Error {
	readonly code: KeystoreErrorCode;

	constructor(code: KeystoreErrorCode, message: string, cause?: unknown) {
		super(message, { cause });
		this.code = code;
	}
}

/** A folder of keys, each encrypted with a password (Web3 Secret Storage, as geth and others read it). */
export class Keystore {
	readonly folder: string;

	constructor(folder: string) {
		this.folder = folder;
	}

	/** Names of the keys, and whose they are. */
	list(): { readonly name: string; readonly address: string }[] {
		if (!existsSync(this.folder)) return [];
		return readdirSync(this.folder)
			.filter((file) => file.endsWith(".json"))
			.sort()
			.map((file) => ({ name: file.slice(0, -5), address: this.addressOf(file.slice(0, -5)) }));
	}

	has(name: string): boolean {
		return existsSync(this.#file(name));
	}

	/** Address of a key, which is not secret. Throws KeystoreError NO_KEY or NOT_A_KEY. */
	addressOf(name: string): string {
		const { address } = this.#read(name);
		if (typeof address !== "string") throw new KeystoreError("NOT_A_KEY", `${this.#file(name)} is no encrypted key.`);
		return `0x${address.replace(/^0x/, "").toLowerCase()}`;
	}

	/** Makes a new key, or takes the one that is given. Never writes over another: throws KeystoreError KEY_EXISTS. */
	async add(name: string, password: string, privateKey?: string): Promise<string> {
		if (this.has(name)) throw new KeystoreError("KEY_EXISTS", `There is a key ${name} already: choose another name.`);
		let wallet: { readonly address: string; encrypt(password: string): Promise<string> };
		try {
			wallet = privateKey === undefined ? Wallet.createRandom() : new Wallet(privateKey.trim());
		} catch {
			// The library's message could hold the key.
			throw new KeystoreError("NOT_A_KEY", "That is no private key: 64 hexadecimal digits are needed.");
		}
		mkdirSync(this.folder, { recursive: true, mode: 0o700 });
		writeFileSync(this.#file(name), await wallet.encrypt(password), { mode: 0o600, flag: "wx" });
		return wallet.address.toLowerCase();
	}

	/** The wallet of a key. Throws KeystoreError NO_KEY or WRONG_PASSWORD. */
	async unlock(name: string, password: string): Promise<Wallet> {
		const json = JSON.stringify(this.#read(name));
		try {
			return new Wallet((await Wallet.fromEncryptedJson(json, password)).privateKey);
		} catch (cause) {
			throw new KeystoreError("WRONG_PASSWORD", `The password does not open the key ${name}.`, cause);
		}
	}

	#file(name: string): string {
		return join(this.folder, `${name}.json`);
	}

	#read(name: string): { readonly address?: unknown } {
		if (!this.has(name))
			throw new KeystoreError("NO_KEY", `There is no key ${name} in ${this.folder}: make one with "strikeproof keys new ${name}".`);
		try {
			return JSON.parse(readFileSync(this.#file(name), "utf8")) as { address?: unknown };
		} catch (cause) {
			throw new KeystoreError("NOT_A_KEY", `${this.#file(name)} is no encrypted key.`, cause);
		}
	}
}

/** A wallet from a private key. Throws KeystoreError NOT_A_KEY, which does not repeat it. */
export function walletOf(privateKey: string, where: string): Wallet {
	try {
		return new Wallet(privateKey.trim());
	} catch {
		throw new KeystoreError("NOT_A_KEY", `${where} holds no private key: 64 hexadecimal digits are needed.`);
	}
}
