// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EdgeKey} from "../protocol/Edge.sol";

/// @notice The chain of assertions about the machine, their bonds, and what is confirmed (docs/spec/rollup.md).
interface IAssertionChain {
    enum Status {
        None,
        Pending,
        Winner,
        Confirmed,
        Rejected
    }

    struct Assertion {
        bytes32 parent;
        bytes32 finalLeaf;
        /// Batches that its children execute.
        uint64 targetBatch;
        uint64 createdAt;
        uint64 decidedAt;
        Status status;
        bool isRivalled;
        bool isOverflow;
    }

    event AssertionCreated(
        bytes32 indexed assertionId,
        bytes32 indexed parent,
        bytes32 indexed gameId,
        bytes32 historyRoot,
        uint64 targetBatch,
        address asserter,
        bool isOverflow,
        bytes finalState
    );
    event WinnerDeclared(bytes32 indexed assertionId);
    event AssertionConfirmed(bytes32 indexed assertionId, bytes32 finalLeaf, bytes32 outboxRoot);
    event AssertionRejected(bytes32 indexed assertionId);
    event Staked(address indexed staker, uint256 amount);
    event Unstaked(address indexed staker, uint256 amount);
    /// @notice A bond went to the pot of the game that its line lost: `parent` is the parent of that game's assertions.
    event BondForfeited(address indexed staker, bytes32 indexed assertionId, bytes32 indexed parent, uint256 amount);
    event MoveRefunded(bytes32 indexed edgeId, address indexed mover, uint256 amount);
    event Swept(bytes32 indexed parent, uint256 amount);

    error PeriodTooShort(uint256 challengePeriodBlocks, uint256 required);
    error PeriodTooLong(uint256 challengePeriodBlocks, uint256 limit);
    error BondTooSmall(uint256 bond, uint256 required);
    error UnknownAssertion(bytes32 assertionId);
    error WrongStatus(bytes32 assertionId, Status status);
    error TargetNotReached(uint64 targetBatch, uint64 batchCount);
    error TooSoon(uint256 allowedAt);
    error WrongFinalState(bytes32 historyRoot, bytes32 hash);
    error UnexpectedId(bytes32 expected, bytes32 actual);
    error AlreadyAsserted(bytes32 assertionId);
    error NotBonded(address staker);
    error NotInLineage(bytes32 latest, bytes32 parent);
    error StillStaked(bytes32 latest);
    error NotOnWinningTree(bytes32 edgeId);
    error AlreadyRefunded(bytes32 edgeId);
    error Frozen();
    error NothingToPay();
    error PaymentFailed(address to, uint256 amount);

    /// @notice Adds to the caller's bond. One bond serves a whole lineage of assertions.
    function stake() external payable;

    /// @notice Claims the result of executing the inbox up to the parent's target. `finalState` is the machine at the last leaf, `rightPath` shows that leaf under
    /// the history root, `lineage` leads from the parent back to the caller's latest assertion (empty when that is the parent, or confirmed).
    function createAssertion(
        bytes32 parent,
        bytes32 historyRoot,
        bytes calldata finalState,
        bytes32[] calldata rightPath,
        bytes32[] calldata lineage,
        bytes32 expectedId
    ) external payable returns (bytes32 assertionId);

    /// @notice Declares that an assertion's timer is full, whatever its parent's status. Its history root is shown, because its id commits to it.
    function declareWinner(bytes32 assertionId, bytes32 historyRoot) external;

    /// @notice Confirms a winner whose parent is the latest confirmed, and hands its outbox root to the bridge.
    function confirm(bytes32 assertionId, bytes calldata finalState) external;

    /// @notice Rejects an assertion that lost to a sibling, or whose parent is rejected, even if it won its own game.
    function reject(bytes32 assertionId) external;

    /// @notice Takes the bond of a staker whose latest assertion is rejected, for the game in which his line lost to a sibling.
    function forfeit(address staker) external;

    /// @notice Credits what a move on a confirmed assertion's tree cost to who made it, out of the losers' bonds.
    function refund(bytes32 assertionId, EdgeKey calldata edge, bytes32[] calldata path) external;

    /// @notice Credits what refunds left of a game's forfeited bonds to the treasury, a grace and a challenge period after its winner was
    /// declared.
    function sweep(bytes32 parent) external;

    /// @notice Turns the caller's bond into a credit, when his latest assertion is confirmed, or nothing can be confirmed any more.
    function unstake() external;

    /// @notice Pays the caller's credit.
    function withdraw() external;

    /// @notice Height of the tree over an assertion's steps.
    // solhint-disable-next-line func-name-mixedcase
    function HEIGHT() external view returns (uint8);

    /// @notice What an asserter must have staked, in wei.
    // solhint-disable-next-line func-name-mixedcase
    function BOND() external view returns (uint256);

    function latestConfirmed() external view returns (bytes32);

    function assertions(bytes32 assertionId) external view returns (Assertion memory);

    /// @notice Block in which the latest confirmed assertion was confirmed.
    function lastConfirmedBlock() external view returns (uint64);

    function gameIdOf(bytes32 parent) external view returns (bytes32);
}
