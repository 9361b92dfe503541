// A block was counted and silenced for its maker, whose number stands first, though the taker brings it: anybody could use up a maker's messages.

import assert from "node:assert/strict";
import { it } from "node:test";
import { signedPart, speakerOf } from "../../src/executor/UserMessages.ts";
import * as DealEncoding from "../../src/machine/step/DealEncoding.ts";
import * as Series from "../../src/machine/types/Series.ts";

it("says of a block that its taker speaks, as the signature that is checked does", () => {
	const signature = new Uint8Array(65);
	const legs = [{ series: Series.make(0, 20_812, Series.CALL, 40_000), side: 0, price: 1255, size: 250 }];
	const nonces = { makerNonce: 1, takerNonce: 2, expiresAt: 0 };
	const block = DealEncoding.block({ maker: 7, taker: 9, ...nonces, legs, makerSignature: signature, takerSignature: signature });
	assert.equal(speakerOf(block), 9);
	assert.equal(signedPart(block, new Uint8Array(32))?.account, 9);
	assert.equal(speakerOf(DealEncoding.setReferrer({ account: 7, referrer: 9, nonce: 1, signature })), 7);
	assert.equal(speakerOf(DealEncoding.liquidate(7)), undefined);
});
