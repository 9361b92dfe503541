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
        return keccak256(abi.encodePacked(TAG_MUTUAL, edge.gameId, edge.height, edge.position, edge.prefix));
    }

    /// @notice Name of an edge. A left half is named by what goes on from it, the mutual id of the right halves beside it; a right half by what it claims.
    function edgeId(EdgeKey memory edge) internal pure returns (bytes32) {
        return edgeIdOf(edge, mutualId(edge));
    }

    /// @notice Name of an edge whose mutual id is known.
    function edgeIdOf(EdgeKey memory edge, bytes32 mutual) internal pure returns (bytes32) {
        if (edge.position % 2 == 1) return idOf(mutual, edge.historyRoot);
        return mutualId(EdgeKey(edge.gameId, edge.height, edge.position + 1, rightPrefix(edge.prefix, edge.historyRoot), bytes32(0)));
    }

    /// @notice Name of a right half.
    function idOf(bytes32 mutual, bytes32 historyRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_EDGE, mutual, historyRoot));
    }

    function rightPrefix(bytes32 prefix, bytes32 leftRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_PREFIX, prefix, leftRoot));
    }

    function leftChild(EdgeKey memory edge, bytes32 leftRoot) internal pure returns (EdgeKey memory) {
        return EdgeKey(edge.gameId, edge.height - 1, edge.position * 2, edge.prefix, leftRoot);
    }

    function rightChild(EdgeKey memory edge, bytes32 leftRoot, bytes32 rightRoot) internal pure returns (EdgeKey memory) {
        return EdgeKey(edge.gameId, edge.height - 1, edge.position * 2 + 1, rightPrefix(edge.prefix, leftRoot), rightRoot);
    }
}
