import { HDNodeWallet } from "ethers";
import { TEST_MNEMONIC } from "./EmbeddedChain.ts";

// PUBLIC TEST KEYS of embedded chains: anybody knows them. Places in the derivation path, by who uses them.
export const PLACES = {
	deployer: 0,
	sequencer: 1,
	batcher: 2,
	proposer: 3,
	challenger: 4,
	keeper: 5,
	liar: 6,
	/** Pays for reports to L1's oracle. */
	feeder: 7,
	reporters: 10,
	traders: 30,
	/** Members of a committee: each has ten places, in the order of MEMBER_ROLES. */
	members: 200,
} as const;

const MEMBER_ROLES = ["sequencer", "batcher", "proposer", "challenger", "keeper", "feeder"] as const;

/** The place of a role's key of the member with this number, from 0. */
export function memberPlace(member: number, role: (typeof MEMBER_ROLES)[number]): number {
	return PLACES.members + 10 * member + MEMBER_ROLES.indexOf(role);
}

/** The wallet at a place of the public test mnemonic. */
export function testWallet(place: number): HDNodeWallet {
	return HDNodeWallet.fromPhrase(TEST_MNEMONIC, undefined, `m/44'/60'/0'/0/${place}`);
}

/** Who has a standing where nothing else is asked for: seven reporters of whom five are a quorum, a committee of one sequencer, and the deployer's treasury. */
export function testParties(): { reporters: string[]; quorum: number; committee: string[]; treasury: string } {
	return {
		reporters: Array.from({ length: 7 }, (_, i) => testWallet(PLACES.reporters + i).address),
		quorum: 5,
		committee: [testWallet(PLACES.sequencer).address],
		treasury: testWallet(PLACES.deployer).address,
	};
}
