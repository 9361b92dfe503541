// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {Batch, Header} from "../protocol/Batch.sol";
import {Blob} from "../protocol/Blob.sol";
import {BatchVote, Checkpoint} from "../protocol/Checkpoint.sol";

contract SequencerInbox is ISequencerInbox, EIP712 {
    /// How far a batch may end ahead of L1's clock.
    uint256 public constant MAX_DRIFT_SECONDS = 60;

    IInbox public immutable INBOX;
    IStakeRegistry public immutable REGISTRY;
    /// Age of an L1 message from which on the sequencer is late with it.
    uint256 public immutable LATE_AFTER_SECONDS;
    /// Seconds of being served in time that give one second of being late back.
    uint256 public immutable REPLENISH_SECONDS;
    /// @dev The most lateness that anybody has to wait for, in the unit of `budget`.
    uint256 private immutable FULL_BUDGET;

    /// @dev Accumulators 0 .. count. The first is 0.
    mapping(uint64 index => bytes32) private accumulators;
    /// @dev What every batch changes, in one slot: their number, and the end of the last one: its time, the L1 messages consumed, and its place in the
    /// order's stream of bytes. No chain lives to see 2^40 of anything, or 2^56 bytes.
    uint40 private batches;
    uint40 public lastMaxTime;
    uint40 public lastL1End;
    uint56 private bytesPosted;
    /// @dev Lateness that is left, in seconds times REPLENISH_SECONDS, so that no short calm is rounded away; and when it was reckoned.
    uint40 private budget;
    uint40 private budgetAt;

    /// @param longestDelaySeconds the longest that an L1 message waits: as long as a full budget lasts
    /// @param lateAfterSeconds the shortest: once the budget is used up
    constructor(
        IInbox inbox,
        IStakeRegistry registry,
        uint32 longestDelaySeconds,
        uint32 lateAfterSeconds,
        uint32 replenishSeconds
    ) EIP712("Strikeproof", "1") {
        bool sound = lateAfterSeconds <= longestDelaySeconds && replenishSeconds > 0 && replenishSeconds <= 200;
        require(sound, BadDelays(longestDelaySeconds, lateAfterSeconds, replenishSeconds));
        INBOX = inbox;
        REGISTRY = registry;
        LATE_AFTER_SECONDS = lateAfterSeconds;
        REPLENISH_SECONDS = replenishSeconds;
        FULL_BUDGET = uint256(longestDelaySeconds - lateAfterSeconds) * replenishSeconds;
        budget = uint40(FULL_BUDGET);
        budgetAt = uint40(block.timestamp);
    }

    /// @inheritdoc ISequencerInbox
    function postBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        bytes calldata content,
        bytes32 blobsRoot,
        bytes calldata signatures
    ) external {
        // Nodes read the content from the transaction itself, so the caller must be what sent it: an account without code.
        // solhint-disable-next-line avoid-tx-origin
        require(msg.sender == tx.origin && msg.sender.code.length == 0, ContentNotInCalldata(msg.sender));
        require(content.length <= Batch.MAX_BATCH_BYTES, ContentTooLong(content.length, Batch.MAX_BATCH_BYTES));
        requireNext(index, minTime, maxTime, l1End);
        bytes32 contentHash = Blob.contentHash(keccak256(content), content.length, blobsRoot);
        REGISTRY.requireQuorum(batchDigest(index, contentHash, minTime, maxTime, l1End), signatures);
        append(Header(Batch.CALLDATA, Batch.contentRoot(content), content.length, minTime, maxTime, l1End, bytesPosted));
    }

    /// @inheritdoc ISequencerInbox
    function postBlobBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        uint32 length,
        bytes32 plainHash,
        bytes calldata signatures
    ) external {
        requireNext(index, minTime, maxTime, l1End);
        bytes32[] memory versionedHashes = blobsOf(length);
        bytes32 blobsRoot = Blob.root(versionedHashes);
        bytes32 contentHash = Blob.contentHash(plainHash, length, blobsRoot);
        REGISTRY.requireQuorum(batchDigest(index, contentHash, minTime, maxTime, l1End), signatures);
        append(Header(Batch.BLOB, blobsRoot, length, minTime, maxTime, l1End, bytesPosted));
    }

    /// @inheritdoc ISequencerInbox
    function forceInclude(uint64 l1End) external {
        require(l1End > lastL1End && l1End <= INBOX.count(), BadMessageCount(l1End, lastL1End + 1, INBOX.count()));
        uint64 timestamp = INBOX.timestampOf(l1End - 1);
        uint256 allowedAt = forceAllowedAt(l1End);
        require(block.timestamp >= allowedAt, TooEarlyToForce(timestamp, allowedAt));
        uint256 time = timestamp > lastMaxTime ? timestamp : lastMaxTime;
        append(Header(Batch.FORCED_CARRIER, bytes32(0), 0, time, time, l1End, bytesPosted));
    }

    /// @inheritdoc ISequencerInbox
    function batchDigest(uint64 index, bytes32 contentHash, uint40 minTime, uint40 maxTime, uint64 l1End) public view returns (bytes32) {
        BatchVote memory vote = BatchVote(index, accumulators[index], contentHash, minTime, maxTime, l1End);
        return Checkpoint.batchDigest(_domainSeparatorV4(), vote);
    }

    /// @inheritdoc ISequencerInbox
    function batchCount() external view returns (uint64) {
        return batches;
    }

    /// @inheritdoc ISequencerInbox
    function streamEnd() external view returns (uint64) {
        return bytesPosted;
    }

    /// @inheritdoc ISequencerInbox
    function batchAccumulator(uint64 index) external view returns (bytes32) {
        return accumulators[index];
    }

    /// @inheritdoc ISequencerInbox
    function forceAllowedAt(uint64 l1End) public view returns (uint256 time) {
        uint256 lateFrom = lateSince();
        uint256 usedUpAt = lateFrom + budgetUntil(lateFrom) / REPLENISH_SECONDS;
        // A message behind the oldest is served in time as long as it is not late itself, whatever the budget is.
        time = uint256(INBOX.timestampOf(l1End - 1)) + LATE_AFTER_SECONDS;
        if (usedUpAt > time) time = usedUpAt;
    }

    /// @inheritdoc ISequencerInbox
    function forceDelaySeconds() external view returns (uint256) {
        return LATE_AFTER_SECONDS + budgetNow() / REPLENISH_SECONDS;
    }

    /// @dev When the oldest L1 message that waits is late, or became so after the budget was last reckoned. There must be one.
    function lateSince() private view returns (uint256 time) {
        time = uint256(INBOX.timestampOf(lastL1End)) + LATE_AFTER_SECONDS;
        if (time < budgetAt) time = budgetAt;
    }

    /// @dev The budget at a time until which nothing was late: it grows by the seconds, never above what is full.
    function budgetUntil(uint256 time) private view returns (uint256 left) {
        left = budget + (time - budgetAt);
        if (left > FULL_BUDGET) left = FULL_BUDGET;
    }

    /// @dev INVARIANT: a second in which the oldest message was late is charged once, and gives nothing back.
    function budgetNow() private view returns (uint256 left) {
        if (lastL1End == INBOX.count()) return budgetUntil(block.timestamp);
        uint256 lateFrom = lateSince();
        if (block.timestamp <= lateFrom) return budgetUntil(block.timestamp);
        uint256 used = (block.timestamp - lateFrom) * REPLENISH_SECONDS;
        left = budgetUntil(lateFrom);
        left = left > used ? left - used : 0;
    }

    function requireNext(uint64 index, uint40 minTime, uint40 maxTime, uint64 l1End) private view {
        require(index == batches, WrongIndex(index, batches));
        uint256 latest = block.timestamp + MAX_DRIFT_SECONDS;
        require(lastMaxTime <= minTime && minTime <= maxTime && maxTime <= latest, BadTimes(minTime, maxTime, lastMaxTime, latest));
        require(l1End >= lastL1End && l1End <= INBOX.count(), BadMessageCount(l1End, lastL1End, INBOX.count()));
    }

    /// @dev The transaction's first blobs, as many as content of this length takes.
    function blobsOf(uint256 length) private view returns (bytes32[] memory versionedHashes) {
        uint256 count = Blob.count(length);
        require(count > 0 && count <= Blob.MAX_BLOBS, BadBlobCount(count, Blob.MAX_BLOBS));
        versionedHashes = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            bytes32 versionedHash = blobhash(i);
            // No proof opens a commitment of another kind.
            require(versionedHash[0] == 0x01, NoSuchBlob(i));
            versionedHashes[i] = versionedHash;
        }
    }

    function append(Header memory header) private {
        uint64 index = batches;
        if (header.l1End > lastL1End) {
            // Reckoned here only: until the oldest message changes, all that happened follows from its time.
            budget = uint40(budgetNow());
            budgetAt = uint40(block.timestamp);
        }
        bytes32 accumulator = Batch.accumulate(accumulators[index], header);
        batches = uint40(index + 1);
        lastMaxTime = uint40(header.maxTime);
        lastL1End = uint40(header.l1End);
        bytesPosted = uint56(header.streamStart + header.length);
        accumulators[index + 1] = accumulator;
        emit BatchPosted(
            index,
            accumulator,
            uint8(header.carrier),
            header.contentRoot,
            uint32(header.length),
            uint40(header.minTime),
            uint40(header.maxTime),
            uint64(header.l1End),
            uint64(header.streamStart)
        );
    }
}
