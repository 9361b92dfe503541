// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice For what an engine votes once.
struct VotePlace {
    /// PREVOTE or PRECOMMIT.
    uint8 kind;
    /// Of the engine's blocks, from 1.
    uint64 height;
    uint32 round;
}

/// @notice What it votes there, and when.
struct Ballot {
    /// The block voted for. One without parts is none: the vote is for nil, whatever the two hashes are.
    bytes32 blockHash;
    uint32 partCount;
    bytes32 partsHash;
    /// Seconds since 1970, or before, and the rest: who votes twice says what he likes.
    int64 time;
    uint32 nanoseconds;
}

/// @notice What a member's engine signs when it votes (docs/spec/rollup.md): the bytes are made here from the fields, never read, so that one signature stands
/// for one vote. Source: CometBFT 0.40.0, `CanonicalVote` in proto/tendermint/types/canonical.proto, `VoteSignBytes` in types/vote.go, crypto/secp256k1eth.
library EngineVote {
    uint8 internal constant PREVOTE = 1;
    uint8 internal constant PRECOMMIT = 2;

    /// @notice What sets this deployment's order apart from every other: the first 16 bytes of the SequencerInbox's domain separator, in hexadecimal.
    function orderName(bytes32 domainSeparator) internal pure returns (bytes32 name) {
        for (uint256 i = 0; i < 32; i++) {
            uint256 digit = (uint256(domainSeparator) >> (252 - 4 * i)) & 15;
            name |= bytes32((digit < 10 ? 48 + digit : 87 + digit) << (248 - 8 * i));
        }
    }

    /// @notice The engine's chain id. LIMIT: the engine takes 50 characters; these are 44.
    function chainId(bytes32 name) internal pure returns (string memory) {
        return string(abi.encodePacked("strikeproof-", name));
    }

    /// @notice Whether both are for one block, or both for nil.
    function isSameBlock(Ballot calldata a, Ballot calldata b) internal pure returns (bool) {
        if (a.partCount == 0) return b.partCount == 0;
        return a.partCount == b.partCount && a.blockHash == b.blockHash && a.partsHash == b.partsHash;
    }

    /// @notice keccak256 of the length-delimited message: kind varint 1, height sfixed64 2, round sfixed64 3 unless zero, block id 4 unless nil (hash 1, part set
    /// header 2: total varint 1, hash 2), time 5 (seconds varint 1, nanoseconds varint 2, each unless zero), chain id 6. A height of zero is not left out as the
    /// engine would: nobody votes at it.
    function digest(bytes32 name, VotePlace calldata place, Ballot calldata ballot) internal pure returns (bytes32 hash) {
        unchecked {
            uint256 begin;
            assembly ("memory-safe") {
                // Two bytes for the length, 163 of message at most, and what the last but one piece writes beyond its end.
                begin := add(mload(64), 2)
                mstore(64, add(begin, 222))
            }
            uint256 at = put(begin, (0x080011 << 64) | (uint256(place.kind) << 72) | littleEndian(place.height), 11);
            if (place.round > 0) at = put(at, (0x19 << 64) | littleEndian(place.round), 9);
            if (ballot.partCount > 0) {
                uint256 hashAt = at + 2;
                uint256 partsAt = put(put(hashAt, 0x0a20, 2), uint256(ballot.blockHash), 32);
                uint256 end = put(put(putVarint(partsAt + 2, 0x08, ballot.partCount), 0x1220, 2), uint256(ballot.partsHash), 32);
                delimit(partsAt, 0x12, end);
                at = delimit(at, 0x22, end);
            }
            at = delimit(at, 0x2a, putVarint(putVarint(at + 2, 0x08, uint64(ballot.time)), 0x10, ballot.nanoseconds));
            at = put(put(at, (0x322c << 96) | uint96(bytes12("strikeproof-")), 14), uint256(name), 32);
            uint256 length = at - begin;
            // The length as a varint: one byte or two.
            uint256 size = length < 128 ? 1 : 2;
            assembly ("memory-safe") {
                mstore8(sub(begin, 2), or(128, length))
                mstore8(sub(begin, 1), shr(mul(7, sub(size, 1)), length))
                hash := keccak256(sub(begin, size), add(length, size))
            }
        }
    }

    /// @dev Writes the last `length` bytes of a word and returns the place behind them. What follows in memory is overwritten.
    function put(uint256 at, uint256 word, uint256 length) private pure returns (uint256) {
        unchecked {
            assembly ("memory-safe") {
                mstore(at, shl(sub(256, mul(8, length)), word))
            }
            return at + length;
        }
    }

    /// @dev Writes a varint behind its tag, or nothing when it is zero, and returns the place behind it.
    function putVarint(uint256 at, uint256 tag, uint256 value) private pure returns (uint256) {
        unchecked {
            if (value == 0) return at;
            set(at, tag);
            for (at += 1; value > 127; at += 1) {
                set(at, 128 | value);
                value >>= 7;
            }
            set(at, value);
            return at + 1;
        }
    }

    /// @dev Writes the tag and the length of what stands from two bytes behind `begin` up to `end`, which it returns. LIMIT: 127 bytes.
    function delimit(uint256 begin, uint256 tag, uint256 end) private pure returns (uint256) {
        unchecked {
            set(begin, tag);
            set(begin + 1, end - begin - 2);
            return end;
        }
    }

    /// @dev Writes the lowest eight bits of a word.
    function set(uint256 at, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore8(at, word)
        }
    }

    /// @dev The eight bytes of a number, lowest first.
    function littleEndian(uint256 value) private pure returns (uint256) {
        value = ((value & 0x00ff00ff00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff00ff00ff);
        value = ((value & 0x0000ffff0000ffff) << 16) | ((value >> 16) & 0x0000ffff0000ffff);
        return ((value & 0xffffffff) << 32) | (value >> 32);
    }
}
