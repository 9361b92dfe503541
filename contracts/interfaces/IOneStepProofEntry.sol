// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The judge: executes one step of the machine.
interface IOneStepProofEntry {
    /// @notice The commitment after one step from `preCommitment`, with the inbox up to `targetBatch`. Reverts only if the proof is not the honest one.
    function step(uint64 targetBatch, bytes32 preCommitment, bytes calldata proof) external view returns (bytes32 postCommitment);
}
