// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";
import {Merkle} from "../math/Merkle.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books} from "../types/Book.sol";
import {Expiry, Expiries} from "../types/Expiry.sol";
import {Globals, GlobalsCell} from "../types/Globals.sol";
import {Guard, Guards} from "../types/Guard.sol";
import {Listing, Listings} from "../types/Listing.sol";
import {SeriesCell, SeriesCells} from "../types/SeriesCell.sol";
import {Underlying, Underlyings} from "../types/Underlying.sol";

/// @notice The one noun through which a step touches cells; here they come out of an access log (docs/spec/machine.md).
///
/// A cell is opened once: its bytes are verified under the root of its kind and decoded; later reads give the same memory. What was put is written back by
/// `close`, in order of first opening. Every failure is a lie of the witness, and reverts.
///
/// The log is packed: an open is `length u16 | cell | path`, a close is `path`; a path is a bitmap u32 of the siblings that are not zero, then those.
library State {
    uint256 internal constant GLOBALS = 0;
    uint256 internal constant ACCOUNTS = 1;
    uint256 internal constant UNDERLYINGS = 2;
    uint256 internal constant EXPIRIES = 3;
    uint256 internal constant LISTINGS = 4;
    uint256 internal constant SERIES = 5;
    uint256 internal constant BOOKS = 6;
    uint256 internal constant GUARDS = 7;
    uint256 internal constant OUTBOX = 8;

    /// @dev Depths of kinds 0 .. 8, a byte each, kind 0 lowest.
    uint256 private constant DEPTHS = 0x18_18_18_17_0e_0e_04_18_00;

    struct Cell {
        /// kind << 32 | index
        uint256 key;
        bytes32 leaf;
        bool isPut;
        /// Memory of the decoded struct; how it is written, once it is put.
        uint256 pointer;
        function(uint256) pure returns (bytes memory) encode;
    }

    struct Body {
        /// Roots of the eight kinds and of the outbox.
        bytes32[9] roots;
        bytes log;
        /// Next byte of the log.
        uint256 at;
        /// Memory of the cells that are open, in order of opening, and how many.
        uint256[] cells;
        uint256 count;
        /// The same, to find them by key: a hash table with linear probing, 0 where free.
        uint256[] places;
        /// Table of the normal distribution; loaded by the contract when the step prices options.
        bytes table;
        /// Logarithms of spot factors, by underlying; made when first needed.
        int256[][2] moves;
        /// Values of series by scenario, where a step keeps them (Valuations.keep), how many, and the place that was asked for last.
        uint256[] keptSeries;
        int256[][] keptValues;
        uint256 keptCount;
        uint256 keptAt;
    }

    /// @dev LIMIT: a block trade opens 2 accounts of 64 positions, each perhaps of an expiry of its own, 8 listings and series, 2 underlyings and
    /// guards, globals; a fill books instead.
    uint256 private constant MAX_CELLS = 180;
    uint256 private constant PLACES = 256;

    error BadWitness();

    /// @notice The state behind `stateRoot` and `outboxRoot`. The witness begins with the eight kind roots.
    function load(bytes memory witness, bytes32 stateRoot, bytes32 outboxRoot) internal pure returns (Body memory state) {
        require(witness.length >= 256, BadWitness());
        for (uint256 kind = 0; kind < 8; kind++) state.roots[kind] = bytes32(Bytes.uint_(witness, 32 * kind, 32));
        state.roots[OUTBOX] = outboxRoot;
        require(stateRootOf(state) == stateRoot, BadWitness());
        state.log = witness;
        state.at = 256;
        state.cells = new uint256[](MAX_CELLS);
        state.places = new uint256[](PLACES);
    }

    /// @notice Root over the eight kind roots.
    function stateRootOf(Body memory state) internal pure returns (bytes32) {
        bytes32[9] memory roots = state.roots;
        return
            Merkle.node(
                Merkle.node(Merkle.node(roots[0], roots[1]), Merkle.node(roots[2], roots[3])),
                Merkle.node(Merkle.node(roots[4], roots[5]), Merkle.node(roots[6], roots[7]))
            );
    }

    /// @notice Writes back what was put, and demands that the log is used up.
    function close(Body memory state) internal pure {
        uint256 count = state.count;
        for (uint256 i = 0; i < count; i++) {
            Cell memory cell;
            uint256 pointer = state.cells[i];
            assembly ("memory-safe") {
                cell := pointer
            }
            if (!cell.isPut) continue;
            uint256 kind = cell.key >> 32;
            uint256 at = state.at;
            require(climb(state, cell.key, cell.leaf) == state.roots[kind], BadWitness());
            state.at = at;
            state.roots[kind] = climb(state, cell.key, leafOf(cell));
        }
        require(state.at == state.log.length, BadWitness());
    }

    function globals(Body memory state) internal pure returns (Globals memory cell) {
        uint256 pointer = open(state, GLOBALS, 0, decodeGlobals).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putGlobals(Body memory state, Globals memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, GLOBALS, 0, decodeGlobals, encodeGlobals, pointer);
    }

    function account(Body memory state, uint256 index) internal pure returns (Account memory cell) {
        uint256 pointer = open(state, ACCOUNTS, index, decodeAccount).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putAccount(Body memory state, uint256 index, Account memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, ACCOUNTS, index, decodeAccount, encodeAccount, pointer);
    }

    function underlying(Body memory state, uint256 index) internal pure returns (Underlying memory cell) {
        uint256 pointer = open(state, UNDERLYINGS, index, decodeUnderlying).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putUnderlying(Body memory state, uint256 index, Underlying memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, UNDERLYINGS, index, decodeUnderlying, encodeUnderlying, pointer);
    }

    function expiry(Body memory state, uint256 slot) internal pure returns (Expiry memory cell) {
        uint256 pointer = open(state, EXPIRIES, slot, decodeExpiry).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putExpiry(Body memory state, uint256 slot, Expiry memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, EXPIRIES, slot, decodeExpiry, encodeExpiry, pointer);
    }

    function listing(Body memory state, uint256 slot) internal pure returns (Listing memory cell) {
        uint256 pointer = open(state, LISTINGS, slot, decodeListing).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putListing(Body memory state, uint256 slot, Listing memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, LISTINGS, slot, decodeListing, encodeListing, pointer);
    }

    function series(Body memory state, uint256 index) internal pure returns (SeriesCell memory cell) {
        uint256 pointer = open(state, SERIES, index, decodeSeries).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putSeries(Body memory state, uint256 index, SeriesCell memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, SERIES, index, decodeSeries, encodeSeries, pointer);
    }

    function book(Body memory state, uint256 index) internal pure returns (Book memory cell) {
        uint256 pointer = open(state, BOOKS, index, decodeBook).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putBook(Body memory state, uint256 index, Book memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, BOOKS, index, decodeBook, encodeBook, pointer);
    }

    /// @notice What guards an account, by its index.
    function guard(Body memory state, uint256 index) internal pure returns (Guard memory cell) {
        uint256 pointer = open(state, GUARDS, index, decodeGuard).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putGuard(Body memory state, uint256 index, Guard memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, GUARDS, index, decodeGuard, encodeGuard, pointer);
    }

    /// @notice Appends a leaf to the outbox at `index`, which is the number of leaves so far.
    function pushWithdrawal(Body memory state, uint256 index, bytes32 leaf) internal pure {
        put(state, OUTBOX, index, decodeLeaf, encodeLeaf, uint256(leaf));
    }

    /// @dev The open cell, taken from the log when this is its first opening.
    function open(
        Body memory state,
        uint256 kind,
        uint256 index,
        function(bytes memory) pure returns (uint256) decode
    ) private pure returns (Cell memory cell) {
        uint256 key = (kind << 32) | index;
        uint256[] memory places = state.places;
        uint256 place;
        assembly ("memory-safe") {
            // Fibonacci hashing of the key; a place is found before the table is full, because MAX_CELLS are fewer.
            place := add(add(places, 32), shl(5, and(shr(56, mul(key, 0x9e3779b97f4a7c15)), 0xff)))
            let end := add(add(places, 32), shl(5, PLACES))
            for {
                cell := mload(place)
            } cell {
                cell := mload(place)
            } {
                if eq(mload(cell), key) {
                    break
                }
                place := add(place, 32)
                if eq(place, end) {
                    place := add(places, 32)
                }
            }
        }
        uint256 found;
        assembly ("memory-safe") {
            found := cell
        }
        if (found != 0) return cell;
        cell = admit(state, kind, key, decode);
        assembly ("memory-safe") {
            mstore(place, cell)
        }
    }

    /// @dev Takes the next cell from the log, and verifies it.
    function admit(
        Body memory state,
        uint256 kind,
        uint256 key,
        function(bytes memory) pure returns (uint256) decode
    ) private pure returns (Cell memory cell) {
        uint256 at = state.at;
        require(at + 2 <= state.log.length, BadWitness());
        uint256 length = Bytes.uint_(state.log, at, 2);
        bytes memory data = Bytes.slice(state.log, at + 2, length);
        state.at = at + 2 + length;
        bytes32 leaf = length == 0 ? bytes32(0) : keccak256(data);
        require(climb(state, key, leaf) == state.roots[kind], BadWitness());
        cell.key = key;
        cell.leaf = leaf;
        cell.pointer = decode(data);
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        state.cells[state.count] = pointer;
        state.count += 1;
    }

    function put(
        Body memory state,
        uint256 kind,
        uint256 index,
        function(bytes memory) pure returns (uint256) decode,
        function(uint256) pure returns (bytes memory) encode,
        uint256 pointer
    ) private pure {
        Cell memory cell = open(state, kind, index, decode);
        cell.pointer = pointer;
        cell.encode = encode;
        cell.isPut = true;
    }

    /// @dev Takes a path from the log, and returns the root above the leaf: `Merkle.node` at every level, with the siblings read where they stand.
    function climb(Body memory state, uint256 key, bytes32 leaf) private pure returns (bytes32 hash) {
        uint256 depth = (DEPTHS >> (8 * (key >> 32))) & 0xff;
        uint256 index = key & 0xffffffff;
        bytes memory log = state.log;
        uint256 at = state.at;
        require(index >> depth == 0 && at + 4 <= log.length, BadWitness());
        assembly ("memory-safe") {
            let from := add(add(log, 32), at)
            let bitmap := shr(224, mload(from))
            from := add(from, 4)
            hash := leaf
            for {} depth {
                depth := sub(depth, 1)
            } {
                let sibling := 0
                if and(bitmap, 1) {
                    sibling := mload(from)
                    from := add(from, 32)
                }
                let side := shl(5, and(index, 1))
                mstore(side, hash)
                mstore(xor(side, 32), sibling)
                if or(hash, sibling) {
                    hash := keccak256(0, 64)
                }
                bitmap := shr(1, bitmap)
                index := shr(1, index)
            }
            at := sub(sub(from, log), 32)
        }
        require(at <= log.length, BadWitness());
        state.at = at;
    }

    // How cells of each kind are read and written. Whoever touches a kind names its two: so a contract holds the code of those that it touches, and no more.

    function decodeGlobals(bytes memory data) private pure returns (uint256 pointer) {
        Globals memory cell = GlobalsCell.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeGlobals(uint256 pointer) private pure returns (bytes memory) {
        Globals memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return GlobalsCell.encode(cell);
    }

    function decodeAccount(bytes memory data) private pure returns (uint256 pointer) {
        Account memory cell = Accounts.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeAccount(uint256 pointer) private pure returns (bytes memory) {
        Account memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Accounts.encode(cell);
    }

    function decodeUnderlying(bytes memory data) private pure returns (uint256 pointer) {
        Underlying memory cell = Underlyings.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeUnderlying(uint256 pointer) private pure returns (bytes memory) {
        Underlying memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Underlyings.encode(cell);
    }

    function decodeExpiry(bytes memory data) private pure returns (uint256 pointer) {
        Expiry memory cell = Expiries.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeExpiry(uint256 pointer) private pure returns (bytes memory) {
        Expiry memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Expiries.encode(cell);
    }

    function decodeListing(bytes memory data) private pure returns (uint256 pointer) {
        Listing memory cell = Listings.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeListing(uint256 pointer) private pure returns (bytes memory) {
        Listing memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Listings.encode(cell);
    }

    function decodeSeries(bytes memory data) private pure returns (uint256 pointer) {
        SeriesCell memory cell = SeriesCells.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeSeries(uint256 pointer) private pure returns (bytes memory) {
        SeriesCell memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return SeriesCells.encode(cell);
    }

    function decodeBook(bytes memory data) private pure returns (uint256 pointer) {
        Book memory cell = Books.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeBook(uint256 pointer) private pure returns (bytes memory) {
        Book memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Books.encode(cell);
    }

    function decodeGuard(bytes memory data) private pure returns (uint256 pointer) {
        Guard memory cell = Guards.decode(data);
        assembly ("memory-safe") {
            pointer := cell
        }
    }

    function encodeGuard(uint256 pointer) private pure returns (bytes memory) {
        Guard memory cell;
        assembly ("memory-safe") {
            cell := pointer
        }
        return Guards.encode(cell);
    }

    /// @dev A withdrawal is its own leaf, and nothing was there before.
    function decodeLeaf(bytes memory) private pure returns (uint256) {
        return 0;
    }

    function encodeLeaf(uint256 pointer) private pure returns (bytes memory) {
        return abi.encode(pointer);
    }

    /// @dev Leaf of a cell as it now is: the hash of its bytes, zero when there are none; a withdrawal is its own leaf.
    function leafOf(Cell memory cell) private pure returns (bytes32) {
        bytes memory data = cell.encode(cell.pointer);
        if (cell.key >> 32 == OUTBOX) return bytes32(data);
        return data.length == 0 ? bytes32(0) : keccak256(data);
    }
}
