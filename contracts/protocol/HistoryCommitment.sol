// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The perfect Merkle tree over a machine's commitments after each step (docs/spec/rollup.md). No zero rule here: every leaf is a hash.
library HistoryCommitment {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            hash := keccak256(0x00, 0x40)
        }
    }

    /// @notice Root over the leaf that stands at `index` with these siblings, lowest first.
    function rootOf(bytes32 leaf, uint256 index, bytes32[] memory siblings) internal pure returns (bytes32 hash) {
        hash = leaf;
        for (uint256 i = 0; i < siblings.length; i++) {
            hash = (index >> i) & 1 == 0 ? node(hash, siblings[i]) : node(siblings[i], hash);
        }
    }

    /// @notice Root over a last leaf: every sibling stands left of it.
    function rootOfLast(bytes32 leaf, bytes32[] memory siblings) internal pure returns (bytes32 hash) {
        hash = leaf;
        for (uint256 i = 0; i < siblings.length; i++) hash = node(siblings[i], hash);
    }
}
