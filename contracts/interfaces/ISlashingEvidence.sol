// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchVote, Receipt} from "../protocol/Checkpoint.sol";

/// @notice Evidence of misbehaviour, checked on L1, shown by anyone.
interface ISlashingEvidence {
    error NotConflicting();
    error DifferentSigners(address first, address second);

    /// @notice Two receipts of one signer that give one sequence number to two messages.
    function conflictingReceipts(Receipt calldata a, bytes calldata signatureA, Receipt calldata b, bytes calldata signatureB) external;

    /// @notice Two certificates' signatures of one signer for different batches in one place.
    function conflictingBatches(BatchVote calldata a, bytes calldata signatureA, BatchVote calldata b, bytes calldata signatureB) external;
}
