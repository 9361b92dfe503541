// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IChallengeManager} from "../interfaces/IChallengeManager.sol";
import {IOutbox} from "../interfaces/IOutbox.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Bytes} from "../machine/math/Bytes.sol";
import {Machines} from "../machine/types/Machine.sol";
import {Assertions, Config} from "../protocol/Assertion.sol";
import {EdgeKey, Edges} from "../protocol/Edge.sol";
import {HistoryCommitment} from "../protocol/HistoryCommitment.sol";

contract AssertionChain is IAssertionChain, ReentrancyGuardTransient {
    struct Stake {
        uint256 amount;
        bytes32 latest;
    }

    /// LIMIT: the most gas one game refunds: a bisection on each height, and one proof of the largest step.
    uint256 private constant BISECT_GAS = 131_072;
    uint256 private constant PROOF_GAS = 16_711_680;
    /// Timers of edges count this far (ChallengeManager).
    uint256 private constant PERIOD_LIMIT = type(uint24).max;

    IChallengeManager public immutable CHALLENGES;
    ISequencerInbox public immutable SEQUENCER_INBOX;
    IOutbox public immutable OUTBOX;
    address public immutable TREASURY;
    address public immutable VERIFIER;
    uint8 public immutable HEIGHT;
    uint64 public immutable CHALLENGE_PERIOD_BLOCKS;
    uint64 public immutable GRACE_PERIOD_BLOCKS;
    uint64 public immutable MINIMUM_PERIOD_BLOCKS;
    uint256 public immutable BOND;
    uint256 public immutable REFUND_CAP;
    bytes32 public immutable CONFIG_ID;

    mapping(bytes32 assertionId => Assertion) private records;
    mapping(address staker => Stake) public stakes;
    /// Which child of an assertion won.
    mapping(bytes32 parent => bytes32 child) public winners;
    /// The game that a rejected assertion's line lost, by the parent of that game's assertions.
    mapping(bytes32 assertionId => bytes32 parent) private lostUnder;
    /// Forfeited bonds of a game, by the parent of its assertions.
    mapping(bytes32 parent => uint256) public pots;
    mapping(address => uint256) public credits;
    mapping(bytes32 edgeId => bool) public refunded;
    bytes32 public latestConfirmed;
    uint64 public lastConfirmedBlock;

    struct Budget {
        uint64 censorshipBlocks;
        uint64 delayBlocks;
    }

    constructor(
        IChallengeManager challenges,
        ISequencerInbox sequencerInbox,
        IOutbox outbox,
        address treasury,
        Config memory config,
        Budget memory budget,
        bytes32 genesis
    ) {
        // SAFETY: an honest player needs (2H + 3) moves, each of which may take the delay to land, after all the censorship that is budgeted.
        uint256 required = budget.censorshipBlocks + (uint256(budget.delayBlocks) + 1) * (2 * uint256(config.height) + 3);
        require(config.challengePeriodBlocks > required, PeriodTooShort(config.challengePeriodBlocks, required));
        require(config.challengePeriodBlocks < PERIOD_LIMIT, PeriodTooLong(config.challengePeriodBlocks, PERIOD_LIMIT));
        uint256 largestRefund = (uint256(config.height) * BISECT_GAS + PROOF_GAS) * config.refundCap;
        require(config.bond >= 2 * largestRefund, BondTooSmall(config.bond, 2 * largestRefund));
        CHALLENGES = challenges;
        SEQUENCER_INBOX = sequencerInbox;
        OUTBOX = outbox;
        TREASURY = treasury;
        VERIFIER = config.verifier;
        HEIGHT = config.height;
        CHALLENGE_PERIOD_BLOCKS = config.challengePeriodBlocks;
        GRACE_PERIOD_BLOCKS = config.gracePeriodBlocks;
        MINIMUM_PERIOD_BLOCKS = config.minimumPeriodBlocks;
        BOND = config.bond;
        REFUND_CAP = config.refundCap;
        CONFIG_ID = Assertions.configId(config);
        bytes32 id = Assertions.assertionId(bytes32(0), genesis);
        Assertion storage first = records[id];
        first.finalLeaf = genesis;
        first.targetBatch = 1;
        first.createdAt = uint64(block.number);
        first.status = Status.Confirmed;
        latestConfirmed = id;
        lastConfirmedBlock = uint64(block.number);
        emit AssertionCreated(id, bytes32(0), bytes32(0), bytes32(0), 1, address(0), false, "");
    }

    /// @inheritdoc IAssertionChain
    function stake() external payable {
        stakes[msg.sender].amount += msg.value;
        emit Staked(msg.sender, msg.value);
    }

    /// @inheritdoc IAssertionChain
    function createAssertion(
        bytes32 parent,
        bytes32 historyRoot,
        bytes calldata finalState,
        bytes32[] calldata rightPath,
        bytes32[] calldata lineage,
        bytes32 expectedId
    ) external payable returns (bytes32 assertionId) {
        if (msg.value > 0) {
            stakes[msg.sender].amount += msg.value;
            emit Staked(msg.sender, msg.value);
        }
        Assertion storage parentRecord = records[parent];
        checkParent(parent, parentRecord);
        checkLineage(parent, lineage);
        bytes32 finalLeaf = keccak256(finalState);
        bytes32 hash = HistoryCommitment.rootOfLast(finalLeaf, rightPath);
        require(rightPath.length == HEIGHT && hash == historyRoot, WrongFinalState(historyRoot, hash));
        bytes32 game = gameIdOf(parent);
        assertionId = Assertions.assertionId(game, historyRoot);
        require(assertionId == expectedId, UnexpectedId(expectedId, assertionId));
        require(records[assertionId].status == Status.None, AlreadyAsserted(assertionId));
        Assertion memory created = describe(parent, parentRecord.targetBatch, finalLeaf, finalState);
        records[assertionId] = created;
        stakes[msg.sender].latest = assertionId;
        CHALLENGES.addTopEdge(game, HEIGHT, CHALLENGE_PERIOD_BLOCKS, parentRecord.finalLeaf, historyRoot);
        emit AssertionCreated(assertionId, parent, game, historyRoot, created.targetBatch, msg.sender, created.isOverflow, finalState);
    }

    /// @inheritdoc IAssertionChain
    function declareWinner(bytes32 assertionId, bytes32 historyRoot) external {
        Assertion storage assertion = records[assertionId];
        require(assertion.status == Status.Pending, WrongStatus(assertionId, assertion.status));
        bytes32 game = gameIdOf(assertion.parent);
        bytes32 shown = Assertions.assertionId(game, historyRoot);
        require(shown == assertionId, UnexpectedId(assertionId, shown));
        EdgeKey memory top = EdgeKey(game, HEIGHT, 0, records[assertion.parent].finalLeaf, historyRoot);
        uint256 timer = CHALLENGES.timerOf(Edges.edgeId(top));
        require(timer >= CHALLENGE_PERIOD_BLOCKS, TooSoon(block.number + CHALLENGE_PERIOD_BLOCKS - timer));
        bytes32 earlier = winners[assertion.parent];
        require(earlier == bytes32(0), WrongStatus(earlier, Status.Winner));
        winners[assertion.parent] = assertionId;
        assertion.status = Status.Winner;
        assertion.decidedAt = uint64(block.number);
        // Whether it had a rival is asked now, when no rival can come any more.
        assertion.isRivalled = CHALLENGES.isRivalled(Edges.mutualId(top));
        emit WinnerDeclared(assertionId);
    }

    /// @inheritdoc IAssertionChain
    function confirm(bytes32 assertionId, bytes calldata finalState) external {
        require(!CHALLENGES.isFrozen(), Frozen());
        Assertion storage assertion = records[assertionId];
        require(assertion.status == Status.Winner, WrongStatus(assertionId, assertion.status));
        require(assertion.parent == latestConfirmed, WrongStatus(assertion.parent, records[assertion.parent].status));
        uint256 allowedAt = uint256(assertion.createdAt) + CHALLENGE_PERIOD_BLOCKS;
        if (assertion.isRivalled && assertion.decidedAt + GRACE_PERIOD_BLOCKS > allowedAt) {
            allowedAt = assertion.decidedAt + GRACE_PERIOD_BLOCKS;
        }
        require(block.number >= allowedAt, TooSoon(allowedAt));
        bytes32 hash = keccak256(finalState);
        require(hash == assertion.finalLeaf, WrongFinalState(assertion.finalLeaf, hash));
        assertion.status = Status.Confirmed;
        latestConfirmed = assertionId;
        lastConfirmedBlock = uint64(block.number);
        bytes32 outboxRoot = Machines.outboxRootOf(finalState);
        OUTBOX.acceptRoot(outboxRoot);
        emit AssertionConfirmed(assertionId, hash, outboxRoot);
    }

    /// @inheritdoc IAssertionChain
    function reject(bytes32 assertionId) external {
        Assertion storage assertion = records[assertionId];
        Status status = assertion.status;
        require(status == Status.Pending || status == Status.Winner, WrongStatus(assertionId, status));
        bytes32 parent = assertion.parent;
        bytes32 winner = winners[parent];
        if (winner != bytes32(0) && winner != assertionId && records[winner].status == Status.Confirmed) {
            lostUnder[assertionId] = parent;
        } else {
            // A descendant falls with its line, though nobody may have rivalled it: an honest player does not play under a lie.
            require(records[parent].status == Status.Rejected, WrongStatus(assertionId, status));
            lostUnder[assertionId] = lostUnder[parent];
        }
        assertion.status = Status.Rejected;
        emit AssertionRejected(assertionId);
    }

    /// @inheritdoc IAssertionChain
    function forfeit(address staker) external {
        Stake storage held = stakes[staker];
        bytes32 latest = held.latest;
        require(records[latest].status == Status.Rejected, WrongStatus(latest, records[latest].status));
        uint256 amount = held.amount;
        require(amount > 0, NotBonded(staker));
        held.amount = 0;
        held.latest = bytes32(0);
        bytes32 parent = lostUnder[latest];
        pots[parent] += amount;
        emit BondForfeited(staker, latest, parent, amount);
    }

    /// @inheritdoc IAssertionChain
    function refund(bytes32 assertionId, EdgeKey calldata edge, bytes32[] calldata path) external {
        Assertion storage assertion = records[assertionId];
        require(assertion.status == Status.Confirmed, WrongStatus(assertionId, assertion.status));
        bytes32 edgeId = Edges.edgeId(edge);
        require(isOnTree(assertionId, assertion.parent, edge, path), NotOnWinningTree(edgeId));
        require(!refunded[edgeId], AlreadyRefunded(edgeId));
        (address mover, uint256 amount) = CHALLENGES.moveOf(edgeId);
        uint256 pot = pots[assertion.parent];
        require(mover != address(0) && pot > 0, NothingToPay());
        uint256 cap = (edge.height == 0 ? PROOF_GAS : BISECT_GAS) * REFUND_CAP;
        if (amount > cap) amount = cap;
        if (amount > pot) amount = pot;
        refunded[edgeId] = true;
        pots[assertion.parent] -= amount;
        credits[mover] += amount;
        emit MoveRefunded(edgeId, mover, amount);
    }

    /// @inheritdoc IAssertionChain
    function sweep(bytes32 parent) external {
        bytes32 winner = winners[parent];
        Assertion storage assertion = records[winner];
        require(assertion.status == Status.Confirmed, WrongStatus(winner, assertion.status));
        uint256 allowedAt = uint256(assertion.decidedAt) + GRACE_PERIOD_BLOCKS + CHALLENGE_PERIOD_BLOCKS;
        require(block.number >= allowedAt, TooSoon(allowedAt));
        uint256 amount = pots[parent];
        require(amount > 0, NothingToPay());
        pots[parent] = 0;
        credits[TREASURY] += amount;
        emit Swept(parent, amount);
    }

    /// @inheritdoc IAssertionChain
    function unstake() external {
        Stake storage held = stakes[msg.sender];
        bool isFree = held.latest == bytes32(0) || records[held.latest].status == Status.Confirmed;
        // With an unsound verifier nobody can tell who was right, so nobody loses his bond.
        require(isFree || CHALLENGES.isFrozen(), StillStaked(held.latest));
        uint256 amount = held.amount;
        require(amount > 0, NotBonded(msg.sender));
        held.amount = 0;
        held.latest = bytes32(0);
        credits[msg.sender] += amount;
        emit Unstaked(msg.sender, amount);
    }

    /// @inheritdoc IAssertionChain
    function withdraw() external nonReentrant {
        uint256 amount = credits[msg.sender];
        require(amount > 0, NothingToPay());
        credits[msg.sender] = 0;
        (bool paid, ) = msg.sender.call{value: amount}("");
        require(paid, PaymentFailed(msg.sender, amount));
    }

    /// @inheritdoc IAssertionChain
    function assertions(bytes32 assertionId) external view returns (Assertion memory) {
        return records[assertionId];
    }

    /// @inheritdoc IAssertionChain
    function gameIdOf(bytes32 parent) public view returns (bytes32) {
        Assertion storage assertion = records[parent];
        bytes32 accumulator = SEQUENCER_INBOX.batchAccumulator(assertion.targetBatch);
        return Assertions.gameId(parent, assertion.targetBatch, accumulator, CONFIG_ID);
    }

    function checkParent(bytes32 parent, Assertion storage parentRecord) private view {
        Status status = parentRecord.status;
        require(status != Status.None, UnknownAssertion(parent));
        require(
            (status == Status.Confirmed && parent == latestConfirmed) || status == Status.Pending || status == Status.Winner,
            WrongStatus(parent, status)
        );
        uint64 count = SEQUENCER_INBOX.batchCount();
        require(count >= parentRecord.targetBatch, TargetNotReached(parentRecord.targetBatch, count));
        uint256 allowedAt = uint256(parentRecord.createdAt) + (parentRecord.isOverflow ? 0 : MINIMUM_PERIOD_BLOCKS);
        require(block.number >= allowedAt, TooSoon(allowedAt));
    }

    /// @dev SAFETY: a bond backs one line of history: nobody moves it to a rival of what he asserted before.
    function checkLineage(bytes32 parent, bytes32[] calldata lineage) private view {
        Stake storage held = stakes[msg.sender];
        require(held.amount >= BOND, NotBonded(msg.sender));
        bytes32 latest = held.latest;
        if (latest == bytes32(0) || latest == parent || records[latest].status == Status.Confirmed) return;
        bytes32 at = parent;
        for (uint256 i = 0; i < lineage.length; i++) {
            require(records[at].parent == lineage[i], NotInLineage(latest, parent));
            at = lineage[i];
        }
        require(at == latest, NotInLineage(latest, parent));
    }

    function describe(
        bytes32 parent,
        uint64 parentTarget,
        bytes32 finalLeaf,
        bytes memory finalState
    ) private view returns (Assertion memory assertion) {
        uint64 count = SEQUENCER_INBOX.batchCount();
        assertion.parent = parent;
        assertion.finalLeaf = finalLeaf;
        assertion.createdAt = uint64(block.number);
        assertion.status = Status.Pending;
        assertion.isOverflow = Bytes.uint_(finalState, 96, 8) < parentTarget;
        // An overflowing assertion did not reach its target, so its child goes on towards the same one.
        assertion.targetBatch = assertion.isOverflow ? parentTarget : (count > parentTarget ? count : parentTarget + 1);
    }

    /// @dev SAFETY: the prefix is shown too: the true half of a history may also stand behind a wrong past, where moving it served nobody.
    function isOnTree(bytes32 assertionId, bytes32 parent, EdgeKey memory edge, bytes32[] memory path) private view returns (bool) {
        bytes32 game = gameIdOf(parent);
        if (edge.gameId != game || path.length + edge.height != HEIGHT || edge.position >> path.length != 0) return false;
        bytes32 root = HistoryCommitment.rootOf(edge.historyRoot, edge.position, path);
        bytes32 prefix = records[parent].finalLeaf;
        for (uint256 i = path.length; i > 0; i--) {
            if ((edge.position >> (i - 1)) & 1 == 1) prefix = Edges.rightPrefix(prefix, path[i - 1]);
        }
        return Assertions.assertionId(game, root) == assertionId && edge.prefix == prefix;
    }
}
