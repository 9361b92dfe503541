// Loaded before everything else into a member's process (`node --import`), it makes an honest member a dishonest one, by what DISHONEST says: `omits` proposes blocks without the
// votes' extensions; `lies` signs, one vote after a true root, another root for the same height. Everything else the member does as ever. What it did is told in DISHONEST_TOLD, a line each.

import { appendFileSync } from "node:fs";
import { Response } from "cosmjs-types/tendermint/abci/types";
import secp256k1 from "secp256k1";
import { memberPlace, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import * as Extension from "../../../src/ordering/comet/Extension.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";

const { DISHONEST, DISHONEST_TOLD = "", DISHONEST_MEMBER = "", DISHONEST_DOMAIN = "" } = process.env;
const LIE = Keccak.hashText("another root");

let orderer: CometOrderer | undefined;
/** Of the last root that was signed truly: a lie about it comes next. */
let signed: number | undefined;

function tell(what: string): void {
	appendFileSync(DISHONEST_TOLD, `${what}\n`);
}

/** The member's extension with a false root for a height whose true root it has signed before. */
function lieIn(bytes: Uint8Array): Uint8Array {
	const extension = Extension.decode(bytes);
	if (!extension) return bytes;
	const [bundle] = signed !== undefined ? (orderer?.bundles(signed, signed) ?? []) : [];
	if (signed === undefined || !bundle) {
		signed = extension.checkpoint?.height;
		return bytes;
	}
	const digest = Checkpoint.checkpointDigest(Bytes.fromHex(DISHONEST_DOMAIN), { height: signed, streamHash: bundle.streamHash, root: LIE });
	const key = Bytes.fromHex(testWallet(memberPlace(Number(DISHONEST_MEMBER), "sequencer")).privateKey);
	const { signature, recid } = secp256k1.ecdsaSign(digest, key);
	const checkpoint = { height: signed, root: LIE, signature: Bytes.concat(signature, Uint8Array.of(27 + recid)) };
	tell(`lied about the root at height ${signed}`);
	signed = undefined;
	return Extension.encode({ ...extension, checkpoint });
}

const { bundles } = CometOrderer.prototype;
CometOrderer.prototype.bundles = function (this: CometOrderer, ...range) {
	orderer = this;
	return bundles.apply(this, range);
};

const { fromPartial } = Response;
Response.fromPartial = (answer: Parameters<typeof fromPartial>[0]) => {
	const { prepareProposal, extendVote } = answer;
	if (DISHONEST === "omits" && prepareProposal) {
		tell("proposed a block without extensions");
		return fromPartial({ prepareProposal: { txs: prepareProposal.txs?.slice(1) } });
	}
	if (DISHONEST === "lies" && extendVote?.voteExtension)
		return fromPartial({ extendVote: { voteExtension: lieIn(extendVote.voteExtension) } });
	return fromPartial(answer);
};
