// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IChallengeManager} from "../interfaces/IChallengeManager.sol";
import {IOneStepProofEntry} from "../interfaces/IOneStepProofEntry.sol";
import {EdgeKey, Edges} from "../protocol/Edge.sol";
import {HistoryCommitment} from "../protocol/HistoryCommitment.sol";

contract ChallengeManager is IChallengeManager {
    /// @dev What one name stands for, in one slot. The name of a left half is also the mutual id of the right halves that go on from it (Edges.edgeId), and a first
    /// right half is opened together with it: so its slot keeps that mutual id too. The mutual id of left halves has a slot in which nothing else is used.
    struct Slot {
        /// Block of the edge; of a mutual id, block of its first edge. LIMIT: 2^32 blocks.
        uint32 createdAt;
        uint24 timer;
        /// Blocks from `createdAt` until the mutual id got a second edge.
        uint24 rivalledAfter;
        /// Flags in the low four bits. Above them, what the edge's move cost: see `costOf`.
        uint16 marks;
        address mover;
    }

    /// Of the edge: first of its mutual id; bisected or proven.
    uint16 private constant FIRST = 1;
    uint16 private constant MOVED = 2;
    /// Of the mutual id: it has more than one edge; one of them is proven.
    uint16 private constant RIVALLED = 4;
    uint16 private constant PROVEN = 8;
    uint256 private constant COST_SHIFT = 4;
    uint256 private constant COST_BITS = 7;
    uint256 private constant COST_UNIT_BITS = 24;
    uint24 private constant INFINITE = type(uint24).max;
    /// What a move costs outside of what it measures: a transaction's first instruction, its own slot and event. Each byte of calldata comes on top.
    uint256 private constant BASE_GAS = 27_000;
    uint256 private constant CALLDATA_GAS = 16;

    address public immutable ASSERTION_CHAIN;

    mapping(bytes32 name => Slot) private slots;
    bool public isFrozen;

    constructor(address assertionChain) {
        ASSERTION_CHAIN = assertionChain;
    }

    /// @inheritdoc IChallengeManager
    function addTopEdge(bytes32 gameId, uint8 height, uint64 challengePeriodBlocks, bytes32 prefix, bytes32 historyRoot) external {
        require(msg.sender == ASSERTION_CHAIN, OnlyAssertionChain(msg.sender));
        EdgeKey memory edge = EdgeKey(gameId, height, 0, prefix, historyRoot);
        bytes32 mutualId = Edges.mutualId(edge);
        Slot memory mutual = slots[mutualId];
        // A rival that comes when the first edge has already won its time comes too late: otherwise a decided game could be reopened.
        if (mutual.createdAt != 0 && mutual.marks & RIVALLED == 0) {
            uint256 deadline = uint256(mutual.createdAt) + challengePeriodBlocks;
            require(block.number < deadline, RivalTooLate(gameId, deadline));
        }
        bytes32 edgeId = Edges.edgeId(edge);
        slots[edgeId] = opened(join(mutualId));
        emit EdgeAdded(gameId, edgeId, mutualId, height, 0, prefix, historyRoot);
    }

    /// @inheritdoc IChallengeManager
    function bisect(EdgeKey calldata edge, bytes32 left, bytes32 right) external {
        uint256 gasBefore = gasleft();
        require(edge.height > 0, WrongHeight(edge.height));
        (bytes32 edgeId, , Slot memory slot) = movable(edge);
        bytes32 hash = HistoryCommitment.node(left, right);
        require(hash == edge.historyRoot, WrongChildren(edge.historyRoot, hash));
        EdgeKey memory half = Edges.leftChild(edge, left);
        bytes32 leftMutual = Edges.mutualId(half);
        bytes32 leftId = Edges.edgeIdOf(half, leftMutual);
        // The left half may stand already, as that of a rival who agrees on it. The right half cannot: with the left one it would make this same edge.
        bool isNew = slots[leftId].createdAt == 0;
        if (isNew) slots[leftId] = opened(join(leftMutual));
        else rival(leftId);
        slots[Edges.idOf(leftId, right)] = opened(isNew);
        moved(edgeId, slot, gasBefore);
        emit Bisected(edgeId, left, right, msg.sender);
    }

    /// @inheritdoc IChallengeManager
    function proveOneStep(
        EdgeKey calldata edge,
        bytes32 parent,
        bytes32 preState,
        bytes32 earlierPrefix,
        bytes32[] calldata siblings,
        bytes calldata proof
    ) external {
        uint256 gasBefore = gasleft();
        require(edge.height == 0, WrongHeight(edge.height));
        (bytes32 edgeId, bytes32 mutualId, Slot memory slot) = movable(edge);
        showPreState(edge, preState, earlierPrefix, siblings);
        bytes32 actual = executeStep(edge.gameId, parent, preState, proof);
        require(actual == edge.historyRoot, WrongStep(edge.historyRoot, actual));
        if (slots[mutualId].marks & PROVEN != 0) {
            // SAFETY: two outcomes of one step are proven, so the verifier is unsound: nothing is confirmed any more.
            isFrozen = true;
            emit VerifierContradicted(mutualId);
        }
        slots[mutualId].marks |= PROVEN;
        slot.timer = INFINITE;
        moved(edgeId, slot, gasBefore);
        emit OneStepProved(edgeId, msg.sender);
    }

    /// @inheritdoc IChallengeManager
    function updateTimers(TimerUpdate[] calldata updates) external {
        for (uint256 i = 0; i < updates.length; i++)
            updateTimer(updates[i].edge, updates[i].position, updates[i].root, updates[i].siblings);
    }

    /// @inheritdoc IChallengeManager
    function timerOf(bytes32 edgeId) external view returns (uint256) {
        return slots[edgeId].timer;
    }

    /// @inheritdoc IChallengeManager
    function isRivalled(bytes32 mutualId) external view returns (bool) {
        return slots[mutualId].marks & RIVALLED != 0;
    }

    /// @inheritdoc IChallengeManager
    function moveOf(bytes32 edgeId) external view returns (address mover, uint256 cost) {
        Slot memory slot = slots[edgeId];
        uint256 marks = slot.marks >> COST_SHIFT;
        cost = (marks & ((1 << COST_BITS) - 1)) << (COST_UNIT_BITS + (marks >> COST_BITS));
        return (slot.mover, cost);
    }

    /// @dev Puts an edge under its mutual id, which has a slot of its own. Tells whether it is the first there.
    function join(bytes32 mutualId) private returns (bool isFirst) {
        isFirst = slots[mutualId].createdAt == 0;
        if (isFirst) slots[mutualId].createdAt = uint32(block.number);
        else rival(mutualId);
    }

    /// @dev The mutual id of this slot has a second edge, or one more.
    function rival(bytes32 mutualId) private {
        Slot memory mutual = slots[mutualId];
        if (mutual.marks & RIVALLED != 0) return;
        uint256 alone = block.number - mutual.createdAt;
        mutual.rivalledAfter = alone > INFINITE ? INFINITE : uint24(alone);
        mutual.marks |= RIVALLED;
        slots[mutualId] = mutual;
    }

    function opened(bool isFirst) private view returns (Slot memory) {
        return Slot(uint32(block.number), 0, 0, isFirst ? FIRST : 0, address(0));
    }

    /// @dev SAFETY: only a rivalled edge may be moved: otherwise a lone liar could spend the honest side's time.
    function movable(EdgeKey memory edge) private view returns (bytes32 edgeId, bytes32 mutualId, Slot memory slot) {
        mutualId = Edges.mutualId(edge);
        edgeId = Edges.edgeIdOf(edge, mutualId);
        slot = slots[edgeId];
        require(slot.createdAt != 0, UnknownEdge(edgeId));
        require(slot.marks & MOVED == 0, AlreadyMoved(edgeId));
        require(slots[mutualId].marks & RIVALLED != 0, NotRivalled(edgeId));
    }

    function moved(bytes32 edgeId, Slot memory slot, uint256 gasBefore) private {
        uint256 gasUsed = gasBefore - gasleft() + BASE_GAS + CALLDATA_GAS * msg.data.length;
        slot.marks |= MOVED | (costOf(gasUsed * block.basefee) << uint16(COST_SHIFT));
        slot.mover = msg.sender;
        slots[edgeId] = slot;
    }

    /// @dev Wei in twelve bits: seven of mantissa under five of exponent, in units of 2^24 wei. ROUNDING: up, by less than a sixty-fourth, so that honest moves
    /// cost their movers nothing. LIMIT: 4.5 ETH.
    function costOf(uint256 spent) private pure returns (uint16) {
        uint256 mantissa = Math.ceilDiv(spent, 1 << COST_UNIT_BITS);
        if (mantissa >> COST_BITS == 0) return uint16(mantissa);
        uint256 exponent = Math.log2(mantissa) + 1 - COST_BITS;
        mantissa = Math.ceilDiv(mantissa, 1 << exponent);
        if (mantissa >> COST_BITS != 0) {
            mantissa >>= 1;
            exponent += 1;
        }
        if (exponent > 31) return type(uint16).max >> COST_SHIFT;
        return uint16((exponent << COST_BITS) | mantissa);
    }

    function executeStep(bytes32 gameId, bytes32 parent, bytes32 preState, bytes calldata proof) private view returns (bytes32) {
        (bytes32 game, uint64 targetBatch, address verifier) = IAssertionChain(ASSERTION_CHAIN).gameOf(parent);
        require(game == gameId, WrongGame(gameId, game));
        return IOneStepProofEntry(verifier).step(targetBatch, preState, proof);
    }

    /// @dev Reckons the timers of a path from its lowest edge up, and keeps the highest one's.
    function updateTimer(EdgeKey memory edge, uint64 position, bytes32 root, bytes32[] memory siblings) private {
        uint256 depth = siblings.length;
        require(depth <= edge.height && position >> depth == edge.position, WrongPosition(position));
        bytes32[] memory roots = new bytes32[](depth + 1);
        roots[0] = root;
        for (uint256 i = 0; i < depth; i++) {
            roots[i + 1] =
                (position >> i) & 1 == 0 ? HistoryCommitment.node(roots[i], siblings[i]) : HistoryCommitment.node(siblings[i], roots[i]);
        }
        require(roots[depth] == edge.historyRoot, WrongChildren(edge.historyRoot, roots[depth]));
        EdgeKey[] memory path = new EdgeKey[](depth + 1);
        path[depth] = edge;
        for (uint256 i = depth; i > 0; i--) {
            path[i - 1] =
                (position >> (i - 1)) & 1 == 0
                    ? Edges.leftChild(path[i], roots[i - 1])
                    : Edges.rightChild(path[i], siblings[i - 1], roots[i - 1]);
        }
        uint256 timer = timerNow(path[0]);
        for (uint256 i = 0; i < depth; i++) {
            EdgeKey memory other =
                (position >> i) & 1 == 0 ? Edges.rightChild(path[i + 1], roots[i], siblings[i]) : Edges.leftChild(path[i + 1], siblings[i]);
            uint256 beside = timerNow(other);
            (uint256 stored, uint256 alone, ) = look(path[i + 1]);
            // SAFETY: the smaller one: a history is only as good as its worse half.
            timer = alone + (beside < timer ? beside : timer);
            if (timer < stored) timer = stored;
        }
        (uint256 earlier, , bytes32 edgeId) = look(edge);
        if (timer > INFINITE) timer = INFINITE;
        if (timer > earlier) slots[edgeId].timer = uint24(timer);
    }

    /// @dev Timer of an edge without its halves: at most the true one.
    function timerNow(EdgeKey memory edge) private view returns (uint256) {
        (uint256 stored, uint256 alone, ) = look(edge);
        return stored > alone ? stored : alone;
    }

    /// @dev Its kept timer, and the blocks during which it had no rival: only the first of its mutual id ever had any.
    function look(EdgeKey memory edge) private view returns (uint256 stored, uint256 alone, bytes32 edgeId) {
        bytes32 mutualId = Edges.mutualId(edge);
        edgeId = Edges.edgeIdOf(edge, mutualId);
        Slot memory slot = slots[edgeId];
        require(slot.createdAt != 0, UnknownEdge(edgeId));
        stored = slot.timer;
        if (slot.marks & FIRST == 0) return (stored, 0, edgeId);
        Slot memory mutual = slots[mutualId];
        alone = mutual.marks & RIVALLED != 0 ? mutual.rivalledAfter : block.number - mutual.createdAt;
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
