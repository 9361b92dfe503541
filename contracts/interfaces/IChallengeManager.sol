// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Game} from "../protocol/Assertion.sol";
import {EdgeKey} from "../protocol/Edge.sol";

/// @notice The dispute game: single level, all against all (docs/spec/rollup.md). Anyone may make any honest move; what an edge claims names it.
interface IChallengeManager {
    /// @notice An edge, and the path from it down to an edge whose own timer is kept or running: its place on its height, its root, and the roots beside the
    /// path, lowest first.
    struct TimerUpdate {
        EdgeKey edge;
        uint64 position;
        bytes32 root;
        bytes32[] siblings;
    }

    /// @notice The top edge of an assertion was opened.
    event EdgeAdded(
        bytes32 indexed gameId,
        bytes32 indexed edgeId,
        bytes32 mutualId,
        uint8 height,
        uint64 position,
        bytes32 prefix,
        bytes32 historyRoot
    );
    /// @notice An edge was bisected: its halves are open, as far as they were not.
    event Bisected(bytes32 indexed edgeId, bytes32 left, bytes32 right, address mover);
    event OneStepProved(bytes32 indexed edgeId, address mover);
    event VerifierContradicted(bytes32 mutualId);

    error OnlyAssertionChain(address caller);
    error UnknownEdge(bytes32 edgeId);
    error NotRivalled(bytes32 edgeId);
    error AlreadyMoved(bytes32 edgeId);
    error WrongGame(bytes32 gameId, bytes32 actual);
    error WrongPosition(uint64 position);
    error WrongHeight(uint8 height);
    error WrongChildren(bytes32 historyRoot, bytes32 hash);
    error WrongPrefix(bytes32 prefix, bytes32 hash);
    error WrongStep(bytes32 claimed, bytes32 actual);
    error RivalTooLate(bytes32 gameId, uint256 deadline);

    /// @notice Opens the top edge of an assertion. Only the AssertionChain.
    function addTopEdge(bytes32 gameId, uint8 height, uint64 challengePeriodBlocks, bytes32 prefix, bytes32 historyRoot) external;

    /// @notice Splits a rivalled edge into the two halves of its history.
    function bisect(EdgeKey calldata edge, bytes32 left, bytes32 right) external;

    /// @notice Proves a rivalled edge of one step by executing it. `preState` is the leaf before it, shown under the prefix: for a position above 0 by the
    /// earlier prefix and the siblings of the last leaf under the left root that was hashed into it. `game` is what the edge's game is named after: its verifier executes
    /// the step up to its target.
    function proveOneStep(
        EdgeKey calldata edge,
        Game calldata game,
        bytes32 preState,
        bytes32 earlierPrefix,
        bytes32[] calldata siblings,
        bytes calldata proof
    ) external;

    /// @notice Carries timers up paths: what lies beside a path counts with its kept timer, or with the blocks for which it has stood alone. A timer only
    /// grows.
    function updateTimers(TimerUpdate[] calldata updates) external;

    /// @notice Timer of an edge as it was last carried up, in blocks.
    function timerOf(bytes32 edgeId) external view returns (uint256);

    /// @notice Whether more than one edge has this mutual id.
    function isRivalled(bytes32 mutualId) external view returns (bool);

    /// @notice Who made the move on an edge, and what it cost him in wei, at the base fee of its block.
    function moveOf(bytes32 edgeId) external view returns (address mover, uint256 cost);

    /// @notice Whether the verifier proved two different outcomes of one step: nothing may then be confirmed.
    function isFrozen() external view returns (bool);
}
