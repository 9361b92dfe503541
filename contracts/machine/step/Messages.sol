// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_GUARD_SECONDS, MAX_NONCE, MAX_PRICE_TICKS, MAX_REPORT_EXPIRIES, MAX_SIZE_LOTS} from "../Constants.sol";
import {Bytes} from "../math/Bytes.sol";
import {Series} from "../types/Series.sol";

struct Place {
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 timeInForce;
    uint256 flags;
    uint256 price;
    uint256 size;
    uint256 expiresAt;
    uint256 nonce;
    uint256 label;
}

struct Cancel {
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 order;
}

struct CancelAll {
    uint256 account;
    uint256 underlying;
    uint256 nonce;
}

struct Withdraw {
    uint256 account;
    address recipient;
    uint256 amount;
    uint256 nonce;
}

struct Replace {
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 order;
    uint256 price;
    uint256 size;
    uint256 nonce;
}

struct CancelSeries {
    uint256 account;
    uint256 series;
    uint256 sides;
    uint256 label;
    uint256 nonce;
}

struct Transfer {
    uint256 account;
    uint256 recipient;
    uint256 amount;
    uint256 nonce;
}

struct SetSession {
    uint256 account;
    address key;
    uint256 scopes;
    uint256 expiresAt;
    uint256 nonce;
}

struct SetProtection {
    uint256 account;
    uint256 underlying;
    uint256 window;
    uint256 freeze;
    uint256 quantityLimit;
    uint256 deltaLimit;
    uint256 vegaLimit;
    uint256 nonce;
}

struct Heartbeat {
    uint256 account;
    uint256 duration;
    uint256 nonce;
}

struct Sweep {
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 order;
}

struct List {
    uint256 underlying;
    uint256 day;
    uint256 strike;
}

struct Surface {
    uint256 day;
    uint256 forward;
    int256 a;
    int256 b;
    int256 rho;
    int256 m;
    int256 sigma;
    int256 rate;
    uint256 confidence;
}

struct Report {
    uint256 underlying;
    uint256 time;
    uint256 indexPrice;
    uint256 confidence;
    Surface[] surfaces;
    /// keccak256 of the surfaces' bytes.
    bytes32 surfaceHash;
    /// Bit i is reporter i.
    uint256 signers;
    /// Where the signatures stand, in order of bit, and how many they are.
    uint256 signaturesAt;
    uint256 signatureCount;
}

/// @notice The bytes of every message and the EIP-712 digests that users and reporters sign (docs/spec/machine.md). Parsing is total: a payload of the wrong
/// length, or with a field out of its range, is not `ok`, which the step answers with Malformed. Signatures stay in the payload.
library Messages {
    uint256 internal constant PLACE = 1;
    uint256 internal constant CANCEL = 2;
    uint256 internal constant CANCEL_ALL = 3;
    uint256 internal constant WITHDRAW = 4;
    uint256 internal constant LIST = 5;
    uint256 internal constant SETTLE = 6;
    uint256 internal constant REPORT = 7;
    uint256 internal constant REPLACE = 8;
    uint256 internal constant CANCEL_SERIES = 9;
    uint256 internal constant TRANSFER = 10;
    uint256 internal constant SET_SESSION = 11;
    uint256 internal constant SET_PROTECTION = 12;
    uint256 internal constant HEARTBEAT = 13;
    uint256 internal constant SWEEP = 14;
    uint256 internal constant LIQUIDATE = 15;
    uint256 internal constant BID = 16;
    uint256 internal constant ATTEST = 17;
    uint256 internal constant COLLECT = 18;
    uint256 internal constant SET_REFERRER = 19;
    uint256 internal constant BLOCK = 20;
    uint256 internal constant BASKET = 21;

    /// timeInForce
    uint256 internal constant GTC = 0;
    uint256 internal constant IOC = 1;
    /// Fill or kill: all of it at once, or nothing.
    uint256 internal constant FOK = 2;
    /// flags
    uint256 internal constant POST_ONLY = 1;
    /// With POST_ONLY: an order that would take moves to one tick behind the best price instead.
    uint256 internal constant SLIDE = 2;
    /// Trades only what makes the position smaller.
    uint256 internal constant REDUCE_ONLY = 4;
    /// What becomes of a taker that meets an order of the same owner: these two bits of the flags, times 8.
    uint256 internal constant CANCEL_MAKER = 0;
    uint256 internal constant CANCEL_TAKER = 1;
    uint256 internal constant CANCEL_BOTH = 2;
    uint256 internal constant DECREMENT = 3;
    /// Its fills count for market-maker protection.
    uint256 internal constant PROTECTED = 32;
    uint256 private constant MAX_FLAGS = 63;
    /// Of CancelAll: both underlyings; of CancelSeries: any label.
    uint256 internal constant EVERY_UNDERLYING = 255;
    uint256 internal constant EVERY_LABEL = 0;

    uint256 internal constant SIGNATURE = 65;
    uint256 internal constant PLACE_LENGTH = 39 + SIGNATURE;
    uint256 internal constant CANCEL_LENGTH = 21 + SIGNATURE;
    uint256 internal constant CANCEL_ALL_LENGTH = 13 + SIGNATURE;
    uint256 internal constant WITHDRAW_LENGTH = 40 + SIGNATURE;
    uint256 internal constant LIST_LENGTH = 8;
    uint256 internal constant SETTLE_LENGTH = 4;
    uint256 internal constant REPLACE_LENGTH = 38 + SIGNATURE;
    uint256 internal constant CANCEL_SERIES_LENGTH = 23 + SIGNATURE;
    uint256 internal constant TRANSFER_LENGTH = 23 + SIGNATURE;
    uint256 internal constant SET_SESSION_LENGTH = 38 + SIGNATURE;
    uint256 internal constant SET_PROTECTION_LENGTH = 42 + SIGNATURE;
    uint256 internal constant HEARTBEAT_LENGTH = 16 + SIGNATURE;
    uint256 internal constant SWEEP_LENGTH = 21;
    uint256 private constant MAX_SCOPES = 7;
    uint256 internal constant REPORT_HEAD = 20;
    uint256 internal constant SURFACE_LENGTH = 58;

    function parsePlace(bytes memory payload) internal pure returns (bool ok, Place memory place) {
        if (payload.length != PLACE_LENGTH) return (false, place);
        place.account = Bytes.uint_(payload, 1, 3);
        place.series = Bytes.uint_(payload, 4, 8);
        place.side = Bytes.uint_(payload, 12, 1);
        place.timeInForce = Bytes.uint_(payload, 13, 1);
        place.flags = Bytes.uint_(payload, 14, 1);
        place.price = Bytes.uint_(payload, 15, 4);
        place.size = Bytes.uint_(payload, 19, 5);
        place.expiresAt = Bytes.uint_(payload, 24, 5);
        place.nonce = Bytes.uint_(payload, 29, 8);
        place.label = Bytes.uint_(payload, 37, 2);
        if (!Series.isValid(place.series) || place.side > 1 || place.timeInForce > FOK || place.flags > MAX_FLAGS) return (false, place);
        if (place.flags & POST_ONLY == 0 ? place.flags & SLIDE != 0 : place.timeInForce != GTC) return (false, place);
        if (!isQuote(place.price, place.size) || place.nonce >= MAX_NONCE) return (false, place);
        return (true, place);
    }

    /// @notice Whether price and size are within their ranges.
    function isQuote(uint256 price, uint256 size) internal pure returns (bool) {
        return price != 0 && price <= MAX_PRICE_TICKS && size != 0 && size <= MAX_SIZE_LOTS;
    }

    function parseCancel(bytes memory payload) internal pure returns (bool ok, Cancel memory cancel) {
        if (payload.length != CANCEL_LENGTH) return (false, cancel);
        cancel.account = Bytes.uint_(payload, 1, 3);
        cancel.series = Bytes.uint_(payload, 4, 8);
        cancel.side = Bytes.uint_(payload, 12, 1);
        cancel.order = Bytes.uint_(payload, 13, 8);
        ok = Series.isValid(cancel.series) && cancel.side <= 1 && cancel.order < MAX_NONCE;
    }

    function parseCancelAll(bytes memory payload) internal pure returns (bool ok, CancelAll memory cancelAll) {
        if (payload.length != CANCEL_ALL_LENGTH) return (false, cancelAll);
        cancelAll.account = Bytes.uint_(payload, 1, 3);
        cancelAll.underlying = Bytes.uint_(payload, 4, 1);
        cancelAll.nonce = Bytes.uint_(payload, 5, 8);
        ok = cancelAll.nonce < MAX_NONCE;
    }

    function parseWithdraw(bytes memory payload) internal pure returns (bool ok, Withdraw memory withdraw) {
        if (payload.length != WITHDRAW_LENGTH) return (false, withdraw);
        withdraw.account = Bytes.uint_(payload, 1, 3);
        withdraw.recipient = Bytes.address_(payload, 4);
        withdraw.amount = Bytes.uint_(payload, 24, 8);
        withdraw.nonce = Bytes.uint_(payload, 32, 8);
        ok = withdraw.amount != 0 && withdraw.amount < MAX_NONCE && withdraw.nonce < MAX_NONCE;
    }

    function parseReplace(bytes memory payload) internal pure returns (bool ok, Replace memory replace) {
        if (payload.length != REPLACE_LENGTH) return (false, replace);
        replace.account = Bytes.uint_(payload, 1, 3);
        replace.series = Bytes.uint_(payload, 4, 8);
        replace.side = Bytes.uint_(payload, 12, 1);
        replace.order = Bytes.uint_(payload, 13, 8);
        replace.price = Bytes.uint_(payload, 21, 4);
        replace.size = Bytes.uint_(payload, 25, 5);
        replace.nonce = Bytes.uint_(payload, 30, 8);
        if (!Series.isValid(replace.series) || replace.side > 1 || replace.order >= MAX_NONCE) return (false, replace);
        ok = isQuote(replace.price, replace.size) && replace.nonce < MAX_NONCE;
    }

    function parseCancelSeries(bytes memory payload) internal pure returns (bool ok, CancelSeries memory cancel) {
        if (payload.length != CANCEL_SERIES_LENGTH) return (false, cancel);
        cancel.account = Bytes.uint_(payload, 1, 3);
        cancel.series = Bytes.uint_(payload, 4, 8);
        cancel.sides = Bytes.uint_(payload, 12, 1);
        cancel.label = Bytes.uint_(payload, 13, 2);
        cancel.nonce = Bytes.uint_(payload, 15, 8);
        ok = Series.isValid(cancel.series) && cancel.sides != 0 && cancel.sides <= 3 && cancel.nonce < MAX_NONCE;
    }

    function parseTransfer(bytes memory payload) internal pure returns (bool ok, Transfer memory transfer) {
        if (payload.length != TRANSFER_LENGTH) return (false, transfer);
        transfer.account = Bytes.uint_(payload, 1, 3);
        transfer.recipient = Bytes.uint_(payload, 4, 3);
        transfer.amount = Bytes.uint_(payload, 7, 8);
        transfer.nonce = Bytes.uint_(payload, 15, 8);
        if (transfer.amount == 0 || transfer.amount >= MAX_NONCE || transfer.nonce >= MAX_NONCE) return (false, transfer);
        ok = transfer.account != transfer.recipient;
    }

    function parseSetSession(bytes memory payload) internal pure returns (bool ok, SetSession memory session) {
        if (payload.length != SET_SESSION_LENGTH) return (false, session);
        session.account = Bytes.uint_(payload, 1, 3);
        session.key = Bytes.address_(payload, 4);
        session.scopes = Bytes.uint_(payload, 24, 1);
        session.expiresAt = Bytes.uint_(payload, 25, 5);
        session.nonce = Bytes.uint_(payload, 30, 8);
        ok = session.key != address(0) && session.scopes <= MAX_SCOPES && session.nonce < MAX_NONCE;
    }

    function parseSetProtection(bytes memory payload) internal pure returns (bool ok, SetProtection memory p) {
        if (payload.length != SET_PROTECTION_LENGTH) return (false, p);
        p.account = Bytes.uint_(payload, 1, 3);
        p.underlying = Bytes.uint_(payload, 4, 1);
        p.window = Bytes.uint_(payload, 5, 4);
        p.freeze = Bytes.uint_(payload, 9, 4);
        p.quantityLimit = Bytes.uint_(payload, 13, 5);
        p.deltaLimit = Bytes.uint_(payload, 18, 8);
        p.vegaLimit = Bytes.uint_(payload, 26, 8);
        p.nonce = Bytes.uint_(payload, 34, 8);
        if (p.window > MAX_GUARD_SECONDS || p.freeze > MAX_GUARD_SECONDS || p.nonce >= MAX_NONCE) return (false, p);
        if (p.deltaLimit >= MAX_CASH || p.vegaLimit >= MAX_CASH) return (false, p);
        // No protection has one encoding.
        ok = p.window != 0 || (p.freeze == 0 && p.quantityLimit == 0 && p.deltaLimit == 0 && p.vegaLimit == 0);
    }

    function parseHeartbeat(bytes memory payload) internal pure returns (bool ok, Heartbeat memory heartbeat) {
        if (payload.length != HEARTBEAT_LENGTH) return (false, heartbeat);
        heartbeat.account = Bytes.uint_(payload, 1, 3);
        heartbeat.duration = Bytes.uint_(payload, 4, 4);
        heartbeat.nonce = Bytes.uint_(payload, 8, 8);
        ok = heartbeat.duration <= MAX_GUARD_SECONDS && heartbeat.nonce < MAX_NONCE;
    }

    function parseSweep(bytes memory payload) internal pure returns (bool ok, Sweep memory sweep) {
        if (payload.length != SWEEP_LENGTH) return (false, sweep);
        sweep.account = Bytes.uint_(payload, 1, 3);
        sweep.series = Bytes.uint_(payload, 4, 8);
        sweep.side = Bytes.uint_(payload, 12, 1);
        sweep.order = Bytes.uint_(payload, 13, 8);
        ok = Series.isValid(sweep.series) && sweep.side <= 1 && sweep.order < MAX_NONCE;
    }

    function parseList(bytes memory payload) internal pure returns (bool ok, List memory list) {
        if (payload.length != LIST_LENGTH) return (false, list);
        list.underlying = Bytes.uint_(payload, 1, 1);
        list.day = Bytes.uint_(payload, 2, 2);
        list.strike = Bytes.uint_(payload, 4, 4);
        ok = true;
    }

    function parseSettle(bytes memory payload) internal pure returns (bool ok, uint256 account) {
        if (payload.length != SETTLE_LENGTH) return (false, 0);
        return (true, Bytes.uint_(payload, 1, 3));
    }

    function parseReport(bytes memory payload) internal pure returns (bool ok, Report memory report) {
        if (payload.length < REPORT_HEAD) return (false, report);
        uint256 count = Bytes.uint_(payload, 19, 1);
        uint256 end = REPORT_HEAD + count * SURFACE_LENGTH;
        if (count > MAX_REPORT_EXPIRIES || payload.length < end + 2) return (false, report);
        report.signers = Bytes.uint_(payload, end, 2);
        report.signaturesAt = end + 2;
        for (uint256 bit = 0; bit < 16; bit++) report.signatureCount += (report.signers >> bit) & 1;
        if (payload.length != end + 2 + report.signatureCount * SIGNATURE) return (false, report);
        report.surfaces = new Surface[](count);
        for (uint256 i = 0; i < count; i++) report.surfaces[i] = surfaceAt(payload, REPORT_HEAD + i * SURFACE_LENGTH);
        report.underlying = Bytes.uint_(payload, 1, 1);
        report.time = Bytes.uint_(payload, 2, 5);
        report.indexPrice = Bytes.uint_(payload, 7, 8);
        report.confidence = Bytes.uint_(payload, 15, 4);
        report.surfaceHash = keccak256(Bytes.slice(payload, REPORT_HEAD, end - REPORT_HEAD));
        ok = true;
    }

    function surfaceAt(bytes memory payload, uint256 at) private pure returns (Surface memory surface) {
        surface.day = Bytes.uint_(payload, at, 2);
        surface.forward = Bytes.uint_(payload, at + 2, 8);
        surface.a = Bytes.int_(payload, at + 10, 8);
        surface.b = Bytes.int_(payload, at + 18, 8);
        surface.rho = Bytes.int_(payload, at + 26, 8);
        surface.m = Bytes.int_(payload, at + 34, 8);
        surface.sigma = Bytes.int_(payload, at + 42, 8);
        surface.rate = Bytes.int_(payload, at + 50, 4);
        surface.confidence = Bytes.uint_(payload, at + 54, 4);
    }

    bytes32 private constant PLACE_TYPE = keccak256(
        "Place(uint32 account,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint64 nonce,uint16 label)"
    );
    bytes32 private constant CANCEL_TYPE = keccak256("Cancel(uint32 account,uint64 series,uint8 side,uint64 order)");
    bytes32 private constant CANCEL_ALL_TYPE = keccak256("CancelAll(uint32 account,uint8 underlying,uint64 nonce)");
    bytes32 private constant WITHDRAW_TYPE = keccak256("Withdraw(uint32 account,address recipient,uint64 amount,uint64 nonce)");
    bytes32 private constant REPLACE_TYPE = keccak256(
        "Replace(uint32 account,uint64 series,uint8 side,uint64 order,uint32 price,uint64 size,uint64 nonce)"
    );
    bytes32 private constant CANCEL_SERIES_TYPE = keccak256(
        "CancelSeries(uint32 account,uint64 series,uint8 sides,uint16 label,uint64 nonce)"
    );
    bytes32 private constant TRANSFER_TYPE = keccak256("Transfer(uint32 account,uint32 recipient,uint64 amount,uint64 nonce)");
    bytes32 private constant SET_SESSION_TYPE = keccak256(
        "SetSession(uint32 account,address key,uint8 scopes,uint64 expiresAt,uint64 nonce)"
    );
    bytes32 private constant SET_PROTECTION_TYPE = keccak256(
        "SetProtection(uint32 account,uint8 underlying,uint32 window,uint32 freeze,uint64 quantityLimit,uint64 deltaLimit,uint64 vegaLimit,uint64 nonce)"
    );
    bytes32 private constant HEARTBEAT_TYPE = keccak256("Heartbeat(uint32 account,uint32 duration,uint64 nonce)");
    bytes32 private constant REPORT_TYPE = keccak256(
        "Report(uint8 underlying,uint64 time,uint64 indexPrice,uint32 confidence,bytes32 surfaces)"
    );

    /// @notice EIP-712: keccak256(0x1901 || domain separator || struct hash).
    function digestOf(bytes32 domainSeparator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
    }

    function placeDigest(bytes32 domainSeparator, Place memory m) internal pure returns (bytes32) {
        bytes memory head = abi.encode(PLACE_TYPE, m.account, m.series, m.side, m.timeInForce, m.flags);
        return digestOf(domainSeparator, keccak256(bytes.concat(head, abi.encode(m.price, m.size, m.expiresAt, m.nonce, m.label))));
    }

    function cancelDigest(bytes32 domainSeparator, Cancel memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(CANCEL_TYPE, m.account, m.series, m.side, m.order)));
    }

    function cancelAllDigest(bytes32 domainSeparator, CancelAll memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(CANCEL_ALL_TYPE, m.account, m.underlying, m.nonce)));
    }

    function withdrawDigest(bytes32 domainSeparator, Withdraw memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(WITHDRAW_TYPE, m.account, m.recipient, m.amount, m.nonce)));
    }

    function replaceDigest(bytes32 domainSeparator, Replace memory m) internal pure returns (bytes32) {
        bytes memory fields = abi.encode(REPLACE_TYPE, m.account, m.series, m.side, m.order, m.price, m.size, m.nonce);
        return digestOf(domainSeparator, keccak256(fields));
    }

    function cancelSeriesDigest(bytes32 domainSeparator, CancelSeries memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(CANCEL_SERIES_TYPE, m.account, m.series, m.sides, m.label, m.nonce)));
    }

    function transferDigest(bytes32 domainSeparator, Transfer memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(TRANSFER_TYPE, m.account, m.recipient, m.amount, m.nonce)));
    }

    function setSessionDigest(bytes32 domainSeparator, SetSession memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(SET_SESSION_TYPE, m.account, m.key, m.scopes, m.expiresAt, m.nonce)));
    }

    function setProtectionDigest(bytes32 domainSeparator, SetProtection memory m) internal pure returns (bytes32) {
        bytes memory head = abi.encode(SET_PROTECTION_TYPE, m.account, m.underlying, m.window, m.freeze);
        return digestOf(domainSeparator, keccak256(bytes.concat(head, abi.encode(m.quantityLimit, m.deltaLimit, m.vegaLimit, m.nonce))));
    }

    function heartbeatDigest(bytes32 domainSeparator, Heartbeat memory m) internal pure returns (bytes32) {
        return digestOf(domainSeparator, keccak256(abi.encode(HEARTBEAT_TYPE, m.account, m.duration, m.nonce)));
    }

    function reportDigest(bytes32 domainSeparator, Report memory m) internal pure returns (bytes32) {
        bytes memory fields = abi.encode(REPORT_TYPE, m.underlying, m.time, m.indexPrice, m.confidence, m.surfaceHash);
        return digestOf(domainSeparator, keccak256(fields));
    }
}
