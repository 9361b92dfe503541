// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {Batch, Header} from "../protocol/Batch.sol";
import {BatchVote, Checkpoint} from "../protocol/Checkpoint.sol";

contract SequencerInbox is ISequencerInbox, EIP712 {
    /// How far a batch may end ahead of L1's clock.
    uint256 public constant MAX_DRIFT_SECONDS = 60;

    IInbox public immutable INBOX;
    IStakeRegistry public immutable REGISTRY;
    uint64 public immutable FORCE_DELAY_SECONDS;

    /// @dev Accumulators 0 .. count. The first is 0.
    mapping(uint64 index => bytes32) private accumulators;
    uint64 public batchCount;
    /// @dev End of the last batch: its time, and the L1 messages consumed.
    uint40 public lastMaxTime;
    uint64 public lastL1End;

    constructor(IInbox inbox, IStakeRegistry registry, uint64 forceDelaySeconds) EIP712("Strikeproof", "1") {
        INBOX = inbox;
        REGISTRY = registry;
        FORCE_DELAY_SECONDS = forceDelaySeconds;
    }

    /// @inheritdoc ISequencerInbox
    function postBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        bytes calldata content,
        bytes[] calldata signatures
    ) external {
        // Nodes read the content from the transaction itself, so the caller must be what sent it: an account without code.
        // solhint-disable-next-line avoid-tx-origin
        require(msg.sender == tx.origin && msg.sender.code.length == 0, ContentNotInCalldata(msg.sender));
        require(index == batchCount, WrongIndex(index, batchCount));
        require(content.length <= Batch.MAX_BATCH_BYTES, ContentTooLong(content.length, Batch.MAX_BATCH_BYTES));
        uint256 latest = block.timestamp + MAX_DRIFT_SECONDS;
        require(lastMaxTime <= minTime && minTime <= maxTime && maxTime <= latest, BadTimes(minTime, maxTime, lastMaxTime, latest));
        require(l1End >= lastL1End && l1End <= INBOX.count(), BadMessageCount(l1End, lastL1End, INBOX.count()));
        REGISTRY.requireQuorum(batchDigest(index, keccak256(content), minTime, maxTime, l1End), signatures);
        append(Header(Batch.CALLDATA, Batch.contentRoot(content), content.length, minTime, maxTime, l1End));
    }

    /// @inheritdoc ISequencerInbox
    function forceInclude(uint64 l1End) external {
        require(l1End > lastL1End && l1End <= INBOX.count(), BadMessageCount(l1End, lastL1End + 1, INBOX.count()));
        uint64 timestamp = INBOX.timestampOf(l1End - 1);
        uint256 allowedAt = uint256(timestamp) + FORCE_DELAY_SECONDS;
        require(block.timestamp >= allowedAt, TooEarlyToForce(timestamp, allowedAt));
        uint256 time = timestamp > lastMaxTime ? timestamp : lastMaxTime;
        append(Header(Batch.FORCED_CARRIER, bytes32(0), 0, time, time, l1End));
    }

    /// @inheritdoc ISequencerInbox
    function batchDigest(uint64 index, bytes32 contentHash, uint40 minTime, uint40 maxTime, uint64 l1End) public view returns (bytes32) {
        BatchVote memory vote = BatchVote(index, accumulators[index], contentHash, minTime, maxTime, l1End);
        return Checkpoint.batchDigest(_domainSeparatorV4(), vote);
    }

    /// @inheritdoc ISequencerInbox
    function batchAccumulator(uint64 index) external view returns (bytes32) {
        return accumulators[index];
    }

    function append(Header memory header) private {
        uint64 index = batchCount;
        bytes32 accumulator = Batch.accumulate(accumulators[index], header);
        batchCount = index + 1;
        lastMaxTime = uint40(header.maxTime);
        lastL1End = uint64(header.l1End);
        accumulators[index + 1] = accumulator;
        emit BatchPosted(
            index,
            accumulator,
            uint8(header.carrier),
            header.contentRoot,
            uint32(header.length),
            uint40(header.minTime),
            uint40(header.maxTime),
            uint64(header.l1End)
        );
    }
}
