// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_LEGS, MAX_NONCE, PPM} from "../Constants.sol";
import {Bytes} from "../math/Bytes.sol";
import {Series} from "../types/Series.sol";
import {Messages} from "./Messages.sol";

/// @notice `share` of the debtor's portfolio in millionths, and the most that the bidder pays for it in micro-USDC; below 0 is what he must be given.
struct Bid {
    uint256 account;
    uint256 debtor;
    uint256 share;
    int256 limit;
    uint256 nonce;
}

/// @notice `root` is the state's after the steps up to `time`.
struct Attest {
    uint256 time;
    bytes32 root;
    /// Bit i is reporter i.
    uint256 signers;
    uint256 signatureCount;
}

struct SetReferrer {
    uint256 account;
    uint256 referrer;
    uint256 nonce;
}

/// @notice `side` is the taker's.
struct Leg {
    uint256 series;
    uint256 side;
    uint256 price;
    uint256 size;
}

struct Block {
    uint256 maker;
    uint256 taker;
    uint256 makerNonce;
    uint256 takerNonce;
    uint256 expiresAt;
    Leg[] legs;
    /// keccak256 of the legs' bytes.
    bytes32 legHash;
}

/// @notice Messages of deals: liquidations, block trades, what the fees become, and attestations of the state. As in Messages, parsing is total.
library DealMessages {
    uint256 private constant ACCOUNT_LENGTH = 4;
    uint256 private constant BID_LENGTH = 27 + Messages.SIGNATURE;
    uint256 internal constant ATTEST_HEAD = 40;
    uint256 private constant SET_REFERRER_LENGTH = 15 + Messages.SIGNATURE;
    uint256 private constant BLOCK_HEAD = 29;
    uint256 internal constant LEG_LENGTH = 18;

    /// @notice Liquidate and Collect: an account, and nothing else.
    function parseAccount(bytes memory payload) internal pure returns (bool ok, uint256 account) {
        if (payload.length != ACCOUNT_LENGTH) return (false, 0);
        return (true, Bytes.uint_(payload, 1, 3));
    }

    function parseBid(bytes memory payload) internal pure returns (bool ok, Bid memory bid) {
        if (payload.length != BID_LENGTH) return (false, bid);
        bid.account = Bytes.uint_(payload, 1, 3);
        bid.debtor = Bytes.uint_(payload, 4, 3);
        bid.share = Bytes.uint_(payload, 7, 4);
        bid.limit = Bytes.int_(payload, 11, 8);
        bid.nonce = Bytes.uint_(payload, 19, 8);
        if (bid.account == bid.debtor || bid.share == 0 || bid.share > PPM) return (false, bid);
        ok = bid.limit <= int256(MAX_CASH) && bid.limit >= -int256(MAX_CASH) && bid.nonce < MAX_NONCE;
    }

    function parseAttest(bytes memory payload) internal pure returns (bool ok, Attest memory attest) {
        if (payload.length < ATTEST_HEAD) return (false, attest);
        attest.signers = Bytes.uint_(payload, 38, 2);
        for (uint256 bit = 0; bit < 16; bit++) attest.signatureCount += (attest.signers >> bit) & 1;
        if (payload.length != ATTEST_HEAD + attest.signatureCount * Messages.SIGNATURE) return (false, attest);
        attest.time = Bytes.uint_(payload, 1, 5);
        attest.root = bytes32(Bytes.uint_(payload, 6, 32));
        ok = true;
    }

    function parseSetReferrer(bytes memory payload) internal pure returns (bool ok, SetReferrer memory message) {
        if (payload.length != SET_REFERRER_LENGTH) return (false, message);
        message.account = Bytes.uint_(payload, 1, 3);
        message.referrer = Bytes.uint_(payload, 4, 3);
        message.nonce = Bytes.uint_(payload, 7, 8);
        ok = message.referrer != 0 && message.referrer != message.account && message.nonce < MAX_NONCE;
    }

    function parseBlock(bytes memory payload) internal pure returns (bool ok, Block memory block_) {
        if (payload.length < BLOCK_HEAD) return (false, block_);
        uint256 count = Bytes.uint_(payload, 28, 1);
        uint256 end = BLOCK_HEAD + count * LEG_LENGTH;
        if (count == 0 || count > MAX_LEGS || payload.length != end + 2 * Messages.SIGNATURE) return (false, block_);
        block_.maker = Bytes.uint_(payload, 1, 3);
        block_.taker = Bytes.uint_(payload, 4, 3);
        block_.makerNonce = Bytes.uint_(payload, 7, 8);
        block_.takerNonce = Bytes.uint_(payload, 15, 8);
        block_.expiresAt = Bytes.uint_(payload, 23, 5);
        block_.legs = new Leg[](count);
        block_.legHash = keccak256(Bytes.slice(payload, BLOCK_HEAD, end - BLOCK_HEAD));
        if (block_.maker == block_.taker || block_.makerNonce >= MAX_NONCE || block_.takerNonce >= MAX_NONCE) return (false, block_);
        for (uint256 i = 0; i < count; i++) {
            Leg memory leg = legAt(payload, BLOCK_HEAD + i * LEG_LENGTH);
            if (!Series.isValid(leg.series) || leg.side > 1 || !Messages.isQuote(leg.price, leg.size)) return (false, block_);
            // Ascending, so that a series has one leg.
            if (i > 0 && leg.series <= block_.legs[i - 1].series) return (false, block_);
            block_.legs[i] = leg;
        }
        ok = true;
    }

    function legAt(bytes memory payload, uint256 at) private pure returns (Leg memory leg) {
        leg.series = Bytes.uint_(payload, at, 8);
        leg.side = Bytes.uint_(payload, at + 8, 1);
        leg.price = Bytes.uint_(payload, at + 9, 4);
        leg.size = Bytes.uint_(payload, at + 13, 5);
    }

    bytes32 private constant BID_TYPE = keccak256("Bid(uint32 account,uint32 debtor,uint32 share,int64 limit,uint64 nonce)");
    bytes32 private constant ATTEST_TYPE = keccak256("Attest(uint64 time,bytes32 root)");
    bytes32 private constant SET_REFERRER_TYPE = keccak256("SetReferrer(uint32 account,uint32 referrer,uint64 nonce)");
    bytes32 private constant BLOCK_TYPE = keccak256(
        "Block(uint32 maker,uint32 taker,uint64 makerNonce,uint64 takerNonce,uint64 expiresAt,bytes32 legs)"
    );

    function bidDigest(bytes32 domainSeparator, Bid memory m) internal pure returns (bytes32) {
        return Messages.digestOf(domainSeparator, keccak256(abi.encode(BID_TYPE, m.account, m.debtor, m.share, m.limit, m.nonce)));
    }

    function attestDigest(bytes32 domainSeparator, Attest memory m) internal pure returns (bytes32) {
        return Messages.digestOf(domainSeparator, keccak256(abi.encode(ATTEST_TYPE, m.time, m.root)));
    }

    function setReferrerDigest(bytes32 domainSeparator, SetReferrer memory m) internal pure returns (bytes32) {
        return Messages.digestOf(domainSeparator, keccak256(abi.encode(SET_REFERRER_TYPE, m.account, m.referrer, m.nonce)));
    }

    function blockDigest(bytes32 domainSeparator, Block memory m) internal pure returns (bytes32) {
        bytes memory fields = abi.encode(BLOCK_TYPE, m.maker, m.taker, m.makerNonce, m.takerNonce, m.expiresAt, m.legHash);
        return Messages.digestOf(domainSeparator, keccak256(fields));
    }
}
