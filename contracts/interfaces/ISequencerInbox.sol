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
        uint64 l1End,
        uint64 streamStart
    );

    /// @notice Somebody else posted this index already, or an earlier one is missing.
    error WrongIndex(uint64 index, uint64 expected);
    error ContentNotInCalldata(address caller);
    error ContentTooLong(uint256 length, uint256 limit);
    error BadBlobCount(uint256 count, uint256 limit);
    /// @notice The transaction does not carry so many blobs, or carries one of another kind than KZG.
    error NoSuchBlob(uint256 place);
    error BadTimes(uint40 minTime, uint40 maxTime, uint40 earliest, uint256 latest);
    error BadMessageCount(uint64 l1End, uint64 earliest, uint64 latest);
    error TooEarlyToForce(uint64 timestamp, uint256 allowedAt);
    error BadDelays(uint256 longestDelaySeconds, uint256 lateAfterSeconds, uint256 replenishSeconds);

    /// @notice Appends a batch whose content is this transaction's calldata, under a certificate of the committee
    /// (IStakeRegistry.requireQuorum). Anyone who holds it may post, by either carrier: a certificate binds the content both as bytes and as
    /// blobs. `blobsRoot` is its other half, which nothing here depends on.
    function postBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        bytes calldata content,
        bytes32 blobsRoot,
        bytes calldata signatures
    ) external;

    /// @notice Appends a batch whose content is in this transaction's first blobs, under the same certificate: `length` bytes, 31 in an element, 126,976 in a
    /// blob, at most six blobs. `plainHash` is keccak256 of the content, the certificate's other half.
    function postBlobBatch(
        uint64 index,
        uint40 minTime,
        uint40 maxTime,
        uint64 l1End,
        uint32 length,
        bytes32 plainHash,
        bytes calldata signatures
    ) external;

    /// @notice Appends a batch without content that consumes L1 messages up to `l1End`, all of which are late, when the sequencer has no budget of
    /// lateness left. Anyone, without any sequencer.
    function forceInclude(uint64 l1End) external;

    /// @notice Seconds from which on L1 messages up to `l1End`, of which there must be some that wait, may be included by force, as long as no batch takes any.
    function forceAllowedAt(uint64 l1End) external view returns (uint256);

    /// @notice How long an L1 message that came now would wait at most: shorter the more the sequencer used of its budget.
    function forceDelaySeconds() external view returns (uint256);

    /// @notice What the committee signs for a batch. `contentHash` is that of protocol/Blob.sol.
    function batchDigest(uint64 index, bytes32 contentHash, uint40 minTime, uint40 maxTime, uint64 l1End) external view returns (bytes32);

    function batchCount() external view returns (uint64);

    /// @notice Bytes of content in all batches: where the next one begins in the order's stream of bytes.
    function streamEnd() external view returns (uint64);

    /// @notice Accumulator before batch `index`; that of `batchCount()` names the whole log.
    function batchAccumulator(uint64 index) external view returns (bytes32);
}
