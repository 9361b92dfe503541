// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The log of L1 messages (docs/spec/rollup.md).
library InboxAccumulator {
    bytes32 private constant TAG_L1_MESSAGE = keccak256("strikeproof.l1.message.v1");

    /// @notice keccak256(TAG_L1_MESSAGE || kind u8 || sender || timestamp u64 || index u64 || keccak256(payload))
    function messageHash(
        uint256 kind,
        address sender,
        uint256 timestamp,
        uint256 index,
        bytes memory payload
    ) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_L1_MESSAGE, uint8(kind), sender, uint64(timestamp), uint64(index), keccak256(payload)));
    }

    /// @notice Accumulator after a message.
    function accumulate(bytes32 before, bytes32 hash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(before, hash));
    }
}
