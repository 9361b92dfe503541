// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChallengeManager} from "../interfaces/IChallengeManager.sol";
import {IOneStepProofEntry} from "../interfaces/IOneStepProofEntry.sol";
import {EdgeKey, Edges} from "../protocol/Edge.sol";
import {HistoryCommitment} from "../protocol/HistoryCommitment.sol";

contract ChallengeManager is IChallengeManager {
    struct Game {
        uint64 targetBatch;
        uint64 challengePeriodBlocks;
        address verifier;
    }

    /// @dev One slot an edge.
    struct Record {
        uint40 createdAt;
        uint40 timer;
        /// Bit 0: first of its mutual id. Bit 1: bisected or proven.
        uint8 flags;
        /// Gas of its move, in 65,536.
        uint8 moveGas;
        address mover;
    }

    /// @dev One slot a mutual id. `count` stops at 2.
    struct Mutual {
        uint40 firstCreatedAt;
        uint40 rivalledAt;
        uint8 count;
        bool proven;
    }

    uint8 private constant FIRST = 1;
    uint8 private constant MOVED = 2;
    uint40 private constant INFINITE = type(uint40).max;
    uint256 private constant GAS_UNIT = 65_536;
    /// What a transaction costs before the first instruction, and its calldata, roughly.
    uint256 private constant BASE_GAS = 30_000;

    address public immutable ASSERTION_CHAIN;

    mapping(bytes32 gameId => Game) public games;
    mapping(bytes32 edgeId => Record) public edges;
    mapping(bytes32 mutualId => Mutual) public mutuals;
    bool public isFrozen;

    constructor(address assertionChain) {
        ASSERTION_CHAIN = assertionChain;
    }

    /// @inheritdoc IChallengeManager
    function addTopEdge(
        bytes32 gameId,
        uint64 targetBatch,
        uint8 height,
        uint64 challengePeriodBlocks,
        address verifier,
        bytes32 prefix,
        bytes32 historyRoot
    ) external returns (bytes32 edgeId, bool isRival) {
        require(msg.sender == ASSERTION_CHAIN, OnlyAssertionChain(msg.sender));
        EdgeKey memory edge = EdgeKey(gameId, height, 0, prefix, historyRoot);
        Mutual storage mutual = mutuals[Edges.mutualId(edge)];
        // A rival that comes when the first edge has already won its time comes too late: otherwise a decided game could be reopened.
        if (mutual.count == 1) {
            uint256 deadline = uint256(mutual.firstCreatedAt) + challengePeriodBlocks;
            require(block.number < deadline, RivalTooLate(gameId, deadline));
        }
        games[gameId] = Game(targetBatch, challengePeriodBlocks, verifier);
        edgeId = add(edge);
        isRival = mutual.count > 1;
    }

    /// @inheritdoc IChallengeManager
    function bisect(EdgeKey calldata edge, bytes32 left, bytes32 right) external {
        uint256 gasBefore = gasleft();
        require(edge.height > 0, WrongHeight(edge.height));
        (bytes32 edgeId, Record storage record, ) = movable(edge);
        bytes32 hash = HistoryCommitment.node(left, right);
        require(hash == edge.historyRoot, WrongChildren(edge.historyRoot, hash));
        add(Edges.leftChild(edge, left));
        add(Edges.rightChild(edge, left, right));
        moved(record, gasBefore);
        emit Bisected(edgeId, left, right, msg.sender);
    }

    /// @inheritdoc IChallengeManager
    function proveOneStep(
        EdgeKey calldata edge,
        bytes32 preState,
        bytes32 earlierPrefix,
        bytes32[] calldata siblings,
        bytes calldata proof
    ) external {
        uint256 gasBefore = gasleft();
        require(edge.height == 0, WrongHeight(edge.height));
        (bytes32 edgeId, Record storage record, bytes32 mutualId) = movable(edge);
        showPreState(edge, preState, earlierPrefix, siblings);
        Game storage game = games[edge.gameId];
        bytes32 actual = IOneStepProofEntry(game.verifier).step(game.targetBatch, preState, proof);
        require(actual == edge.historyRoot, WrongStep(edge.historyRoot, actual));
        Mutual storage mutual = mutuals[mutualId];
        if (mutual.proven) {
            // SAFETY: two outcomes of one step are proven, so the verifier is unsound: nothing is confirmed any more.
            isFrozen = true;
            emit VerifierContradicted(mutualId);
        }
        mutual.proven = true;
        record.timer = INFINITE;
        moved(record, gasBefore);
        emit OneStepProved(edgeId, msg.sender);
    }

    /// @inheritdoc IChallengeManager
    function updateTimers(TimerUpdate[] calldata updates) external {
        for (uint256 i = 0; i < updates.length; i++) {
            EdgeKey memory edge = updates[i].edge;
            bytes32 edgeId = Edges.edgeId(edge);
            Record storage record = edges[edgeId];
            require(record.createdAt != 0, UnknownEdge(edgeId));
            if (record.timer == INFINITE) continue;
            uint256 timer = unrivalled(record, mutuals[Edges.mutualId(edge)]);
            if (record.flags & MOVED != 0) {
                bytes32 hash = HistoryCommitment.node(updates[i].left, updates[i].right);
                require(hash == edge.historyRoot, WrongChildren(edge.historyRoot, hash));
                uint256 left = edges[Edges.edgeId(Edges.leftChild(edge, updates[i].left))].timer;
                uint256 right = edges[Edges.edgeId(Edges.rightChild(edge, updates[i].left, updates[i].right))].timer;
                // SAFETY: the smaller one: a history is only as good as its worse half.
                timer += left < right ? left : right;
            }
            if (timer > INFINITE) timer = INFINITE;
            if (timer > record.timer) record.timer = uint40(timer);
        }
    }

    /// @inheritdoc IChallengeManager
    function timerOf(bytes32 edgeId) external view returns (uint256) {
        return edges[edgeId].timer;
    }

    /// @inheritdoc IChallengeManager
    function isRivalled(bytes32 mutualId) external view returns (bool) {
        return mutuals[mutualId].count > 1;
    }

    /// @inheritdoc IChallengeManager
    function moveOf(bytes32 edgeId) external view returns (address mover, uint256 gasUsed) {
        Record storage record = edges[edgeId];
        return (record.mover, uint256(record.moveGas) * GAS_UNIT);
    }

    /// @dev Adds an edge that may exist already: two parents can share a child.
    function add(EdgeKey memory edge) private returns (bytes32 edgeId) {
        bytes32 mutualId = Edges.mutualId(edge);
        edgeId = Edges.idOf(mutualId, edge.historyRoot);
        Record storage record = edges[edgeId];
        if (record.createdAt != 0) return edgeId;
        Mutual storage mutual = mutuals[mutualId];
        record.createdAt = uint40(block.number);
        if (mutual.count == 0) {
            record.flags = FIRST;
            mutual.firstCreatedAt = uint40(block.number);
            mutual.count = 1;
        } else if (mutual.count == 1) {
            mutual.rivalledAt = uint40(block.number);
            mutual.count = 2;
        }
        emit EdgeAdded(edge.gameId, edgeId, mutualId, edge.height, edge.position, edge.prefix, edge.historyRoot);
    }

    /// @dev SAFETY: only a rivalled edge may be moved: otherwise a lone liar could spend the honest side's time.
    function movable(EdgeKey memory edge) private view returns (bytes32 edgeId, Record storage record, bytes32 mutualId) {
        mutualId = Edges.mutualId(edge);
        edgeId = Edges.idOf(mutualId, edge.historyRoot);
        record = edges[edgeId];
        require(record.createdAt != 0, UnknownEdge(edgeId));
        require(record.flags & MOVED == 0, AlreadyMoved(edgeId));
        require(mutuals[mutualId].count > 1, NotRivalled(edgeId));
    }

    function moved(Record storage record, uint256 gasBefore) private {
        record.flags |= MOVED;
        record.mover = msg.sender;
        uint256 units = (gasBefore - gasleft() + BASE_GAS + GAS_UNIT - 1) / GAS_UNIT;
        record.moveGas = units > 255 ? 255 : uint8(units);
    }

    /// @dev Blocks during which the edge had no rival: only the first of its mutual id ever had any.
    function unrivalled(Record storage record, Mutual storage mutual) private view returns (uint256) {
        if (record.flags & FIRST == 0) return 0;
        return (mutual.rivalledAt == 0 ? block.number : mutual.rivalledAt) - record.createdAt;
    }

    function showPreState(EdgeKey memory edge, bytes32 preState, bytes32 earlierPrefix, bytes32[] memory siblings) private pure {
        if (edge.position == 0) {
            require(preState == edge.prefix, WrongPrefix(edge.prefix, preState));
            return;
        }
        uint256 height = 0;
        while ((edge.position >> height) & 1 == 0) height++;
        require(siblings.length == height, WrongPrefix(edge.prefix, preState));
        bytes32 hash = Edges.rightPrefix(earlierPrefix, HistoryCommitment.rootOfLast(preState, siblings));
        require(hash == edge.prefix, WrongPrefix(edge.prefix, hash));
    }
}
