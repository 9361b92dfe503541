// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchVote, CheckpointVote, Receipt, StateVote} from "../protocol/Checkpoint.sol";
import {Ballot, VotePlace} from "../protocol/EngineVote.sol";

/// @notice Evidence of misbehaviour, checked on L1, shown by anyone.
interface ISlashingEvidence {
    /// What a price reporter signs (docs/spec/machine.md), with its surfaces as their hash.
    struct PriceReport {
        uint8 underlying;
        uint64 time;
        uint64 indexPrice;
        uint32 confidence;
        bytes32 surfaceHash;
    }

    /// Where a confirmed history shows a state: `path` (one sibling a height, lowest first) shows its commitment after step `step` of the game.
    struct Place {
        bytes32 assertionId;
        bytes32 gameId;
        uint64 step;
        bytes32[] path;
    }

    error NotConflicting();
    error NotAVote(uint8 kind);
    /// @notice The batch does not hold the place that the receipt names, or the state stands in the middle of a message.
    error NotAtReceipt(uint64 offset, uint256 from, uint256 to);
    error NotConfirmed(bytes32 assertionId);
    error WrongPath(uint256 length, uint256 expected);
    error WrongStep(uint64 step, uint256 limit);
    error NotInHistory(bytes32 assertionId, bytes32 shown);
    error DifferentSigners(address first, address second);

    /// @notice Two receipts of one signer that give one sequence number to two messages.
    function conflictingReceipts(Receipt calldata a, bytes calldata signatureA, Receipt calldata b, bytes calldata signatureB) external;

    /// @notice A receipt that the confirmed order contradicts: at its place stands another message, or none that could be executed. `machine` is the preimage of a
    /// confirmed state that is about to read the record about that place, or one in whose middle the place lies; `opening` is that of the one-step proof, of the
    /// batch under the state's cursor and the record there.
    function brokenReceipt(
        Receipt calldata receipt,
        bytes calldata signature,
        Place calldata place,
        bytes calldata machine,
        bytes calldata opening
    ) external;

    /// @notice Two certificates' signatures of one signer for different batches in one place.
    function conflictingBatches(BatchVote calldata a, bytes calldata signatureA, BatchVote calldata b, bytes calldata signatureB) external;

    /// @notice Two checkpoints of one signer for one height that differ in what was ordered or where it led.
    function conflictingCheckpoints(
        CheckpointVote calldata a,
        bytes calldata signatureA,
        CheckpointVote calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice Two votes of one signer's engine, of one kind, height and round in this deployment's order, for different blocks, of which one may be nil. When
    /// they were cast does not matter. Signatures are r and vs of ERC-2098, where the engine writes r, s and v of 0 or 1.
    function conflictingVotes(
        VotePlace calldata place,
        Ballot calldata a,
        bytes32[2] calldata signatureA,
        Ballot calldata b,
        bytes32[2] calldata signatureB
    ) external;

    /// @notice The chain id by which the engines of this deployment's committee order, and sign.
    function engineChainId() external view returns (string memory);

    /// @notice Two price reports of one signer for one underlying and time with different content, in the domain of the Vault.
    function conflictingReports(
        PriceReport calldata a,
        bytes calldata signatureA,
        PriceReport calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice A signed state that a confirmed assertion contradicts: `leaf` is the commitment after the same step, and `path` (one sibling a height, lowest
    /// first) shows it under the assertion's history root.
    function falsifiedState(
        StateVote calldata vote,
        bytes calldata signature,
        bytes32 assertionId,
        bytes32 leaf,
        bytes32[] calldata path
    ) external;
}
