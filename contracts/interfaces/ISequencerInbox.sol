// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The append-only log of batches (docs/spec/rollup.md).
interface ISequencerInbox {
    event BatchPosted(
        uint64 indexed index,
        bytes32 accumulator,
        uint8 carrier,
        bytes32 contentRoot,
        uint32 length,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End
    );

    /// @notice Somebody else posted this index already, or an earlier one is missing.
    error WrongIndex(uint64 index, uint64 expected);
    error ContentNotInCalldata(address caller);
    error ContentTooLong(uint256 length, uint256 limit);
    error BadTimes(uint40 minTime, uint40 maxTime, uint40 earliest, uint256 latest);
    error BadMessageCount(uint64 l1End, uint64 earliest, uint64 latest);
    error TooEarlyToForce(uint64 timestamp, uint256 allowedAt);

    /// @notice Appends a batch whose content is this transaction's calldata, under a certificate of the committee. Anyone who holds it may post.
    function postBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        bytes calldata content,
        bytes[] calldata signatures
    ) external;

    /// @notice Appends a batch without content that consumes L1 messages up to `l1End`, the last of which waited longer than the delay. Anyone, without
    /// any sequencer.
    function forceInclude(uint64 l1End) external;

    /// @notice What the committee signs for a batch.
    function batchDigest(uint64 index, bytes32 contentHash, uint40 minTime, uint40 maxTime, uint64 l1End) external view returns (bytes32);

    function batchCount() external view returns (uint64);

    /// @notice Accumulator before batch `index`; that of `batchCount()` names the whole log.
    function batchAccumulator(uint64 index) external view returns (bytes32);
}
