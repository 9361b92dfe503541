import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { Transaction } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { RemoteSigner } from "../../src/chain/RemoteSigner.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import { L1 } from "./l1.ts";

type Fields = {
	to: string;
	data: string;
	value: string;
	nonce: string;
	gas: string;
	chainId: string;
	maxFeePerGas: string;
	maxPriorityFeePerGas: string;
};

describe("given a service that keeps the key to itself", () => {
	let l1: L1;
	let usdc: Contract;
	let wallet: HDNodeWallet;
	let stranger: HDNodeWallet;
	let server: Server;
	let url = "";
	/** What it does with what it is asked to sign: changes it, signs it with another key, answers otherwise. */
	let faults: { change?: (fields: Fields) => Fields; key?: HDNodeWallet; answer?: (raw: string) => unknown; error?: string } = {};
	let accounts: string[] = [];

	before(async () => {
		l1 = await L1.start();
		wallet = await l1.wallet(12);
		stranger = await l1.wallet(13);
		usdc = await l1.deploy("MockUSDC", []);
		accounts = [wallet.address.toLowerCase()];
		server = createServer((request, response) => {
			void (async () => {
				let text = "";
				for await (const chunk of request) text += String(chunk);
				const { method, params } = JSON.parse(text) as { method: string; params: [Fields] };
				const give = (body: object): unknown => response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }));
				if (method === "eth_accounts") return give({ result: accounts });
				if (faults.error !== undefined) return give({ error: { code: -32_000, message: faults.error } });
				const { gas, ...rest } = (faults.change ?? ((fields: Fields) => fields))(params[0]);
				const raw = await (faults.key ?? wallet).signTransaction({
					...{ to: rest.to, data: rest.data, value: rest.value, chainId: rest.chainId },
					...{ maxFeePerGas: rest.maxFeePerGas, maxPriorityFeePerGas: rest.maxPriorityFeePerGas },
					nonce: Number(rest.nonce),
					gasLimit: gas,
					type: 2,
				});
				return give({ result: faults.answer ? faults.answer(raw) : raw });
			})();
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token-of-the-vault`;
	});
	after(async () => {
		server.close();
		await l1.close();
	});
	afterEach(() => {
		faults = {};
		accounts = [wallet.address.toLowerCase()];
	});

	async function mint(amount: number): Promise<{ status: string }> {
		const manager = new TransactionManager({
			provider: l1.chain.provider,
			wallet: await RemoteSigner.open(url),
			store: new MemoryStore(),
			log: SILENT,
		});
		const data = usdc.interface.encodeFunctionData("mint", [wallet.address, amount]);
		return manager.send({ key: `mint/${amount}`, to: await usdc.getAddress(), data });
	}

	it("sends what the service signs, whether it answers bytes or an object that holds them", async () => {
		assert.equal((await mint(1)).status, "mined");
		faults.answer = (raw) => ({ raw, tx: {} });
		assert.equal((await mint(2)).status, "mined");
		assert.equal(await usdc.getFunction("balanceOf")(wallet.address), 3n);
	});

	it("sends nothing that the service changed, signed with another key, or did not sign", async () => {
		const nonce = await wallet.getNonce();
		for (const [name, fault] of [
			["another recipient", { change: (fields: Fields) => ({ ...fields, to: stranger.address }) }],
			["a higher price", { change: (fields: Fields) => ({ ...fields, maxFeePerGas: "0xffffffffff" }) }],
			["another chain", { change: (fields: Fields) => ({ ...fields, chainId: "0x1" }) }],
			["another nonce", { change: (fields: Fields) => ({ ...fields, nonce: "0x63" }) }],
			["another key", { key: stranger }],
			["without a signature", { answer: (raw: string) => Transaction.from(raw).unsignedSerialized }],
			["what is no transaction", { answer: () => "0x1234" }],
			["null", { answer: () => null }],
		] as const) {
			faults = fault;
			await assert.rejects(mint(5), /signed another transaction than it was asked to|with what is no transaction/, name);
		}
		faults = { error: "policy: not allowed" };
		await assert.rejects(mint(5), /refused eth_signTransaction: policy: not allowed/);
		assert.equal(await wallet.getNonce(), nonce);
	});

	it("asks which key when there are several, takes the one that is named, and refuses one that is not there", async () => {
		accounts.push(stranger.address.toLowerCase());
		await assert.rejects(RemoteSigner.open(url), /has 2 keys: name the address/);
		assert.equal((await RemoteSigner.open(url, wallet.address)).address, wallet.address);
		await assert.rejects(RemoteSigner.open(url, `0x${"12".repeat(20)}`), /has no key of 0x1212/);
	});

	it("names the service by its host alone when it does not answer", async () => {
		const gone = "http://127.0.0.1:9/token-of-the-vault";
		await assert.rejects(
			RemoteSigner.open(gone),
			(error: Error) => /No signer answers at http:\/\/127\.0\.0\.1:9 /.test(error.message) && !error.message.includes("token"),
		);
	});

	it("says that it signs no blobs", async () => {
		const signer = await RemoteSigner.open(url);
		await assert.rejects(signer.signTransaction({ type: 3 }), /use a key or a keystore for the batcher/);
	});
});
