// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Outcome} from "../machine/types/Machine.sol";
import {OneStepProofEntry} from "../prover/OneStepProofEntry.sol";

/// @notice Runs steps through the real one-step-proof entry within one call, and stands in for both inboxes meanwhile: each step brings the
/// accumulators that its proof is shown against. For lockstep, vectors and measurements; no value is ever held here.
contract MachineHarness {
    struct Step {
        /// Batch at which the machine halts.
        uint64 target;
        bytes32 preCommitment;
        bytes proof;
        /// Batch under the cursor, and the accumulators before and after it.
        uint64 batch;
        bytes32 batchBefore;
        bytes32 batchAfter;
        /// Next L1 message, and the accumulators before and after it.
        uint64 message;
        bytes32 messageBefore;
        bytes32 messageAfter;
    }

    /// @notice What the entry returned for one step: `ok` is whether it did not revert, `error` what it reverted with, `gasUsed` the gas of the call.
    struct Trace {
        bool ok;
        bytes error;
        bytes32 postCommitment;
        Outcome outcome;
        uint256 gasUsed;
    }

    uint256 private transient batchNumber;
    bytes32 private transient accumulatorBeforeBatch;
    bytes32 private transient accumulatorAfterBatch;
    uint256 private transient messageNumber;
    bytes32 private transient accumulatorBeforeMessage;
    bytes32 private transient accumulatorAfterMessage;

    /// @notice As `ISequencerInbox.batchAccumulator`, for the step at hand.
    function batchAccumulator(uint64 index) external view returns (bytes32) {
        if (index == batchNumber) return accumulatorBeforeBatch;
        return index == batchNumber + 1 ? accumulatorAfterBatch : bytes32(0);
    }

    /// @notice As `IInbox.accumulator`, for the step at hand.
    function accumulator(uint64 index) external view returns (bytes32) {
        if (index == messageNumber) return accumulatorBeforeMessage;
        return index == messageNumber + 1 ? accumulatorAfterMessage : bytes32(0);
    }

    /// @notice Runs the steps in order. Not a view only because it notes the accumulators in transient storage: send it by eth_call.
    function run(OneStepProofEntry entry, Step[] calldata steps) external returns (Trace[] memory traces) {
        traces = new Trace[](steps.length);
        for (uint256 i = 0; i < steps.length; i++) {
            Step calldata step = steps[i];
            present(step);
            uint256 before = gasleft();
            try entry.trace(step.target, step.preCommitment, step.proof) returns (bytes32 postCommitment, Outcome memory outcome) {
                traces[i].gasUsed = before - gasleft();
                traces[i].ok = true;
                traces[i].postCommitment = postCommitment;
                traces[i].outcome = outcome;
            } catch (bytes memory reason) {
                traces[i].error = reason;
            }
        }
    }

    /// @notice What the entry's `step`, by which a dispute ends, makes of one step.
    function prove(OneStepProofEntry entry, Step calldata step) external returns (bytes32) {
        present(step);
        return entry.step(step.target, step.preCommitment, step.proof);
    }

    function present(Step calldata step) private {
        batchNumber = step.batch;
        accumulatorBeforeBatch = step.batchBefore;
        accumulatorAfterBatch = step.batchAfter;
        messageNumber = step.message;
        accumulatorBeforeMessage = step.messageBefore;
        accumulatorAfterMessage = step.messageAfter;
    }
}
