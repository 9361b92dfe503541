// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IChallengeManager} from "../interfaces/IChallengeManager.sol";
import {IOneStepProofEntry} from "../interfaces/IOneStepProofEntry.sol";
import {Assertions, Game} from "../protocol/Assertion.sol";
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
    /// Where a slot's fields stand in its word, for moves, and for the walk down a path, which reads three slots a height.
    uint256 private constant TIMER_AT = 32;
    uint256 private constant RIVALLED_AFTER_AT = 56;
    uint256 private constant MARKS_AT = 80;
    uint256 private constant MOVER_AT = 96;
    uint256 private constant COST_SHIFT = 4;
    uint256 private constant COST_BITS = 7;
    uint256 private constant COST_UNIT_BITS = 24;
    uint24 private constant INFINITE = type(uint24).max;
    /// What a move costs outside of what it measures: a transaction's first instruction, its own slot and event. Each byte of calldata comes on top.
    uint256 private constant BASE_GAS = 27_000;
    uint256 private constant CALLDATA_GAS = 16;
    /// What a game's name in the calldata of a proof is cheaper than that: most of its bytes are zeros.
    uint256 private constant NAME_GAS = 4_500;

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
        (bytes32 edgeId, , uint256 word, ) = movable(edge);
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
        moved(edgeId, word, gasBefore);
        emit Bisected(edgeId, left, right, msg.sender);
    }

    /// @inheritdoc IChallengeManager
    function proveOneStep(
        EdgeKey calldata edge,
        Game calldata game,
        bytes32 preState,
        bytes32 earlierPrefix,
        bytes32[] calldata siblings,
        bytes calldata proof
    ) external {
        uint256 gasBefore = gasleft();
        require(edge.height == 0, WrongHeight(edge.height));
        EdgeKey memory key = edge;
        (bytes32 edgeId, bytes32 mutualId, uint256 word, uint256 mutual) = movable(key);
        showPreState(key, preState, earlierPrefix, siblings);
        bytes32 actual = executeStep(edge.gameId, game, preState, proof);
        require(actual == edge.historyRoot, WrongStep(edge.historyRoot, actual));
        if ((mutual >> MARKS_AT) & PROVEN != 0) {
            // SAFETY: two outcomes of one step are proven, so the verifier is unsound: nothing is confirmed any more.
            isFrozen = true;
            emit VerifierContradicted(mutualId);
        }
        keep(mutualId, mutual | (uint256(PROVEN) << MARKS_AT));
        moved(edgeId, word | (uint256(INFINITE) << TIMER_AT), gasBefore - NAME_GAS);
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
    function join(bytes32 mutualId) private returns (bool isNew) {
        isNew = slots[mutualId].createdAt == 0;
        if (isNew) slots[mutualId].createdAt = uint32(block.number);
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

    function opened(bool first) private view returns (Slot memory) {
        return Slot(uint32(block.number), 0, 0, first ? FIRST : 0, address(0));
    }

    /// @dev SAFETY: only a rivalled edge may be moved: otherwise a lone liar could spend the honest side's time.
    function movable(EdgeKey memory edge) private view returns (bytes32 edgeId, bytes32 mutualId, uint256 word, uint256 mutual) {
        mutualId = Edges.mutualId(edge);
        edgeId = Edges.edgeIdOf(edge, mutualId);
        word = known(edgeId);
        require((word >> MARKS_AT) & MOVED == 0, AlreadyMoved(edgeId));
        mutual = wordOf(mutualId);
        require((mutual >> MARKS_AT) & RIVALLED != 0, NotRivalled(edgeId));
    }

    /// @dev INVARIANT: an edge that was not moved has neither mover nor cost.
    function moved(bytes32 edgeId, uint256 word, uint256 gasBefore) private {
        uint256 gasUsed = gasBefore - gasleft() + BASE_GAS + CALLDATA_GAS * msg.data.length;
        uint256 marks = MOVED | (uint256(costOf(gasUsed * block.basefee)) << COST_SHIFT);
        keep(edgeId, word | (marks << MARKS_AT) | (uint256(uint160(msg.sender)) << MOVER_AT));
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

    function executeStep(bytes32 gameId, Game calldata game, bytes32 preState, bytes calldata proof) private view returns (bytes32) {
        // SAFETY: the edge stands, so the assertion chain opened a game of this name, with the accumulator and the configuration that it found and has.
        bytes32 config = Assertions.configId(game.config);
        bytes32 named = Assertions.gameId(game.parent, game.targetBatch, game.targetAccumulator, config);
        require(named == gameId, WrongGame(gameId, named));
        return IOneStepProofEntry(game.config.verifier).step(game.targetBatch, preState, proof);
    }

    /// @dev Reckons the timers of a path from its lowest edge up, and keeps the highest one's.
    function updateTimer(EdgeKey calldata edge, uint256 position, bytes32 root, bytes32[] calldata siblings) private {
        uint256 depth = siblings.length;
        require(depth <= edge.height && position >> depth == edge.position, WrongPosition(uint64(position)));
        bytes32 mutualId = Edges.mutualId(edge);
        bytes32 edgeId = Edges.edgeIdOf(edge, mutualId);
        uint256 word = known(edgeId);
        bytes32[] memory path = rootsOf(edge.historyRoot, position, root, siblings);
        lookDown(edge, position, path, siblings);
        uint256 timer = 0;
        for (uint256 i = 0; i < depth; i++) {
            uint256 entry = uint256(path[i]);
            timer = sumOf(uint64(entry), uint64(entry >> 64), timer);
            // SAFETY: the smaller one: a history is only as good as its worse half.
            uint256 beside = entry >> 128;
            if (beside < timer) timer = beside;
        }
        uint256 kept = uint24(word >> TIMER_AT);
        timer = sumOf(kept, isFirst(word) ? aloneOf(wordOf(mutualId)) : 0, timer);
        if (timer > INFINITE) timer = INFINITE;
        if (timer > kept) slots[edgeId].timer = uint24(timer);
    }

    /// @dev Roots of a path, lowest first, without the highest, which must be `top`.
    function rootsOf(
        bytes32 top,
        uint256 position,
        bytes32 root,
        bytes32[] calldata siblings
    ) private pure returns (bytes32[] memory roots) {
        roots = new bytes32[](siblings.length);
        for (uint256 i = 0; i < siblings.length; i++) {
            roots[i] = root;
            root = (position >> i) & 1 == 0 ? HistoryCommitment.node(root, siblings[i]) : HistoryCommitment.node(siblings[i], root);
        }
        require(root == top, WrongChildren(top, root));
    }

    /// @dev Puts in the place of each root on the way from `edge` down to `position` what its edge stands at, in 64 bits each: its kept timer, its blocks alone, and the
    /// timer of the edge beside it.
    function lookDown(EdgeKey calldata edge, uint256 position, bytes32[] memory path, bytes32[] calldata siblings) private view {
        bytes32 gameId = edge.gameId;
        bytes32 prefix = edge.prefix;
        uint256 height = edge.height;
        uint256 i = path.length;
        while (i > 0) {
            // `height` is at least as large as `i`.
            unchecked {
                i -= 1;
                height -= 1;
            }
            uint256 at = position >> i;
            (bytes32 left, bytes32 right) = (path[i], siblings[i]);
            if (at & 1 == 1) (left, right) = (right, left);
            bytes32 rightPrefix = Edges.rightPrefix(prefix, left);
            // Of the left half, which is named so: its slot also says whether the right half has rivals.
            bytes32 leftId = Edges.mutualIdOf(gameId, height, at | 1, rightPrefix);
            uint256 ofLeft = known(leftId);
            uint256 leftAlone = isFirst(ofLeft) ? aloneOf(wordOf(Edges.mutualIdOf(gameId, height, at & ~uint256(1), prefix))) : 0;
            uint256 ofRight = known(Edges.idOf(leftId, right));
            uint256 rightAlone = isFirst(ofRight) ? aloneOf(ofLeft) : 0;
            (ofLeft, ofRight) = (uint24(ofLeft >> TIMER_AT), uint24(ofRight >> TIMER_AT));
            if (at & 1 == 0) {
                path[i] = bytes32(ofLeft | (leftAlone << 64) | (sumOf(ofRight, rightAlone, 0) << 128));
            } else {
                path[i] = bytes32(ofRight | (rightAlone << 64) | (sumOf(ofLeft, leftAlone, 0) << 128));
                prefix = rightPrefix;
            }
        }
    }

    /// @dev A timer only grows: what was kept, or the blocks alone and what the halves have.
    function sumOf(uint256 kept, uint256 alone, uint256 halves) private pure returns (uint256 sum) {
        // LIMIT: 23 numbers of blocks, which nothing makes overflow.
        unchecked {
            sum = alone + halves;
        }
        if (sum < kept) sum = kept;
    }

    function wordOf(bytes32 name) private view returns (uint256 word) {
        Slot storage slot = slots[name];
        assembly ("memory-safe") {
            word := sload(slot.slot)
        }
    }

    function keep(bytes32 name, uint256 word) private {
        Slot storage slot = slots[name];
        assembly ("memory-safe") {
            sstore(slot.slot, word)
        }
    }

    function known(bytes32 edgeId) private view returns (uint256 word) {
        word = wordOf(edgeId);
        require(uint32(word) != 0, UnknownEdge(edgeId));
    }

    function isFirst(uint256 word) private pure returns (bool) {
        return (word >> MARKS_AT) & FIRST != 0;
    }

    /// @dev Blocks during which the first edge of a mutual id had no rival: no other edge ever had any.
    function aloneOf(uint256 word) private view returns (uint256) {
        if ((word >> MARKS_AT) & RIVALLED != 0) return uint24(word >> RIVALLED_AFTER_AT);
        // The block in the word is that of an earlier transaction.
        unchecked {
            return block.number - uint32(word);
        }
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
