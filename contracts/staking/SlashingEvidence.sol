// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {ISlashingEvidence} from "../interfaces/ISlashingEvidence.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {Bytes} from "../machine/math/Bytes.sol";
import {Messages, Report, Surface} from "../machine/step/Messages.sol";
import {Cursor, Machine, Machines} from "../machine/types/Machine.sol";
import {InboxOpening} from "../prover/InboxOpening.sol";
import {Assertions} from "../protocol/Assertion.sol";
import {Header, RecordHead} from "../protocol/Batch.sol";
import {BatchVote, Checkpoint, CheckpointVote, Receipt, StateVote} from "../protocol/Checkpoint.sol";
import {Ballot, EngineVote, VotePlace} from "../protocol/EngineVote.sol";
import {HistoryCommitment} from "../protocol/HistoryCommitment.sol";

contract SlashingEvidence is ISlashingEvidence {
    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    IStakeRegistry public immutable REGISTRY;
    IAssertionChain public immutable ASSERTION_CHAIN;
    ISequencerInbox public immutable SEQUENCER_INBOX;
    /// Separator of the SequencerInbox's domain, in which the committee and the sequencer sign.
    bytes32 public immutable DOMAIN_SEPARATOR;
    /// Separator of the Vault's domain, in which reporters sign.
    bytes32 public immutable REPORT_DOMAIN_SEPARATOR;
    /// Names the order whose votes count: SAFETY: a member may vote with the same key in the order of another deployment.
    bytes32 private immutable ORDER_NAME;

    constructor(IStakeRegistry registry, ISequencerInbox sequencerInbox, IAssertionChain assertionChain, bytes32 reportDomainSeparator) {
        REGISTRY = registry;
        ASSERTION_CHAIN = assertionChain;
        SEQUENCER_INBOX = sequencerInbox;
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("Strikeproof"), keccak256("1"), block.chainid, address(sequencerInbox))
        );
        REPORT_DOMAIN_SEPARATOR = reportDomainSeparator;
        ORDER_NAME = EngineVote.orderName(DOMAIN_SEPARATOR);
    }

    /// @inheritdoc ISlashingEvidence
    function engineChainId() external view returns (string memory) {
        return EngineVote.chainId(ORDER_NAME);
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingReceipts(Receipt calldata a, bytes calldata signatureA, Receipt calldata b, bytes calldata signatureB) external {
        require(a.sequence == b.sequence && a.messageHash != b.messageHash, NotConflicting());
        slash(Checkpoint.receiptDigest(DOMAIN_SEPARATOR, a), signatureA, Checkpoint.receiptDigest(DOMAIN_SEPARATOR, b), signatureB);
    }

    /// @inheritdoc ISlashingEvidence
    function brokenReceipt(
        Receipt calldata receipt,
        bytes calldata signature,
        Place calldata place,
        bytes calldata machine,
        bytes calldata opening
    ) external {
        requireConfirmed(keccak256(machine), place.assertionId, place.gameId, place.step, place.path);
        require(isBroken(receipt, machine, opening), NotConflicting());
        REGISTRY.slash(ECDSA.recover(Checkpoint.receiptDigest(DOMAIN_SEPARATOR, receipt), signature), payable(msg.sender));
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingBatches(BatchVote calldata a, bytes calldata signatureA, BatchVote calldata b, bytes calldata signatureB) external {
        bytes32 digestA = Checkpoint.batchDigest(DOMAIN_SEPARATOR, a);
        bytes32 digestB = Checkpoint.batchDigest(DOMAIN_SEPARATOR, b);
        bool samePlace = a.index == b.index && a.previousAccumulator == b.previousAccumulator;
        require(samePlace && digestA != digestB, NotConflicting());
        slash(digestA, signatureA, digestB, signatureB);
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingCheckpoints(
        CheckpointVote calldata a,
        bytes calldata signatureA,
        CheckpointVote calldata b,
        bytes calldata signatureB
    ) external {
        require(a.height == b.height && (a.streamHash != b.streamHash || a.root != b.root), NotConflicting());
        slash(Checkpoint.checkpointDigest(DOMAIN_SEPARATOR, a), signatureA, Checkpoint.checkpointDigest(DOMAIN_SEPARATOR, b), signatureB);
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingVotes(
        VotePlace calldata place,
        Ballot calldata a,
        bytes32[2] calldata signatureA,
        Ballot calldata b,
        bytes32[2] calldata signatureB
    ) external {
        // SAFETY: the same key signs proposals and extensions of votes.
        require(place.kind == EngineVote.PREVOTE || place.kind == EngineVote.PRECOMMIT, NotAVote(place.kind));
        require(!EngineVote.isSameBlock(a, b), NotConflicting());
        address first = ECDSA.recover(EngineVote.digest(ORDER_NAME, place, a), signatureA[0], signatureA[1]);
        address second = ECDSA.recover(EngineVote.digest(ORDER_NAME, place, b), signatureB[0], signatureB[1]);
        slash(first, second);
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingReports(
        PriceReport calldata a,
        bytes calldata signatureA,
        PriceReport calldata b,
        bytes calldata signatureB
    ) external {
        bytes32 digestA = reportDigest(a);
        bytes32 digestB = reportDigest(b);
        require(a.underlying == b.underlying && a.time == b.time && digestA != digestB, NotConflicting());
        slash(digestA, signatureA, digestB, signatureB);
    }

    /// @inheritdoc ISlashingEvidence
    function falsifiedState(
        StateVote calldata vote,
        bytes calldata signature,
        bytes32 assertionId,
        bytes32 leaf,
        bytes32[] calldata path
    ) external {
        require(leaf != vote.commitment, NotConflicting());
        requireConfirmed(leaf, assertionId, vote.gameId, vote.step, path);
        REGISTRY.slash(ECDSA.recover(Checkpoint.stateDigest(DOMAIN_SEPARATOR, vote), signature), payable(msg.sender));
    }

    function requireConfirmed(bytes32 leaf, bytes32 assertionId, bytes32 gameId, uint64 step, bytes32[] calldata path) private view {
        IAssertionChain.Assertion memory assertion = ASSERTION_CHAIN.assertions(assertionId);
        require(assertion.status == IAssertionChain.Status.Confirmed, NotConfirmed(assertionId));
        // SAFETY: a shorter path would show a node of the tree as if it were a leaf, and so falsify what is true.
        uint256 height = ASSERTION_CHAIN.HEIGHT();
        require(path.length == height, WrongPath(path.length, height));
        require(step > 0 && step <= 1 << height, WrongStep(step, 1 << height));
        bytes32 shown = Assertions.assertionId(gameId, HistoryCommitment.rootOf(leaf, step - 1, path));
        require(shown == assertionId, NotInHistory(assertionId, shown));
    }

    /// @dev Whether the order has another message than the receipt's where the receipt says, as a machine that is about to read there sees it.
    function isBroken(Receipt calldata receipt, bytes memory preimage, bytes memory opening) private view returns (bool) {
        Machine memory machine = Machines.decode(preimage);
        Cursor memory cursor = machine.cursor;
        Header memory header = InboxOpening.openHeader(opening, uint64(cursor.batch), SEQUENCER_INBOX);
        uint256 from = header.streamStart + cursor.offset;
        uint256 to = header.streamStart + header.length;
        // SAFETY: between the steps of one message the cursor may stand anywhere in it, and no record need begin there.
        bool isAboutToRead = machine.registers.kind == Machines.NONE && cursor.item == 0;
        require(isAboutToRead && from <= receipt.offset && receipt.offset < to, NotAtReceipt(receipt.offset, from, to));
        (RecordHead memory record, bytes memory window, uint256 base, ) = InboxOpening.openRecord(opening, header, cursor.offset);
        // What is no record voids the rest of its batch, the promised place with it.
        if (!record.ok) return true;
        to = header.streamStart + record.payloadAt + record.length;
        require(receipt.offset < to, NotAtReceipt(receipt.offset, from, to));
        if (receipt.offset != from) return true;
        return keccak256(Bytes.slice(window, record.payloadAt - base, record.length)) != receipt.messageHash;
    }

    function reportDigest(PriceReport calldata report) private view returns (bytes32) {
        Report memory message = Report(
            report.underlying,
            report.time,
            report.indexPrice,
            report.confidence,
            new Surface[](0),
            report.surfaceHash,
            0,
            0,
            0
        );
        return Messages.reportDigest(REPORT_DOMAIN_SEPARATOR, message);
    }

    function slash(bytes32 digestA, bytes calldata signatureA, bytes32 digestB, bytes calldata signatureB) private {
        slash(ECDSA.recoverCalldata(digestA, signatureA), ECDSA.recoverCalldata(digestB, signatureB));
    }

    function slash(address first, address second) private {
        require(first == second, DifferentSigners(first, second));
        REGISTRY.slash(first, payable(msg.sender));
    }
}
