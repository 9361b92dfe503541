// The files of one CometBFT node. Its own command line makes ed25519 keys only, and L1 can recover only secp256k1: so keys and genesis are written here.

import { createECDH, generateKeyPairSync, hash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import { RULES } from "./Decided.ts";
import * as SigningState from "./SigningState.ts";

/** A member of the committee as everybody knows it. */
export type Member = {
	/** Lower-case hexadecimal with 0x: where the key's signatures recover to, here and on L1. */
	readonly address: string;
	/** Compressed, 33 bytes. */
	readonly publicKey: Uint8Array;
	readonly power: number;
};

/** Where a node of the engine listens, and whom it calls. */
export type Network = {
	/** host:port for the other members. */
	readonly listen: string;
	/** host:port of its JSON-RPC; LIMIT: it is not protected, so never other than a loopback address. */
	readonly rpc: string;
	/** id@host:port of the others. */
	readonly peers: readonly string[];
};

/** LIMIT: larger blocks stall a committee on two cores; the engine's own maximum is far above. */
export const MAX_BLOCK_BYTES = 512 * 1024;
/** How long nobody has anything to order before an empty block carries time, L1's messages and checkpoints on. */
export const EMPTY_BLOCK_MILLISECONDS = 500;
/** How long a proposal is waited for before the next member's turn, and by how much longer in every further round: so a slow machine loses rounds and no blocks. */
const PROPOSE_MILLISECONDS = 500;

/** The member of a private key (32 bytes). Throws when it is no key of the curve. */
export function memberOf(privateKey: Uint8Array, power = 1): Member {
	const curve = createECDH("secp256k1");
	curve.setPrivateKey(privateKey);
	const publicKey = new Uint8Array(curve.getPublicKey(null, "compressed"));
	const whole = new Uint8Array(curve.getPublicKey(null, "uncompressed"));
	return { address: Bytes.address(Keccak.hash(whole.subarray(1)), 12), publicKey, power };
}

/** A fresh private key of the curve. */
export function freshKey(): Uint8Array {
	for (;;) {
		const key = new Uint8Array(randomBytes(32));
		try {
			memberOf(key);
			return key;
		} catch {
			// Zero, or at least the order of the curve: as likely as guessing somebody's key.
		}
	}
}

/** The genesis file: the same bytes at every member, or they do not talk. `chainId` is at most 50 characters. */
export function genesisOf(chainId: string, genesisTime: Date, members: readonly Member[]): string {
	return JSON.stringify(
		{
			genesis_time: genesisTime.toISOString(),
			chain_id: chainId,
			initial_height: "1",
			consensus_params: {
				block: { max_bytes: String(MAX_BLOCK_BYTES), max_gas: "-1" },
				evidence: { max_age_num_blocks: "1000000", max_age_duration: "1209600000000000", max_bytes: "65536" },
				validator: { pub_key_types: ["secp256k1eth"] },
				version: { app: String(RULES) },
				abci: { vote_extensions_enable_height: "1" },
			},
			validators: members.map((member, place) => ({
				address: member.address.slice(2).toUpperCase(),
				pub_key: { type: "tendermint/PubKeySecp256k1eth", value: base64(member.publicKey) },
				power: String(member.power),
				name: `validator-${place}`,
			})),
			app_hash: "",
		},
		undefined,
		"\t",
	);
}

/**
 * Makes the folder of a node whose key has never voted, as far as it is not there.
 * SAFETY: whoever lost what the key voted must not call this, or the key votes twice.
 * @returns the node's id, by which the others know its connection
 */
export function found(directory: string): string {
	SigningState.begin(directory);
	return identityOf(directory);
}

/**
 * Makes the folder of a node, or leaves its keys as they are. What the key voted is not written here: where `found` never was, or its file is lost, the key waits.
 * @returns the node's id
 */
export function write(directory: string, privateKey: Uint8Array, genesis: string): string {
	mkdirSync(join(directory, "config"), { recursive: true });
	mkdirSync(join(directory, "data"), { recursive: true });
	const member = memberOf(privateKey);
	once(join(directory, "config", "genesis.json"), () => genesis);
	once(join(directory, "config", "priv_validator_key.json"), () =>
		JSON.stringify({
			address: member.address.slice(2).toUpperCase(),
			pub_key: { type: "tendermint/PubKeySecp256k1eth", value: base64(member.publicKey) },
			priv_key: { type: "tendermint/PrivKeySecp256k1eth", value: base64(privateKey) },
		}),
	);
	return identityOf(directory);
}

/** The node's id, by which the others know its connection: that of the key in its folder, which is made when there is none. */
export function identityOf(directory: string): string {
	mkdirSync(join(directory, "config"), { recursive: true });
	const file = join(directory, "config", "node_key.json");
	once(file, () => {
		const { privateKey: key } = generateKeyPairSync("ed25519");
		const { d, x } = key.export({ format: "jwk" });
		const bytes = Buffer.concat([Buffer.from(String(d), "base64url"), Buffer.from(String(x), "base64url")]);
		return JSON.stringify({ priv_key: { type: "tendermint/PrivKeyEd25519", value: bytes.toString("base64") } });
	});
	const node = JSON.parse(readFileSync(file, "utf8")) as { priv_key: { value: string } };
	return hash("sha256", Buffer.from(node.priv_key.value, "base64").subarray(32), "hex").slice(0, 40);
}

/** Writes the node's configuration anew: what it does not say is the engine's default. `socket` is the path of the application's socket. */
export function configure(directory: string, socket: string, network: Network): void {
	const text = `proxy_app = "unix://${socket}"
abci = "socket"
log_level = "error"
db_backend = "goleveldb"

[rpc]
laddr = "tcp://${network.rpc}"
max_body_bytes = 400000

[p2p]
laddr = "tcp://${network.listen}"
persistent_peers = "${network.peers.join(",")}"
addr_book_strict = false
allow_duplicate_ip = true
pex = false
flush_throttle_timeout = "2ms"
send_rate = 20480000
recv_rate = 20480000
persistent_peers_max_dial_period = "1s"

[mempool]
type = "flood"
recheck = true
size = 2000
max_txs_bytes = 67108864
max_tx_bytes = 131072
cache_size = 20000

[consensus]
timeout_propose = "${PROPOSE_MILLISECONDS}ms"
timeout_propose_delta = "${PROPOSE_MILLISECONDS}ms"
timeout_prevote = "500ms"
timeout_prevote_delta = "250ms"
timeout_precommit = "500ms"
timeout_precommit_delta = "250ms"
timeout_commit = "20ms"
skip_timeout_commit = true
create_empty_blocks = true
create_empty_blocks_interval = "${EMPTY_BLOCK_MILLISECONDS}ms"
peer_gossip_sleep_duration = "3ms"
peer_query_maj23_sleep_duration = "500ms"

[tx_index]
indexer = "null"

[storage]
discard_abci_responses = false
`;
	writeFileSync(join(directory, "config", "config.toml"), text);
}

function once(file: string, content: () => string): void {
	if (!existsSync(file)) writeFileSync(file, content(), { mode: 0o600 });
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("base64");
}
