// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice Signed lots of one series; never 0.
struct Position {
    uint256 series;
    int256 size;
}

struct Account {
    /// The zero address when the account does not exist.
    address owner;
    /// Micro-USDC, may be negative.
    int256 cash;
    /// Orders of an older epoch are dead wherever they rest: `epochOf` counts all cancellations of everything, and those of the underlying.
    uint256 epoch;
    uint256[2] epochs;
    /// Seconds; 0 is never. The dead-man switch: from then on every order placed before is dead.
    uint256 deadline;
    /// What its guard cell holds (Guards.bitsOf).
    uint256 guards;
    /// Who brought the account: 0 when nobody did.
    uint256 referrer;
    /// Micro-USDC of its fees that wait for the referrer.
    int256 rebate;
    uint256 nonceFloor;
    uint256 nonceBits;
    /// Sorted by series.
    Position[] positions;
}

library Accounts {
    uint256 private constant FIXED = 97;

    function empty() internal pure returns (Account memory account) {}

    function exists(Account memory account) internal pure returns (bool) {
        return account.owner != address(0);
    }

    /// @notice Epoch of an account's orders in an underlying. Both parts only grow, so no older order has it.
    function epochOf(Account memory account, uint256 underlying) internal pure returns (uint256) {
        return account.epoch + account.epochs[underlying];
    }

    /// @notice Whether the dead-man switch has gone off and nobody has acted on it yet.
    function isLapsed(Account memory account, uint256 clock) internal pure returns (bool) {
        return account.deadline != 0 && clock >= account.deadline;
    }

    /// @notice Acts on a switch that has gone off: older orders are of an older epoch from now on, and the switch is off.
    function lapse(Account memory account, uint256 clock) internal pure {
        if (!isLapsed(account, clock)) return;
        account.epoch += 1;
        account.deadline = 0;
    }

    /// @notice owner 20 | cash i64 | epoch u32 | epochs 2 x u32 | deadline u40 | guards u8 | referrer u24 | rebate u64 |
    /// nonceFloor u64 | nonceBits 32 | positions n x { series u64 | size i64 }
    function encode(Account memory account) internal pure returns (bytes memory data) {
        uint256 count = account.positions.length;
        data = new bytes(FIXED + 16 * count);
        Bytes.put(data, 0, (uint256(uint160(account.owner)) << 96) | (Bytes.low(account.cash) << 32) | account.epoch);
        uint256 word = (account.epochs[0] << 224) | (account.epochs[1] << 192) | (account.deadline << 152) | (account.guards << 144);
        Bytes.put(data, 32, word | (account.referrer << 120) | (Bytes.low(account.rebate) << 56));
        Bytes.put(data, 57, account.nonceFloor << 192);
        Bytes.put(data, 65, account.nonceBits);
        for (uint256 i = 0; i < count; i++) {
            Position memory position = account.positions[i];
            uint256 packed = (position.series << 64) | uint64(int64(position.size));
            assembly ("memory-safe") {
                // Writes 16 bytes and leaves those behind as they are: the next write or the end of the string is there.
                let at := add(add(data, 129), shl(4, i))
                let kept := and(mload(at), 0xffffffffffffffffffffffffffffffff)
                mstore(at, or(shl(128, packed), kept))
            }
        }
    }

    function decode(bytes memory data) internal pure returns (Account memory account) {
        if (data.length == 0) return empty();
        account.owner = Bytes.address_(data, 0);
        account.cash = Bytes.int_(data, 20, 8);
        account.epoch = Bytes.uint_(data, 28, 4);
        account.epochs[0] = Bytes.uint_(data, 32, 4);
        account.epochs[1] = Bytes.uint_(data, 36, 4);
        account.deadline = Bytes.uint_(data, 40, 5);
        account.guards = Bytes.uint_(data, 45, 1);
        account.referrer = Bytes.uint_(data, 46, 3);
        account.rebate = int256(Bytes.uint_(data, 49, 8));
        account.nonceFloor = Bytes.uint_(data, 57, 8);
        account.nonceBits = Bytes.uint_(data, 65, 32);
        uint256 count = (data.length - FIXED) / 16;
        account.positions = list(count);
        for (uint256 i = 0; i < count; i++) {
            account.positions[i] = Position(Bytes.uint_(data, FIXED + 16 * i, 8), Bytes.int_(data, FIXED + 16 * i + 8, 8));
        }
    }

    /// @dev A list whose places the caller fills: `new Position[]` would make a position for each.
    function list(uint256 count) private pure returns (Position[] memory positions) {
        uint256[] memory pointers = new uint256[](count);
        assembly ("memory-safe") {
            positions := pointers
        }
    }

    /// @dev Forgets what stands from place `count` on.
    function truncate(Position[] memory positions, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(positions, count)
        }
    }

    /// @notice A copy with other cash and with those positions alone for which `isKept` has a bit; shares nothing with the account.
    function copy(Account memory account, int256 cash, uint256 isKept) internal pure returns (Account memory next) {
        next.owner = account.owner;
        next.cash = cash;
        next.epoch = account.epoch;
        next.epochs = [account.epochs[0], account.epochs[1]];
        next.deadline = account.deadline;
        next.guards = account.guards;
        next.referrer = account.referrer;
        next.rebate = account.rebate;
        next.nonceFloor = account.nonceFloor;
        next.nonceBits = account.nonceBits;
        uint256 count = account.positions.length;
        Position[] memory positions = list(count);
        uint256 kept = 0;
        for (uint256 i = 0; i < count; i++) {
            if ((isKept >> i) & 1 == 0) continue;
            positions[kept] = Position(account.positions[i].series, account.positions[i].size);
            kept += 1;
        }
        truncate(positions, kept);
        next.positions = positions;
    }

    /// @notice A copy that shares nothing with the account.
    function duplicate(Account memory account) internal pure returns (Account memory) {
        return copy(account, account.cash, type(uint256).max);
    }

    /// @notice Signed lots held of a series.
    function sizeOf(Account memory account, uint256 series) internal pure returns (int256) {
        Position[] memory positions = account.positions;
        for (uint256 i = 0; i < positions.length; i++) if (positions[i].series == series) return positions[i].size;
        return 0;
    }

    /// @notice Sets the position to `size`, keeping the order by series; a size of 0 removes it.
    function setSize(Account memory account, uint256 series, int256 size) internal pure {
        Position[] memory positions = account.positions;
        uint256 count = positions.length;
        uint256 place = 0;
        while (place < count && positions[place].series < series) place++;
        bool held = place < count && positions[place].series == series;
        if (held && size != 0) {
            positions[place].size = size;
        } else if (held) {
            for (uint256 i = place + 1; i < count; i++) positions[i - 1] = positions[i];
            truncate(positions, count - 1);
        } else if (size != 0) {
            Position[] memory next = list(count + 1);
            for (uint256 i = 0; i < place; i++) next[i] = positions[i];
            next[place] = Position(series, size);
            for (uint256 i = place; i < count; i++) next[i + 1] = positions[i];
            account.positions = next;
        }
    }
}
