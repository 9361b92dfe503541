// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

struct Order {
    /// Ticks.
    uint256 price;
    /// Lots that are left.
    uint256 size;
    uint256 account;
    /// The account's epoch when it was placed.
    uint256 epoch;
    /// The nonce of the message that placed it.
    uint256 order;
    /// Seconds; 0 is never.
    uint256 expiresAt;
    uint256 flags;
    /// The owner's own mark, by which orders can be cancelled together.
    uint256 label;
}

/// @notice One side of a series' book, best first; among equal prices, oldest first. Orders stay packed, a word each:
/// price u32 | size u40 | account u24 | epoch u32 | order u64 | expiresAt u40 | flags u8 | label u16.
struct Book {
    uint256[] orders;
}

library Books {
    uint256 internal constant BID = 0;
    uint256 internal constant ASK = 1;
    uint256 internal constant NOT_FOUND = 4_294_967_295;

    function empty() internal pure returns (Book memory book) {}

    /// @notice The orders' words; no orders is an absent cell.
    function encode(Book memory book) internal pure returns (bytes memory) {
        return abi.encodePacked(book.orders);
    }

    function decode(bytes memory data) internal pure returns (Book memory book) {
        uint256 length = data.length / 32;
        book.orders = new uint256[](length);
        for (uint256 i = 0; i < length; i++) book.orders[i] = Bytes.uint_(data, 32 * i, 32);
    }

    function pack(Order memory order) internal pure returns (uint256) {
        return
            (order.price << 224) |
            (order.size << 184) |
            (order.account << 160) |
            (order.epoch << 128) |
            (order.order << 64) |
            (order.expiresAt << 24) |
            (order.flags << 16) |
            order.label;
    }

    function unpack(uint256 word) internal pure returns (Order memory order) {
        order.price = word >> 224;
        order.size = (word >> 184) & 0xffffffffff;
        order.account = (word >> 160) & 0xffffff;
        order.epoch = (word >> 128) & 0xffffffff;
        order.order = (word >> 64) & 0xffffffffffffffff;
        order.expiresAt = (word >> 24) & 0xffffffffff;
        order.flags = (word >> 16) & 0xff;
        order.label = word & 0xffff;
    }

    function count(Book memory book) internal pure returns (uint256) {
        return book.orders.length;
    }

    /// @notice The order at a place, which must be one.
    function at(Book memory book, uint256 index) internal pure returns (Order memory) {
        return unpack(book.orders[index]);
    }

    /// @notice Requires an order.
    function best(Book memory book) internal pure returns (Order memory) {
        return unpack(book.orders[0]);
    }

    /// @notice Whether `price` stands before `other` on this side.
    function isBetter(uint256 side, uint256 price, uint256 other) internal pure returns (bool) {
        return side == BID ? price > other : price < other;
    }

    /// @notice Whether a taker on `side` with this limit trades with a maker at `makerPrice`.
    function crosses(uint256 side, uint256 limit, uint256 makerPrice) internal pure returns (bool) {
        return side == BID ? limit >= makerPrice : limit <= makerPrice;
    }

    /// @notice Puts the order behind every order that is at least as good: price-time priority. The caller keeps the limit of the side.
    function insert(Book memory book, uint256 side, Order memory order) internal pure {
        uint256[] memory orders = book.orders;
        uint256 length = orders.length;
        uint256 place = length;
        while (place > 0 && isBetter(side, order.price, orders[place - 1] >> 224)) place--;
        uint256[] memory next = new uint256[](length + 1);
        for (uint256 i = 0; i < place; i++) next[i] = orders[i];
        next[place] = pack(order);
        for (uint256 i = place; i < length; i++) next[i + 1] = orders[i];
        book.orders = next;
    }

    /// @notice Requires an order there.
    function removeAt(Book memory book, uint256 index) internal pure {
        uint256[] memory orders = book.orders;
        uint256 length = orders.length - 1;
        uint256[] memory next = new uint256[](length);
        for (uint256 i = 0; i < length; i++) next[i] = orders[i < index ? i : i + 1];
        book.orders = next;
    }

    /// @notice Takes lots from an order, which must have more. It keeps its place.
    function reduceAt(Book memory book, uint256 index, uint256 size) internal pure {
        book.orders[index] -= size << 184;
    }

    /// @notice Removes the orders of an account that have this label, or all of them when it is 0. Returns how many they were.
    function removeAll(Book memory book, uint256 account, uint256 label) internal pure returns (uint256) {
        uint256[] memory orders = book.orders;
        uint256 length = orders.length;
        uint256[] memory next = new uint256[](length);
        uint256 kept = 0;
        for (uint256 i = 0; i < length; i++) {
            uint256 word = orders[i];
            if ((word >> 160) & 0xffffff == account && (label == 0 || word & 0xffff == label)) continue;
            next[kept] = word;
            kept += 1;
        }
        assembly ("memory-safe") {
            mstore(next, kept)
        }
        book.orders = next;
        return length - kept;
    }

    /// @notice Place of an account's order, or NOT_FOUND.
    function find(Book memory book, uint256 account, uint256 order) internal pure returns (uint256) {
        for (uint256 i = 0; i < book.orders.length; i++) {
            uint256 word = book.orders[i];
            if ((word >> 160) & 0xffffff == account && (word >> 64) & 0xffffffffffffffff == order) return i;
        }
        return NOT_FOUND;
    }
}
