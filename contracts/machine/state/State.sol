// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";
import {Merkle} from "../math/Merkle.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books} from "../types/Book.sol";
import {Expiry, Expiries} from "../types/Expiry.sol";
import {Globals, GlobalsCell} from "../types/Globals.sol";
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
    uint256 internal constant OUTBOX = 8;

    /// @dev Depths of kinds 0 .. 8, a byte each, kind 0 lowest.
    uint256 private constant DEPTHS = 0x18_00_18_17_0e_0e_04_18_00;

    struct Cell {
        uint256 kind;
        uint256 index;
        bytes32 leaf;
        bool isPut;
        /// Memory of the decoded struct.
        uint256 pointer;
    }

    struct Body {
        /// Roots of the eight kinds and of the outbox.
        bytes32[9] roots;
        bytes log;
        /// Next byte of the log.
        uint256 at;
        Cell[] cells;
        uint256 count;
        /// Table of the normal distribution; loaded by the contract when the step prices options.
        bytes table;
        /// Logarithms of spot factors, by underlying; made when first needed.
        int256[][2] logFactors;
    }

    /// @dev LIMIT: a fill opens 2 accounts, 2 underlyings, up to 2 * 24 expiries, listing, series, book, globals; a report 12 expiries and 3 more.
    uint256 private constant MAX_CELLS = 160;

    error BadWitness();

    /// @notice The state behind `stateRoot` and `outboxRoot`. The witness begins with the eight kind roots.
    function load(bytes memory witness, bytes32 stateRoot, bytes32 outboxRoot) internal pure returns (Body memory state) {
        require(witness.length >= 256, BadWitness());
        for (uint256 kind = 0; kind < 8; kind++) state.roots[kind] = bytes32(Bytes.uint_(witness, 32 * kind, 32));
        state.roots[OUTBOX] = outboxRoot;
        require(stateRootOf(state) == stateRoot, BadWitness());
        state.log = witness;
        state.at = 256;
        state.cells = new Cell[](MAX_CELLS);
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
        for (uint256 i = 0; i < state.count; i++) {
            Cell memory cell = state.cells[i];
            if (!cell.isPut) continue;
            bytes32[] memory path = nextPath(state, cell.kind);
            require(Merkle.rootOf(cell.leaf, cell.index, path) == state.roots[cell.kind], BadWitness());
            state.roots[cell.kind] = Merkle.rootOf(leafOf(cell), cell.index, path);
        }
        require(state.at == state.log.length, BadWitness());
    }

    function globals(Body memory state) internal pure returns (Globals memory cell) {
        uint256 pointer = open(state, GLOBALS, 0).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putGlobals(Body memory state, Globals memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, GLOBALS, 0, pointer);
    }

    function account(Body memory state, uint256 index) internal pure returns (Account memory cell) {
        uint256 pointer = open(state, ACCOUNTS, index).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putAccount(Body memory state, uint256 index, Account memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, ACCOUNTS, index, pointer);
    }

    function underlying(Body memory state, uint256 index) internal pure returns (Underlying memory cell) {
        uint256 pointer = open(state, UNDERLYINGS, index).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putUnderlying(Body memory state, uint256 index, Underlying memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, UNDERLYINGS, index, pointer);
    }

    function expiry(Body memory state, uint256 slot) internal pure returns (Expiry memory cell) {
        uint256 pointer = open(state, EXPIRIES, slot).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putExpiry(Body memory state, uint256 slot, Expiry memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, EXPIRIES, slot, pointer);
    }

    function listing(Body memory state, uint256 slot) internal pure returns (Listing memory cell) {
        uint256 pointer = open(state, LISTINGS, slot).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putListing(Body memory state, uint256 slot, Listing memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, LISTINGS, slot, pointer);
    }

    function series(Body memory state, uint256 index) internal pure returns (SeriesCell memory cell) {
        uint256 pointer = open(state, SERIES, index).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putSeries(Body memory state, uint256 index, SeriesCell memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, SERIES, index, pointer);
    }

    function book(Body memory state, uint256 index) internal pure returns (Book memory cell) {
        uint256 pointer = open(state, BOOKS, index).pointer;
        assembly ("memory-safe") {
            cell := pointer
        }
    }

    function putBook(Body memory state, uint256 index, Book memory cell) internal pure {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := cell
        }
        put(state, BOOKS, index, pointer);
    }

    /// @notice Appends a leaf to the outbox at `index`, which is the number of leaves so far.
    function pushWithdrawal(Body memory state, uint256 index, bytes32 leaf) internal pure {
        Cell memory cell = open(state, OUTBOX, index);
        cell.pointer = uint256(leaf);
        cell.isPut = true;
    }

    /// @dev The open cell, taken from the log when this is its first opening.
    function open(Body memory state, uint256 kind, uint256 index) private pure returns (Cell memory cell) {
        uint256 count = state.count;
        for (uint256 i = 0; i < count; i++) {
            cell = state.cells[i];
            if (cell.index == index && cell.kind == kind) return cell;
        }
        require(state.at + 2 <= state.log.length, BadWitness());
        uint256 length = Bytes.uint_(state.log, state.at, 2);
        bytes memory data = Bytes.slice(state.log, state.at + 2, length);
        state.at += 2 + length;
        cell = state.cells[count];
        cell.kind = kind;
        cell.index = index;
        cell.leaf = length == 0 ? bytes32(0) : keccak256(data);
        bytes32[] memory path = nextPath(state, kind);
        require(index >> path.length == 0 && Merkle.rootOf(cell.leaf, index, path) == state.roots[kind], BadWitness());
        cell.pointer = decode(kind, data);
        state.count = count + 1;
    }

    function put(Body memory state, uint256 kind, uint256 index, uint256 pointer) private pure {
        Cell memory cell = open(state, kind, index);
        cell.pointer = pointer;
        cell.isPut = true;
    }

    /// @dev Takes a path from the log.
    function nextPath(Body memory state, uint256 kind) private pure returns (bytes32[] memory path) {
        uint256 depth = (DEPTHS >> (8 * kind)) & 0xff;
        path = new bytes32[](depth);
        uint256 at = state.at;
        bytes memory log = state.log;
        require(at + 4 <= log.length, BadWitness());
        uint256 bitmap = Bytes.uint_(log, at, 4);
        at += 4;
        for (uint256 level = 0; level < depth; level++) {
            if ((bitmap >> level) & 1 == 0) continue;
            path[level] = bytes32(Bytes.uint_(log, at, 32));
            at += 32;
        }
        require(at <= log.length, BadWitness());
        state.at = at;
    }

    function decode(uint256 kind, bytes memory data) private pure returns (uint256 pointer) {
        if (kind == ACCOUNTS) {
            Account memory cell = Accounts.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == EXPIRIES) {
            Expiry memory cell = Expiries.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == BOOKS) {
            Book memory cell = Books.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == SERIES) {
            SeriesCell memory cell = SeriesCells.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == LISTINGS) {
            Listing memory cell = Listings.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == UNDERLYINGS) {
            Underlying memory cell = Underlyings.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        } else if (kind == GLOBALS) {
            Globals memory cell = GlobalsCell.decode(data);
            assembly ("memory-safe") {
                pointer := cell
            }
        }
    }

    /// @dev Leaf of a cell as it now is: the hash of its bytes, zero when there are none; a withdrawal is its own leaf.
    function leafOf(Cell memory cell) private pure returns (bytes32) {
        uint256 kind = cell.kind;
        uint256 pointer = cell.pointer;
        if (kind == OUTBOX) return bytes32(pointer);
        bytes memory data;
        if (kind == ACCOUNTS) {
            Account memory a;
            assembly ("memory-safe") {
                a := pointer
            }
            data = Accounts.encode(a);
        } else if (kind == EXPIRIES) {
            Expiry memory e;
            assembly ("memory-safe") {
                e := pointer
            }
            data = Expiries.encode(e);
        } else if (kind == BOOKS) {
            Book memory b;
            assembly ("memory-safe") {
                b := pointer
            }
            data = Books.encode(b);
        } else if (kind == SERIES) {
            SeriesCell memory s;
            assembly ("memory-safe") {
                s := pointer
            }
            data = SeriesCells.encode(s);
        } else if (kind == LISTINGS) {
            Listing memory l;
            assembly ("memory-safe") {
                l := pointer
            }
            data = Listings.encode(l);
        } else if (kind == UNDERLYINGS) {
            Underlying memory u;
            assembly ("memory-safe") {
                u := pointer
            }
            data = Underlyings.encode(u);
        } else {
            Globals memory g;
            assembly ("memory-safe") {
                g := pointer
            }
            data = GlobalsCell.encode(g);
        }
        return data.length == 0 ? bytes32(0) : keccak256(data);
    }
}
