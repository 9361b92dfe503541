// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_ITEMS, MAX_LEGS, MAX_NONCE, PPM} from "../Constants.sol";
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

/// @notice An order, a replacement or a cancellation; what its kind does not have is 0.
struct Item {
    uint256 kind;
    uint256 series;
    uint256 side;
    uint256 timeInForce;
    uint256 flags;
    uint256 price;
    uint256 size;
    uint256 expiresAt;
    uint256 label;
    uint256 order;
}

/// @notice The order of item i has the id nonce + 1 + i. The items stay in the payload.
struct Basket {
    uint256 account;
    uint256 nonce;
    uint256 count;
}

/// @notice Messages of deals: liquidations, block trades, baskets of orders, what the fees become, and attestations of the state. As in Messages, parsing is
/// total.
library DealMessages {
    uint256 private constant ACCOUNT_LENGTH = 4;
    uint256 private constant BID_LENGTH = 27 + Messages.SIGNATURE;
    uint256 internal constant ATTEST_HEAD = 40;
    uint256 private constant SET_REFERRER_LENGTH = 15 + Messages.SIGNATURE;
    uint256 private constant BLOCK_HEAD = 29;
    uint256 internal constant LEG_LENGTH = 18;
    uint256 private constant BASKET_HEAD = 13;
    uint256 internal constant ITEM_LENGTH = 36;

    /// @notice The account that a message is of, where its kind begins with one.
    function accountOf(bytes memory payload) internal pure returns (uint256) {
        return Bytes.uint_(payload, 1, 3);
    }

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

    function parseBasket(bytes memory payload) internal pure returns (bool ok, Basket memory basket) {
        if (payload.length < BASKET_HEAD) return (false, basket);
        basket.count = Bytes.uint_(payload, 12, 1);
        uint256 end = BASKET_HEAD + basket.count * ITEM_LENGTH;
        if (basket.count == 0 || basket.count > MAX_ITEMS || payload.length != end + Messages.SIGNATURE) return (false, basket);
        basket.account = Bytes.uint_(payload, 1, 3);
        basket.nonce = Bytes.uint_(payload, 4, 8);
        ok = basket.nonce + basket.count < MAX_NONCE;
    }

    function itemAt(bytes memory payload, uint256 at) private pure returns (Item memory item) {
        item.kind = Bytes.uint_(payload, at, 1);
        item.series = Bytes.uint_(payload, at + 1, 8);
        item.side = Bytes.uint_(payload, at + 9, 1);
        item.timeInForce = Bytes.uint_(payload, at + 10, 1);
        item.flags = Bytes.uint_(payload, at + 11, 1);
        item.price = Bytes.uint_(payload, at + 12, 4);
        item.size = Bytes.uint_(payload, at + 16, 5);
        item.expiresAt = Bytes.uint_(payload, at + 21, 5);
        item.label = Bytes.uint_(payload, at + 26, 2);
        item.order = Bytes.uint_(payload, at + 28, 8);
    }

    /// @notice The message that an item stands for, unsigned; of no such kind a byte of 0, and with something in it that its kind does not have the kind's
    /// byte alone.
    function itemPayload(bytes memory payload, Basket memory basket, uint256 place) internal pure returns (bytes memory) {
        uint256 at = BASKET_HEAD + place * ITEM_LENGTH;
        Item memory item = itemAt(payload, at);
        bool isKnown = item.kind == Messages.PLACE || item.kind == Messages.REPLACE || item.kind == Messages.CANCEL;
        if (!isKnown) return new bytes(1);
        bytes memory head = abi.encodePacked(uint8(item.kind));
        bytes memory signature = new bytes(Messages.SIGNATURE);
        uint64 id = uint64(basket.nonce + 1 + place);
        if (item.kind == Messages.PLACE) {
            if (item.order != 0) return head;
            bytes memory label = Bytes.slice(payload, at + 26, 2);
            return abi.encodePacked(head, uint24(basket.account), Bytes.slice(payload, at + 1, 25), id, label, signature);
        }
        if (item.timeInForce + item.flags + item.expiresAt + item.label != 0) return head;
        bytes memory book = abi.encodePacked(head, uint24(basket.account), Bytes.slice(payload, at + 1, 9), uint64(item.order));
        if (item.kind == Messages.REPLACE) return abi.encodePacked(book, Bytes.slice(payload, at + 12, 9), id, signature);
        if (item.price + item.size != 0) return head;
        return abi.encodePacked(book, signature);
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

    // A type's text goes on with the types that it names.
    bytes32 private constant ITEM_TYPE = keccak256(
        "Item(uint8 kind,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint16 label,uint64 order)"
    );
    bytes32 private constant BASKET_TYPE = keccak256(
        "Basket(uint32 account,uint64 nonce,Item[] items)Item(uint8 kind,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint16 label,uint64 order)"
    );

    function basketDigest(bytes32 domainSeparator, bytes memory payload, Basket memory m) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](m.count);
        for (uint256 i = 0; i < m.count; i++) {
            // A struct of words in memory is its own encoding.
            hashes[i] = keccak256(abi.encode(ITEM_TYPE, itemAt(payload, BASKET_HEAD + i * ITEM_LENGTH)));
        }
        bytes32 items = keccak256(abi.encodePacked(hashes));
        return Messages.digestOf(domainSeparator, keccak256(abi.encode(BASKET_TYPE, m.account, m.nonce, items)));
    }
}
