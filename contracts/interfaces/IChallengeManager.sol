// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EdgeKey} from "../protocol/Edge.sol";

/// @notice The dispute game: single level, all against all (docs/spec/rollup.md). Anyone may make any honest move; what an edge claims names it.
interface IChallengeManager {
    struct TimerUpdate {
        EdgeKey edge;
        /// Roots of the children; zero when the edge is not bisected.
        bytes32 left;
        bytes32 right;
    }

    event EdgeAdded(
        bytes32 indexed gameId,
        bytes32 indexed edgeId,
        bytes32 mutualId,
        uint8 height,
        uint64 position,
        bytes32 prefix,
        bytes32 historyRoot
    );
    event Bisected(bytes32 indexed edgeId, bytes32 left, bytes32 right, address mover);
    event OneStepProved(bytes32 indexed edgeId, address mover);
    event VerifierContradicted(bytes32 mutualId);

    error OnlyAssertionChain(address caller);
    error UnknownEdge(bytes32 edgeId);
    error NotRivalled(bytes32 edgeId);
    error AlreadyMoved(bytes32 edgeId);
    error WrongHeight(uint8 height);
    error WrongChildren(bytes32 historyRoot, bytes32 hash);
    error WrongPrefix(bytes32 prefix, bytes32 hash);
    error WrongStep(bytes32 claimed, bytes32 actual);
    error RivalTooLate(bytes32 gameId, uint256 deadline);

    /// @notice Opens the top edge of an assertion. Only the AssertionChain.
    function addTopEdge(
        bytes32 gameId,
        uint64 targetBatch,
        uint8 height,
        uint64 challengePeriodBlocks,
        address verifier,
        bytes32 prefix,
        bytes32 historyRoot
    ) external returns (bytes32 edgeId, bool isRival);

    /// @notice Splits a rivalled edge into the two halves of its history.
    function bisect(EdgeKey calldata edge, bytes32 left, bytes32 right) external;

    /// @notice Proves a rivalled edge of one step by executing it. `preState` is the leaf before it, shown under the prefix: for a position above 0 by the
    /// earlier prefix and the siblings of the last leaf under the left root that was hashed into it.
    function proveOneStep(
        EdgeKey calldata edge,
        bytes32 preState,
        bytes32 earlierPrefix,
        bytes32[] calldata siblings,
        bytes calldata proof
    ) external;

    /// @notice Carries timers up, leaf first. A timer only grows.
    function updateTimers(TimerUpdate[] calldata updates) external;

    /// @notice Stored or running timer of an edge, in blocks.
    function timerOf(bytes32 edgeId) external view returns (uint256);

    /// @notice Whether more than one edge has this mutual id.
    function isRivalled(bytes32 mutualId) external view returns (bool);

    /// @notice Who made the move on an edge, and the gas that it took.
    function moveOf(bytes32 edgeId) external view returns (address mover, uint256 gasUsed);

    /// @notice Whether the verifier proved two different outcomes of one step: nothing may then be confirmed.
    function isFrozen() external view returns (bool);
}
