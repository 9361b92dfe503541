// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_ORDERS_PER_SIDE} from "../Constants.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Outcome} from "../types/Machine.sol";

library Resting {
    /// @notice Whether the order finds a place on its side: a full side has one only for an order better than its worst.
    function hasRoom(Book memory book, uint256 side, uint256 price) internal pure returns (bool) {
        uint256 count = Books.count(book);
        return count < MAX_ORDERS_PER_SIDE || Books.isBetter(side, price, Books.at(book, count - 1).price);
    }

    /// @notice Rests an order for which `hasRoom` holds. On a full side the worst order gives way: nobody can block a book with orders far from it.
    function rest(
        State.Body memory state,
        Book memory book,
        uint256 bookIndex,
        uint256 side,
        Order memory order,
        Outcome memory out
    ) internal pure {
        out.result = Result.Rested;
        uint256 count = Books.count(book);
        if (count == MAX_ORDERS_PER_SIDE) {
            Order memory worst = Books.at(book, count - 1);
            out.result = Result.Displaced;
            out.maker = worst.account;
            out.makerOrder = worst.order;
            Books.removeAt(book, count - 1);
        }
        Books.insert(book, side, order);
        State.putBook(state, bookIndex, book);
    }
}
