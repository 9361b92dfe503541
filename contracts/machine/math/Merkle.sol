// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

library Merkle {
    /// @notice Parent of two nodes: zero when both are, so that empty subtrees cost nothing to hash or to store.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            if or(left, right) {
                mstore(0x00, left)
                mstore(0x20, right)
                hash := keccak256(0x00, 0x40)
            }
        }
    }

    /// @notice Root over a leaf at `index` with these siblings, lowest first.
    function rootOf(bytes32 leaf, uint256 index, bytes32[] memory siblings) internal pure returns (bytes32 hash) {
        hash = leaf;
        for (uint256 i = 0; i < siblings.length; i++) {
            hash = (index >> i) & 1 == 0 ? node(hash, siblings[i]) : node(siblings[i], hash);
        }
    }
}
