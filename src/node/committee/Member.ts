import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Staking } from "../../chain/Staking.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import * as Kzg from "../../kzg/Kzg.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import { CometOrderer } from "../../ordering/comet/CometOrderer.ts";
import * as Home from "../../ordering/comet/Home.ts";
import { GUARD, LADDER, silence, Supervisor } from "../../ordering/comet/Supervisor.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";
import type { Log } from "../../ports/Log.ts";
import type { Signer } from "../../ports/Signer.ts";
import type { Store } from "../../ports/Store.ts";
import * as Checkpoint from "../../protocol/Checkpoint.ts";
import { Approval } from "../../roles/batcher/Approval.ts";
import type { Slot } from "../../roles/reporter/asking.ts";
import { slotAt } from "../../roles/reporter/asking.ts";
import { lockDirectory } from "../../store/DirectoryLock.ts";
import type { Answer } from "../../wire/schema.ts";
import { EngineEvidence } from "./EngineEvidence.ts";
import { Epochs } from "./Epochs.ts";
import { Presence, STILL_MS } from "./Presence.ts";
import * as Roster from "./Roster.ts";
import * as Signing from "./Signing.ts";
import { Standpoint } from "./Standpoint.ts";

/** What the operator says of a member. */
export type Seat = {
	readonly roster: Roster.Roster;
	/** Where the engine listens for the other members; what the roster says of it otherwise. */
	readonly listen?: string;
	/** host:port of the engine's own RPC. SAFETY: a loopback address, because nothing protects it. */
	readonly rpc: string;
	/** Seconds that a member leaves to each whose turn is before its own what any of them may do: each does it at its own cost. */
	readonly turnSeconds: number;
	/** LIMIT: below this many free bytes a member signs nothing. */
	readonly minFreeBytes?: number;
	readonly binary?: string;
};

export type MemberOptions = Seat & {
	readonly dataDirectory: string;
	/** The member's key, hexadecimal with 0x: the engine votes with it. */
	readonly privateKey: string;
	readonly signer: Signer;
	readonly store: Store;
	readonly live: LiveExecutor;
	readonly inbox: InboxReader;
	/** Separator of the SequencerInbox. */
	readonly batchDomain: Uint8Array;
	/** Bytes of records in the first `index` batches, undefined while that is not derived. */
	readonly streamStart: (index: number) => number | undefined;
	/** The games on L1, and what was derived of them from L1 alone. */
	readonly game: GameReader;
	readonly histories: Histories;
	/** Keeps the blobs of a content that it certifies. */
	readonly keep: (content: Uint8Array) => void;
	readonly clock: Clock;
	readonly log: Log;
	/** Stake on L1: who the members are. */
	readonly staking: Pick<Staking, "committee">;
};

/** How often a member that the committee does not know yet shows its key. */
const JOIN_MS = 2_000;
const ORDER_PAUSE_MS = 100;
/** LIMIT: what the system allows the path of a socket, less a little. */
const MAX_SOCKET_PATH = 90;

/** A member of a committee: its engine under supervision, and what it signs. */
export class Member {
	readonly orderer: CometOrderer;
	/** Its place among those who may do the same. */
	readonly turn: number;
	readonly turnSeconds: number;
	readonly presence: Presence;
	readonly evidence: EngineEvidence;
	/** What it derived of the games on L1, and signs. */
	readonly standpoint: Standpoint;
	readonly #options: MemberOptions;
	readonly #approval: Approval;
	readonly #supervisor: Supervisor;
	readonly #epochs: Epochs;
	readonly #joining: NodeJS.Timeout;
	readonly #unlock: () => void;

	private constructor(
		options: MemberOptions,
		orderer: CometOrderer,
		approval: Approval,
		epochs: Epochs,
		standpoint: Standpoint,
		turn: number,
		unlock: () => void,
	) {
		this.#options = options;
		this.orderer = orderer;
		this.turn = turn;
		this.turnSeconds = options.turnSeconds;
		this.#approval = approval;
		this.#epochs = epochs;
		this.standpoint = standpoint;
		this.#unlock = unlock;
		this.evidence = new EngineEvidence(orderer, options.clock, options.log);
		this.presence = new Presence(orderer, () => orderer.application.committee);
		const { publicKey } = Home.memberOf(Bytes.fromHex(options.privateKey));
		this.#joining = setInterval(() => void orderer.join(publicKey), JOIN_MS);
		this.#joining.unref();
		const { dataDirectory: directory, minFreeBytes = GUARD.minFreeBytes } = options;
		this.#supervisor = new Supervisor(orderer, options.log, LADDER, () => !silence({ ...GUARD, directory, minFreeBytes }, 0, 0));
	}

	/** Writes the engine's home where it is missing, and starts the engine. Throws with one sentence when the key is no member's, or signs elsewhere on this machine. */
	static async open(options: MemberOptions): Promise<Member> {
		const { roster, dataDirectory, privateKey, signer, live, batchDomain, clock, log, rpc } = options;
		const turn = Roster.turnOf(roster, signer.address);
		const own = roster.members.find(({ address }) => address === signer.address);
		const listen = options.listen ?? own?.listen;
		if (listen === undefined)
			throw new Error(
				`${signer.address} is none of the ${roster.members.length} founders: a member that joined later says where it listens (--engine-listen).`,
			);
		// SAFETY: a key that signs in two processes contradicts itself and loses its stake; another data directory does not make it another key.
		const unlock = lockDirectory(Signing.folderOf(signer.address));
		try {
			const directory = join(dataDirectory, "committee");
			const node = Home.write(join(directory, "engine"), Bytes.fromHex(privateKey), Roster.genesisOf(roster, batchDomain));
			if (own && node !== own.node)
				log.warn("the roster names another connection key for this member: the others may not accept its calls", { node, named: own.node });
			const { streamStart, inbox } = options;
			const epochs = new Epochs(options.staking, clock, log);
			const approval = new Approval({ inbox, live, clock, log, streamStart });
			const standpoint = new Standpoint({ game: options.game, histories: options.histories, clock, log });
			// The engine asks as soon as it runs.
			const open: { orderer?: CometOrderer } = {};
			const orderer = await CometOrderer.open({
				directory,
				socket: socketIn(directory),
				network: { listen, rpc, peers: Roster.peersOf(roster, signer.address) },
				journal: log,
				binary: options.binary,
				chainId: Roster.chainIdOf(batchDomain),
				committee: Roster.committeeOf(roster),
				keys: new Map(roster.members.map((member) => [member.address, member.public_key])),
				committeeOnL1: () => epochs.members,
				signer,
				store: options.store,
				digests: {
					checkpoint: (height, streamHash, root) => Checkpoint.checkpointDigest(batchDomain, { height, streamHash, root }),
					batch: (proposal, content) => {
						// Whichever member posts it, every member can read it back.
						options.keep(content);
						return Checkpoint.batchDigest(batchDomain, { ...proposal, contentHash: Kzg.contentHash(content) });
					},
				},
				now: () => clock.now(),
				l1Count: () => approval.messageCount,
				rootAt: (height) => live.rootAtHeight(height),
				approves: (proposal) => approval.approves(proposal),
				standsBehind: () => {
					const vote = standpoint.state;
					return vote && { ...vote, digest: Checkpoint.stateDigest(batchDomain, vote) };
				},
				maySign: () => open.orderer !== undefined && silenceOf(options, open.orderer) === undefined,
			});
			open.orderer = orderer;
			approval.start();
			epochs.start();
			standpoint.start();
			// Whoever joined later comes after the founders.
			return new Member(options, orderer, approval, epochs, standpoint, turn ?? roster.members.length, unlock);
		} catch (error) {
			unlock();
			throw error;
		}
	}

	isMember(address: string): boolean {
		return this.orderer.application.committee.has(address) || Roster.turnOf(this.#options.roster, address) !== undefined;
	}

	/** The slot of a second, and whether it is this member's turn to ask reporters for what they sign of it. */
	slotAt(time: number): Slot {
		const { roster, signer } = this.#options;
		// Until L1 is read, who founded the committee is the best guess: reporters refuse what is wrong.
		const members = this.#epochs.addresses ?? roster.members.map(({ address }) => address).sort();
		return slotAt(time, members, signer.address);
	}

	/** Milliseconds that this member waits for those whose turn is before its own. */
	get patienceMs(): number {
		return this.turn * this.turnSeconds * 1000;
	}

	/** Why the node is not ready, or undefined. */
	get trouble(): string | undefined {
		const { orderer } = this;
		if (!this.presence.isMoving) return `nothing was decided for ${Math.round(orderer.stillForMilliseconds / 1000)} s`;
		return silenceOf(this.#options, orderer);
	}

	/** What the API tells of the committee. */
	answer(): Answer<"public/get_committee"> {
		const { orderer, presence } = this;
		const { decided } = orderer.application;
		const checkpoint = orderer.checkpoint();
		const { power, total } = presence.missing;
		return {
			engine: "comet",
			own: this.#options.signer.address,
			block: decided.blockHeight,
			block_age_seconds: orderer.stillForMilliseconds / 1000,
			height: decided.height,
			checkpoint_height: checkpoint?.height ?? 0,
			checkpoint_lag: decided.height - (checkpoint?.height ?? 0),
			checkpoint_root: checkpoint ? Bytes.toHex(checkpoint.root) : null,
			quorum_slack: presence.slack ?? null,
			power_total: total,
			power_missing: presence.isMoving ? power : null,
			engine_starts: this.#supervisor.starts,
			silent_because: silenceOf(this.#options, orderer) ?? null,
			members: presence.members(),
		};
	}

	/** Resolves when the order is as long as what was executed of it: after a loss it is written again from the committee's blocks. */
	async hasOrder(height: number): Promise<void> {
		const { log, clock } = this.#options;
		if (this.orderer.height < height) log.warn("waiting for the part of the order that was executed already", { height });
		while (this.orderer.height < height) await clock.sleep(ORDER_PAUSE_MS);
	}

	async close(): Promise<void> {
		this.#supervisor.stop();
		clearInterval(this.#joining);
		await this.evidence.stop();
		await this.#epochs.stop();
		await this.standpoint.stop();
		await this.#approval.stop();
		await this.orderer.close();
		this.#unlock();
	}
}

/** Why this member must not sign now, or undefined. */
function silenceOf({ dataDirectory, minFreeBytes = GUARD.minFreeBytes, clock }: MemberOptions, orderer: CometOrderer): string | undefined {
	const guard = { ...GUARD, directory: dataDirectory, minFreeBytes };
	return orderer.silence ?? silence(guard, clock.now(), orderer.stillForMilliseconds < STILL_MS ? orderer.application.medianTime : 0);
}

function socketIn(directory: string): string {
	const path = join(directory, "engine.sock");
	// Nobody else may enter what mkdtemp makes.
	return path.length <= MAX_SOCKET_PATH ? path : join(mkdtempSync(join(tmpdir(), "strikeproof-")), "engine.sock");
}
