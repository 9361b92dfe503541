// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Bytes} from "../machine/math/Bytes.sol";
import {Merkle} from "../machine/math/Merkle.sol";
import {Cursor, Input, InputKind, Machine, Machines} from "../machine/types/Machine.sol";
import {Batch, Header, RecordHead} from "../protocol/Batch.sol";
import {Blob} from "../protocol/Blob.sol";
import {InboxAccumulator} from "../protocol/InboxAccumulator.sol";
import {BlobOpening} from "./BlobOpening.sol";

/// @notice What the inbox offers to the machine's next step, shown against the accumulators that the inboxes keep. The opening is packed:
/// header 63 | window and, when the step takes an L1 message, kind u8 | sender 20 | timestamp u64 | payload. The window holds the content about the cursor:
/// calldata   chunk count u8 | first chunk u8 | count x { bitmap u8 of the siblings that are not zero | those | chunk bytes }
/// blobs      coset count u8 | first coset u16, counted through the batch's blobs | their versioned hashes | an opening of each blob that they lie in
/// nothing    two zero bytes, when the content is exhausted
library InboxOpening {
    uint256 private constant HEADER_LENGTH = Batch.HEADER_LENGTH;

    error BadOpening();

    function next(
        Machine memory machine,
        uint64 target,
        bytes memory opening,
        IInbox inbox,
        ISequencerInbox sequencerInbox
    ) internal view returns (Input memory input) {
        Cursor memory cursor = machine.cursor;
        input.cursor = Cursor(cursor.batch, cursor.l1Index, cursor.offset, cursor.item);
        input.clock = machine.clock;
        if (machine.registers.kind != Machines.NONE) return input;
        if (cursor.batch >= target) {
            input.kind = InputKind.Halted;
            return input;
        }
        Header memory header = openHeader(opening, uint64(cursor.batch), sequencerInbox);
        input.cursor.item = 0;
        uint256 began = machine.clock > header.minTime ? machine.clock : header.minTime;
        input.clock = began;
        if (cursor.offset < header.length) {
            (RecordHead memory record, bytes memory window, uint256 base, uint256 end) = openRecord(opening, header, cursor.offset);
            if (!record.ok) {
                input.kind = InputKind.Junk;
                input.cursor.offset = header.length;
                return input;
            }
            // The record's delay passed with the first item of a basket.
            uint256 delayed = cursor.item == 0 ? began + record.delay : began;
            uint256 bounded = delayed < header.maxTime ? delayed : header.maxTime;
            input.clock = bounded > machine.clock ? bounded : machine.clock;
            input.cursor.offset = record.payloadAt + record.length;
            input.payload = Bytes.slice(window, record.payloadAt - base, record.length);
            if (record.length == 1 && uint8(input.payload[0]) == Batch.TAKE_L1 && cursor.l1Index < header.l1End) {
                takeMessage(input, opening, end, inbox);
                return input;
            }
            input.kind = InputKind.Record;
            return input;
        }
        if (cursor.l1Index < header.l1End) {
            takeMessage(input, opening, HEADER_LENGTH + 2, inbox);
            return input;
        }
        input.kind = InputKind.NextBatch;
        input.cursor = Cursor(cursor.batch + 1, cursor.l1Index, 0, 0);
    }

    /// @notice The header of a batch, which the opening begins with.
    function openHeader(bytes memory opening, uint64 batch, ISequencerInbox sequencerInbox) internal view returns (Header memory header) {
        require(opening.length >= HEADER_LENGTH + 2, BadOpening());
        header = Header(
            Bytes.uint_(opening, 0, 1),
            bytes32(Bytes.uint_(opening, 1, 32)),
            Bytes.uint_(opening, 33, 4),
            Bytes.uint_(opening, 37, 5),
            Bytes.uint_(opening, 42, 5),
            Bytes.uint_(opening, 47, 8),
            Bytes.uint_(opening, 55, 8)
        );
        bytes32 before = sequencerInbox.batchAccumulator(batch);
        require(Batch.accumulate(before, header) == sequencerInbox.batchAccumulator(batch + 1), BadOpening());
    }

    /// @dev The content from a chunk on, and where the opening goes on behind it.
    function openChunks(
        bytes memory opening,
        Header memory header,
        uint256 offset
    ) private pure returns (bytes memory window, uint256 base, uint256 at) {
        uint256 count = Bytes.uint_(opening, HEADER_LENGTH, 1);
        uint256 first = Bytes.uint_(opening, HEADER_LENGTH + 1, 1);
        base = first * Batch.CHUNK_BYTES;
        require(base <= offset && count > 0, BadOpening());
        at = HEADER_LENGTH + 2;
        for (uint256 i = 0; i < count; i++) {
            uint256 from = (first + i) * Batch.CHUNK_BYTES;
            require(from < header.length, BadOpening());
            uint256 length = header.length - from < Batch.CHUNK_BYTES ? header.length - from : Batch.CHUNK_BYTES;
            bytes32[] memory path = new bytes32[](Batch.CHUNK_DEPTH);
            uint256 bitmap = Bytes.uint_(opening, at, 1);
            at += 1;
            for (uint256 level = 0; level < Batch.CHUNK_DEPTH; level++) {
                if ((bitmap >> level) & 1 == 0) continue;
                path[level] = bytes32(Bytes.uint_(opening, at, 32));
                at += 32;
            }
            bytes memory chunk = Bytes.slice(opening, at, length);
            at += length;
            require(Merkle.rootOf(keccak256(chunk), first + i, path) == header.contentRoot, BadOpening());
            window = bytes.concat(window, chunk);
        }
    }

    /// @dev The same out of blobs. At most two: a record is shorter than a blob.
    function openBlobs(
        bytes memory opening,
        Header memory header,
        uint256 offset
    ) private view returns (bytes memory window, uint256 base, uint256 at) {
        uint256 rest = Bytes.uint_(opening, HEADER_LENGTH, 1);
        uint256 coset = Bytes.uint_(opening, HEADER_LENGTH + 1, 2);
        at = HEADER_LENGTH + 3;
        base = coset * Blob.COSET_BYTES;
        require(base <= offset && rest > 0, BadOpening());
        bytes32[] memory versionedHashes = new bytes32[](Blob.count(header.length));
        for (uint256 i = 0; i < versionedHashes.length; i++) {
            versionedHashes[i] = bytes32(Bytes.uint_(opening, at, 32));
            at += 32;
        }
        require(Blob.root(versionedHashes) == header.contentRoot, BadOpening());
        while (rest > 0) {
            uint256 first = coset % Blob.COSETS;
            uint256 count = Blob.COSETS - first < rest ? Blob.COSETS - first : rest;
            require(coset / Blob.COSETS < versionedHashes.length, BadOpening());
            bytes memory content = BlobOpening.open(opening, at, versionedHashes[coset / Blob.COSETS], first, count);
            window = window.length == 0 ? content : bytes.concat(window, content);
            at += BlobOpening.HEAD_LENGTH + count * Blob.COSET_ELEMENTS * 32;
            coset += count;
            rest -= count;
        }
    }

    /// @notice The record at an offset of a batch, if the bytes there are one; the window of the content from `base` on that holds it, and where the opening
    /// goes on behind that.
    function openRecord(
        bytes memory opening,
        Header memory header,
        uint256 offset
    ) internal view returns (RecordHead memory record, bytes memory window, uint256 base, uint256 end) {
        (window, base, end) = header.carrier == Batch.BLOB ? openBlobs(opening, header, offset) : openChunks(opening, header, offset);
        record = Batch.readRecord(window, base, offset, header.length);
    }

    function takeMessage(Input memory input, bytes memory opening, uint256 at, IInbox inbox) private view {
        require(at + 29 <= opening.length, BadOpening());
        uint64 index = uint64(input.cursor.l1Index);
        input.kind = InputKind.L1Message;
        input.l1Kind = Bytes.uint_(opening, at, 1);
        input.sender = Bytes.address_(opening, at + 1);
        uint256 timestamp = Bytes.uint_(opening, at + 21, 8);
        input.payload = Bytes.slice(opening, at + 29, opening.length - at - 29);
        bytes32 hash = InboxAccumulator.messageHash(input.l1Kind, input.sender, timestamp, index, input.payload);
        require(InboxAccumulator.accumulate(inbox.accumulator(index), hash) == inbox.accumulator(index + 1), BadOpening());
        input.cursor.l1Index = index + 1;
    }
}
