// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_PAYLOAD_BYTES} from "../machine/Constants.sol";
import {Merkle} from "../machine/math/Merkle.sol";

struct Header {
    uint256 carrier;
    bytes32 contentRoot;
    uint256 length;
    uint256 minTime;
    uint256 maxTime;
    uint256 l1End;
    /// Bytes of content in all batches before: a receipt's place in the order is reckoned from it.
    uint256 streamStart;
}

/// @notice A record as it stands at an offset; not `ok` when the bytes there are none.
struct RecordHead {
    bool ok;
    uint256 payloadAt;
    uint256 length;
    uint256 delay;
}

/// @notice Batches of the inbox: their header and their records (docs/spec/rollup.md, docs/spec/machine.md).
library Batch {
    uint256 internal constant CALLDATA = 0;
    uint256 internal constant BLOB = 1;
    uint256 internal constant FORCED_CARRIER = 2;

    uint256 internal constant MAX_BATCH_BYTES = 120_000;
    uint256 internal constant CHUNK_BYTES = 1024;
    uint256 internal constant CHUNK_DEPTH = 7;
    uint256 private constant MAX_LENGTH_BYTES = 3;
    uint256 private constant MAX_DELAY_BYTES = 5;
    uint256 private constant MAX_DELAY = 4_294_967_295;

    bytes32 private constant TAG_BATCH = keccak256("strikeproof.batch.v1");

    uint256 internal constant HEADER_LENGTH = 63;

    /// @notice carrier u8 | contentRoot 32 | length u32 | minTime u40 | maxTime u40 | l1End u64 | streamStart u64
    function encodeHeader(Header memory header) internal pure returns (bytes memory) {
        return
            abi.encodePacked(
                uint8(header.carrier),
                header.contentRoot,
                uint32(header.length),
                uint40(header.minTime),
                uint40(header.maxTime),
                uint64(header.l1End),
                uint64(header.streamStart)
            );
    }

    /// @notice Accumulator after a batch: keccak256(TAG_BATCH || accumulator before || keccak256(header)).
    function accumulate(bytes32 before, Header memory header) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_BATCH, before, keccak256(encodeHeader(header))));
    }

    /// @notice Root over the content's chunks of 1024 bytes: depth 7, absent leaves 0.
    function contentRoot(bytes calldata content) internal pure returns (bytes32) {
        bytes32[] memory level = new bytes32[](1 << CHUNK_DEPTH);
        uint256 count = (content.length + CHUNK_BYTES - 1) / CHUNK_BYTES;
        for (uint256 i = 0; i < count; i++) {
            uint256 from = i * CHUNK_BYTES;
            uint256 to = from + CHUNK_BYTES > content.length ? content.length : from + CHUNK_BYTES;
            level[i] = keccak256(content[from:to]);
        }
        for (uint256 height = 0; height < CHUNK_DEPTH; height++) {
            count = (count + 1) / 2;
            for (uint256 i = 0; i < count; i++) level[i] = Merkle.node(level[2 * i], level[2 * i + 1]);
            // What stands behind `count` at this height is the lower level's: clear the one place that the next height reads.
            level[count] = bytes32(0);
        }
        return level[0];
    }

    /// @notice Reads the record at `offset` of content that ends at `end`; `window` holds the content from `base` on. Total: every byte string is a record or
    /// is not. Reverts only when the window is too short for the answer. uvarint(length) | uvarint(delay) | payload
    function readRecord(bytes memory window, uint256 base, uint256 offset, uint256 end) internal pure returns (RecordHead memory record) {
        uint256 at = offset;
        uint256 length = 0;
        for (uint256 i = 0; ; i++) {
            if (i == MAX_LENGTH_BYTES || at == end) return record;
            uint256 octet = uint8(window[at - base]);
            at += 1;
            length += (octet & 127) << (7 * i);
            if (octet < 128) break;
        }
        uint256 delay = 0;
        for (uint256 i = 0; ; i++) {
            if (i == MAX_DELAY_BYTES || at == end) return record;
            uint256 octet = uint8(window[at - base]);
            at += 1;
            delay += (octet & 127) << (7 * i);
            if (octet < 128) break;
        }
        if (length == 0 || length > MAX_PAYLOAD_BYTES || delay > MAX_DELAY || at + length > end) return record;
        return RecordHead(true, at, length, delay);
    }

    /// Payload of the record that takes the next L1 message at its place.
    uint256 internal constant TAKE_L1 = 0;
}
