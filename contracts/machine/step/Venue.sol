// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Messages} from "./Messages.sol";
import {Placing} from "./Placing.sol";
import {Resting} from "./Resting.sol";

/// @notice The opposite side of a book, where the order in the registers looks for makers. Matching and probing share it.
struct Venue {
    uint256 slot;
    uint256 seriesIndex;
    uint256 oppositeIndex;
    Book opposite;
    /// Place of the maker there, and whether he is alive and somebody else.
    uint256 place;
    bool isOther;
}

library Venues {
    /// @notice Whether a resting order may no longer trade: its account moved to a later epoch, or let its dead-man switch go off, or its own time is
    /// reached.
    function isDead(Order memory order, uint256 series, Account memory account, uint256 clock) internal pure returns (bool) {
        if (Accounts.isLapsed(account, clock)) return true;
        return order.epoch != Accounts.epochOf(account, Series.underlyingOf(series)) || (order.expiresAt != 0 && clock >= order.expiresAt);
    }

    /// @notice Brings the order in the registers before the maker at its place. When there is none, or he is dead or of the taker's owner, the step ends
    /// with that; otherwise `isOther` says that it goes on.
    function meet(State.Body memory state, Machine memory machine) internal pure returns (Outcome memory out, Venue memory venue) {
        Registers memory taker = machine.registers;
        out = Machines.outcome(Result.Ok, Messages.PLACE);
        out.account = taker.account;
        out.series = taker.series;
        out.side = taker.side;
        out.order = taker.order;
        out.remaining = taker.remaining;
        venue.slot = Series.expirySlotOf(taker.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, venue.slot), taker.series);
        venue.seriesIndex = Series.cellIndexOf(venue.slot, strikeIndex, Series.kindOf(taker.series));
        venue.oppositeIndex = Series.bookIndexOf(venue.seriesIndex, 1 - taker.side);
        venue.opposite = State.book(state, venue.oppositeIndex);
        venue.place = taker.kind == Machines.PROBE ? taker.probe : 0;
        if (
            venue.place >= Books.count(venue.opposite) ||
            !Books.crosses(taker.side, taker.price, Books.at(venue.opposite, venue.place).price)
        ) {
            finish(state, machine, Series.bookIndexOf(venue.seriesIndex, taker.side), out);
            return (out, venue);
        }
        Order memory maker = Books.at(venue.opposite, venue.place);
        out.maker = maker.account;
        out.makerOrder = maker.order;
        out.price = maker.price;
        Account memory makerAccount = State.account(state, maker.account);
        Account memory takerAccount = State.account(state, taker.account);
        if (isDead(maker, taker.series, makerAccount, machine.clock)) {
            expel(state, venue, out, Result.Expunged);
        } else if (makerAccount.owner == takerAccount.owner) {
            meetOwn(state, machine, venue, out);
        } else {
            venue.isOther = true;
        }
    }

    /// @dev The taker meets an order of its own owner, who said what is to become of it. They never trade.
    function meetOwn(State.Body memory state, Machine memory machine, Venue memory venue, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        uint256 mode = (taker.flags >> 3) & 3;
        if (mode == Messages.CANCEL_MAKER) return expel(state, venue, out, Result.Expunged);
        // A fill-or-kill order cannot give up a part of itself.
        if (mode == Messages.DECREMENT && taker.timeInForce != Messages.FOK) {
            uint256 size = Books.at(venue.opposite, venue.place).size;
            out.size = taker.remaining < size ? taker.remaining : size;
            take(state, machine, venue, out.size, out);
            out.result = Result.SelfTradeDecremented;
            return;
        }
        if (mode == Messages.CANCEL_BOTH) expel(state, venue, out, Result.SelfTradeBoth);
        else out.result = Result.SelfTradeTaker;
        machine.registers = Machines.noRegisters();
    }

    /// @dev Nothing more crosses: what is left rests or is dropped.
    function finish(State.Body memory state, Machine memory machine, uint256 bookIndex, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        out.price = taker.price;
        if (taker.timeInForce != Messages.GTC) {
            out.result = taker.kind == Machines.PROBE ? Result.Killed : Result.Dropped;
        } else {
            // There is room: what has met the other side is better than everything on its own, because books never cross.
            Resting.rest(state, State.book(state, bookIndex), bookIndex, taker.side, Placing.orderOf(taker), out);
        }
        machine.registers = Machines.noRegisters();
    }

    /// @notice Removes the maker without a fill.
    function expel(State.Body memory state, Venue memory venue, Outcome memory out, Result result) internal pure {
        out.result = result;
        Books.removeAt(venue.opposite, venue.place);
        State.putBook(state, venue.oppositeIndex, venue.opposite);
    }

    /// @notice Takes lots from the maker and from the taker, who is done when none are left.
    function take(State.Body memory state, Machine memory machine, Venue memory venue, uint256 size, Outcome memory out) internal pure {
        Registers memory taker = machine.registers;
        if (Books.at(venue.opposite, venue.place).size == size) Books.removeAt(venue.opposite, venue.place);
        else Books.reduceAt(venue.opposite, venue.place, size);
        State.putBook(state, venue.oppositeIndex, venue.opposite);
        taker.remaining -= size;
        out.remaining = taker.remaining;
        if (taker.remaining == 0) machine.registers = Machines.noRegisters();
    }
}
