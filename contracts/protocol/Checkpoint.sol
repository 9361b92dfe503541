// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

struct BatchVote {
    uint64 index;
    bytes32 previousAccumulator;
    bytes32 contentHash;
    uint64 minTime;
    uint64 maxTime;
    uint64 l1End;
}

struct Receipt {
    uint64 sequence;
    /// Bytes of the order before the message's record.
    uint64 offset;
    bytes32 messageHash;
    bytes32 streamHash;
    uint64 time;
}

struct CheckpointVote {
    /// Of bundles in the committee's order.
    uint64 height;
    bytes32 streamHash;
    bytes32 root;
}

struct StateVote {
    bytes32 gameId;
    /// Steps from the parent assertion's final state, from 1.
    uint64 step;
    bytes32 commitment;
}

/// @notice What the committee and the sequencer sign (docs/spec/rollup.md): batches, receipts for single messages, checkpoints of the order, and states at a
/// place that L1 knows. EIP-712, in the domain of the SequencerInbox.
library Checkpoint {
    bytes32 private constant BATCH_TYPE = keccak256(
        "Batch(uint64 index,bytes32 previousAccumulator,bytes32 contentHash,uint64 minTime,uint64 maxTime,uint64 l1End)"
    );
    bytes32 private constant RECEIPT_TYPE = keccak256(
        "Receipt(uint64 sequence,uint64 offset,bytes32 messageHash,bytes32 streamHash,uint64 time)"
    );

    bytes32 private constant CHECKPOINT_TYPE = keccak256("Checkpoint(uint64 height,bytes32 streamHash,bytes32 root)");
    bytes32 private constant STATE_TYPE = keccak256("State(bytes32 gameId,uint64 step,bytes32 commitment)");

    function batchDigest(bytes32 domainSeparator, BatchVote memory vote) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(BATCH_TYPE, vote.index, vote.previousAccumulator, vote.contentHash, vote.minTime, vote.maxTime, vote.l1End)
        );
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    function receiptDigest(bytes32 domainSeparator, Receipt memory receipt) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(RECEIPT_TYPE, receipt.sequence, receipt.offset, receipt.messageHash, receipt.streamHash, receipt.time)
        );
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    function checkpointDigest(bytes32 domainSeparator, CheckpointVote memory vote) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(CHECKPOINT_TYPE, vote.height, vote.streamHash, vote.root));
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    function stateDigest(bytes32 domainSeparator, StateVote memory vote) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(STATE_TYPE, vote.gameId, vote.step, vote.commitment));
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }
}
