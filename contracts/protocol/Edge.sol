// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A claim about a stretch of history: what a player says the machine did at the leaves (position << height) + 1 .. (position + 1) << height.
struct EdgeKey {
    bytes32 gameId;
    uint8 height;
    uint64 position;
    /// Commits to every leaf before the stretch.
    bytes32 prefix;
    bytes32 historyRoot;
}

/// @notice Content-addressed names of edges (docs/spec/rollup.md): an L1 reorganisation can never redirect a move.
library Edges {
    bytes32 private constant TAG_MUTUAL = keccak256("strikeproof.mutual.v1");
    bytes32 private constant TAG_EDGE = keccak256("strikeproof.edge.v1");
    bytes32 private constant TAG_PREFIX = keccak256("strikeproof.prefix.v1");

    /// @notice Who is a rival of whom: edges of one mutual id claim different histories of the same stretch after the same past.
    function mutualId(EdgeKey memory edge) internal pure returns (bytes32) {
        return mutualIdOf(edge.gameId, edge.height, edge.position, edge.prefix);
    }

    /// @notice The same from its parts. SAFETY: `height` is below 2^8 and `position` below 2^64.
    function mutualIdOf(bytes32 gameId, uint256 height, uint256 position, bytes32 prefix) internal pure returns (bytes32 hash) {
        bytes32 tag = TAG_MUTUAL;
        // TAG_MUTUAL 32 | gameId 32 | height u8 | position u64 | prefix 32, behind what is in use: a walk down a tree hashes two or three of these a height.
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, tag)
            mstore(add(at, 32), gameId)
            mstore(add(at, 64), or(shl(248, height), shl(184, position)))
            mstore(add(at, 73), prefix)
            hash := keccak256(at, 105)
        }
    }

    /// @notice Name of an edge. A left half is named by what goes on from it, the mutual id of the right halves beside it; a right half by what it claims.
    function edgeId(EdgeKey memory edge) internal pure returns (bytes32) {
        return edgeIdOf(edge, mutualId(edge));
    }

    /// @notice Name of an edge whose mutual id is known.
    function edgeIdOf(EdgeKey memory edge, bytes32 mutual) internal pure returns (bytes32) {
        if (edge.position % 2 == 1) return idOf(mutual, edge.historyRoot);
        return mutualIdOf(edge.gameId, edge.height, edge.position + 1, rightPrefix(edge.prefix, edge.historyRoot));
    }

    /// @notice Name of a right half.
    function idOf(bytes32 mutual, bytes32 historyRoot) internal pure returns (bytes32) {
        return hashOf(TAG_EDGE, mutual, historyRoot);
    }

    function rightPrefix(bytes32 prefix, bytes32 leftRoot) internal pure returns (bytes32) {
        return hashOf(TAG_PREFIX, prefix, leftRoot);
    }

    function leftChild(EdgeKey memory edge, bytes32 leftRoot) internal pure returns (EdgeKey memory) {
        return EdgeKey(edge.gameId, edge.height - 1, edge.position * 2, edge.prefix, leftRoot);
    }

    function rightChild(EdgeKey memory edge, bytes32 leftRoot, bytes32 rightRoot) internal pure returns (EdgeKey memory) {
        return EdgeKey(edge.gameId, edge.height - 1, edge.position * 2 + 1, rightPrefix(edge.prefix, leftRoot), rightRoot);
    }

    /// @dev keccak256 of three words, behind what is in use.
    function hashOf(bytes32 tag, bytes32 first, bytes32 second) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, tag)
            mstore(add(at, 32), first)
            mstore(add(at, 64), second)
            hash := keccak256(at, 96)
        }
    }
}
