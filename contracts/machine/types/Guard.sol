// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice A key that may sign for the account, within its scopes, until `expiresAt` (0 is never). Never the zero address.
struct Session {
    address key;
    uint256 scopes;
    uint256 expiresAt;
}

/// @notice Market-maker protection in one underlying: what makers' fills come to in a leaky window, and the most that it may be. A limit of 0 is none. No
/// protection is a window of 0, and everything else 0 too.
struct Protection {
    /// Seconds in which a level leaks away.
    uint256 window;
    /// Seconds without quotes after a trip; 0 is until the protection is set anew.
    uint256 freeze;
    /// Lots.
    uint256 quantityLimit;
    /// Lots times millionths.
    uint256 deltaLimit;
    /// Micro-USDC per point of volatility.
    uint256 vegaLimit;
    /// When the levels were taken, and the levels.
    uint256 time;
    uint256 quantity;
    int256 delta;
    int256 vega;
    /// Seconds; quotes are refused before it.
    uint256 frozenUntil;
}

/// @notice What acts for an account and what stops it: session keys, market-maker protection by underlying, and an auction. A cell of its own, because most
/// steps ask for none.
struct Guard {
    /// As encoded, because most who open the cell do not ask for them.
    bytes sessions;
    Protection[2] protections;
    /// Seconds; 0 when the account is not being liquidated.
    uint256 auctionStart;
}

library Guards {
    /// Bit of `Account.guards`: it has session keys. Bit 1 + underlying: it is protected there.
    uint256 internal constant SESSIONS = 1;
    /// Bit of `Account.guards`: its portfolio is being auctioned.
    uint256 internal constant AUCTION = 8;

    uint256 private constant SESSION = 26;
    uint256 private constant PROTECTION = 64;
    uint256 private constant SESSIONS_AT = 133;

    function none() internal pure returns (Protection memory protection) {}

    function empty() internal pure returns (Guard memory guard) {}

    /// @notice The bits of `Account.guards` that go with this.
    function bitsOf(Guard memory guard) internal pure returns (uint256) {
        uint256 sessions = guard.sessions.length > 0 ? SESSIONS : 0;
        uint256 auction = guard.auctionStart > 0 ? AUCTION : 0;
        return auction + sessions + (guard.protections[0].window > 0 ? 2 : 0) + (guard.protections[1].window > 0 ? 4 : 0);
    }

    /// @notice 2 x protection { window u24 | freeze u24 | quantityLimit u40 | frozenUntil u40 | deltaLimit u64 | vegaLimit u64 | time u64 | quantity u64 |
    /// delta i64 | vega i64 } | auctionStart u40 | sessions n x { key 20 | scopes u8 | expiresAt u40 }; without any it is an absent cell
    function encode(Guard memory guard) internal pure returns (bytes memory data) {
        if (bitsOf(guard) == 0) return data;
        for (uint256 i = 0; i < 2; i++) {
            Protection memory p = guard.protections[i];
            uint256 limits = (p.window << 232) | (p.freeze << 208) | (p.quantityLimit << 168);
            limits |= (p.frozenUntil << 128) | (p.deltaLimit << 64) | p.vegaLimit;
            uint256 levels = (p.time << 192) | (p.quantity << 128);
            levels |= (uint256(uint64(int64(p.delta))) << 64) | uint64(int64(p.vega));
            data = abi.encodePacked(data, limits, levels);
        }
        data = abi.encodePacked(data, uint40(guard.auctionStart), guard.sessions);
    }

    function decode(bytes memory data) internal pure returns (Guard memory guard) {
        if (data.length == 0) return empty();
        guard.sessions = Bytes.slice(data, SESSIONS_AT, data.length - SESSIONS_AT);
        guard.protections[0] = protectionAt(data, 0);
        guard.protections[1] = protectionAt(data, PROTECTION);
        guard.auctionStart = Bytes.uint_(data, 2 * PROTECTION, 5);
    }

    function protectionAt(bytes memory data, uint256 at) private pure returns (Protection memory protection) {
        uint256 limits = Bytes.uint_(data, at, 32);
        protection.window = limits >> 232;
        protection.freeze = (limits >> 208) & 0xffffff;
        protection.quantityLimit = (limits >> 168) & 0xffffffffff;
        protection.frozenUntil = (limits >> 128) & 0xffffffffff;
        protection.deltaLimit = (limits >> 64) & 0xffffffffffffffff;
        protection.vegaLimit = limits & 0xffffffffffffffff;
        protection.time = Bytes.uint_(data, at + 32, 8);
        protection.quantity = Bytes.uint_(data, at + 40, 8);
        protection.delta = Bytes.int_(data, at + 48, 8);
        protection.vega = Bytes.int_(data, at + 56, 8);
    }

    /// @notice How many session keys there are.
    function count(Guard memory guard) internal pure returns (uint256) {
        return guard.sessions.length / SESSION;
    }

    /// @notice Requires a session there.
    function sessionAt(Guard memory guard, uint256 place) internal pure returns (Session memory) {
        uint256 at = place * SESSION;
        bytes memory data = guard.sessions;
        return Session(Bytes.address_(data, at), Bytes.uint_(data, at + 20, 1), Bytes.uint_(data, at + 21, 5));
    }

    /// @notice Place of a session key, or the number of sessions when it is none.
    function indexOf(Guard memory guard, address key) internal pure returns (uint256 place) {
        uint256 end = count(guard);
        while (place < end && Bytes.address_(guard.sessions, place * SESSION) != key) place++;
    }

    /// @notice Sets a key's scopes and time, or removes it when there are no scopes. Requires a place for it.
    function setSession(Guard memory guard, Session memory session) internal pure {
        uint256 at = indexOf(guard, session.key) * SESSION;
        uint256 after_ = at == guard.sessions.length ? at : at + SESSION;
        bytes memory changed;
        if (session.scopes != 0) changed = abi.encodePacked(session.key, uint8(session.scopes), uint40(session.expiresAt));
        bytes memory rest = Bytes.slice(guard.sessions, after_, guard.sessions.length - after_);
        guard.sessions = bytes.concat(Bytes.slice(guard.sessions, 0, at), changed, rest);
    }
}
