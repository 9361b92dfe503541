// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";

/// @notice The opposite side of a book, where the order in the registers looks for makers. Matching and probing share it.
struct Venue {
    uint256 slot;
    uint256 seriesIndex;
    uint256 oppositeIndex;
    Book opposite;
}

library Venues {
    /// @notice Whether a resting order may no longer trade: its account moved to a later epoch, or its time is reached.
    function isDead(Order memory order, uint256 series, Account memory account, uint256 clock) internal pure returns (bool) {
        return order.epoch != Accounts.epochOf(account, Series.underlyingOf(series)) || (order.expiresAt != 0 && clock >= order.expiresAt);
    }

    /// @notice Removes a maker without a fill.
    function expel(State.Body memory state, Venue memory venue, uint256 place, Outcome memory out, Result result) internal pure {
        out.result = result;
        Books.removeAt(venue.opposite, place);
        State.putBook(state, venue.oppositeIndex, venue.opposite);
    }

    /// @notice Takes lots from the order at a place and from the taker, who is done when none are left.
    function take(
        State.Body memory state,
        Machine memory machine,
        Venue memory venue,
        uint256 place,
        uint256 size,
        Outcome memory out
    ) internal pure {
        Registers memory taker = machine.registers;
        if (Books.at(venue.opposite, place).size == size) Books.removeAt(venue.opposite, place);
        else Books.reduceAt(venue.opposite, place, size);
        State.putBook(state, venue.oppositeIndex, venue.opposite);
        taker.remaining -= size;
        out.remaining = taker.remaining;
        if (taker.remaining == 0) machine.registers = Machines.noRegisters();
    }
}
