// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Expiry} from "../types/Expiry.sol";
import {Globals} from "../types/Globals.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {SeriesCell} from "../types/SeriesCell.sol";
import {Messages} from "./Messages.sol";
import {Placing} from "./Placing.sol";
import {Probing} from "./Probing.sol";
import {Resting} from "./Resting.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";
import {Venue, Venues} from "./Venue.sol";

library Matching {
    /// @dev What trading with a maker would do.
    struct Fill {
        Order maker;
        Account makerAccount;
        Account takerAccount;
        Account makerFolded;
        uint256 size;
        int256 takerLots;
        int256 takerCash;
        int256 makerCash;
        int256 fees;
    }

    /// @notice Continues the order in the registers by one maker. INVARIANT: its series is listed and was not expired when it was placed; the clock
    /// has not moved.
    function proceed(State.Body memory state, Machine memory machine) internal pure returns (Outcome memory out) {
        Registers memory taker = machine.registers;
        out = Machines.outcome(Result.Ok, Messages.PLACE);
        out.account = taker.account;
        out.series = taker.series;
        out.side = taker.side;
        out.order = taker.order;
        out.remaining = taker.remaining;
        Venue memory venue;
        venue.slot = Series.expirySlotOf(taker.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, venue.slot), taker.series);
        venue.seriesIndex = Series.cellIndexOf(venue.slot, strikeIndex, Series.kindOf(taker.series));
        venue.oppositeIndex = Series.bookIndexOf(venue.seriesIndex, 1 - taker.side);
        venue.opposite = State.book(state, venue.oppositeIndex);
        uint256 place = taker.kind == Machines.PROBE ? taker.probe : 0;
        if (place >= Books.count(venue.opposite) || !Books.crosses(taker.side, taker.price, Books.at(venue.opposite, place).price)) {
            finish(state, machine, Series.bookIndexOf(venue.seriesIndex, taker.side), out);
            return out;
        }
        Order memory maker = Books.at(venue.opposite, place);
        out.maker = maker.account;
        out.makerOrder = maker.order;
        out.price = maker.price;
        Account memory makerAccount = State.account(state, maker.account);
        Account memory takerAccount = State.account(state, taker.account);
        if (Venues.isDead(maker, taker.series, makerAccount, machine.clock)) {
            Venues.expel(state, venue, place, out, Result.Expunged);
        } else if (makerAccount.owner == takerAccount.owner) {
            meetOwn(state, machine, venue, place, out);
        } else if (taker.kind == Machines.PROBE) {
            Probing.probe(state, machine, venue, place, out);
        } else {
            fill(state, machine, venue, out);
        }
    }

    /// @dev Trades with the best maker, who is alive and somebody else.
    function fill(State.Body memory state, Machine memory machine, Venue memory venue, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        Fill memory trade;
        trade.maker = Books.best(venue.opposite);
        trade.makerAccount = State.account(state, trade.maker.account);
        trade.takerAccount = State.account(state, taker.account);
        trade.makerFolded = Settlement.fold(state, trade.makerAccount);
        trade.size = taker.remaining < trade.maker.size ? taker.remaining : trade.maker.size;
        if (taker.flags & Messages.REDUCE_ONLY != 0) {
            trade.size = Trades.reducible(trade.takerAccount, taker.series, taker.side, trade.size);
        }
        if (trade.size == 0) {
            machine.registers = Machines.noRegisters();
            out.result = Result.NotReducing;
            return;
        }
        if (trade.maker.flags & Messages.REDUCE_ONLY != 0) {
            trade.size = Trades.reducible(trade.makerFolded, taker.series, 1 - taker.side, trade.size);
        }
        if (trade.size == 0) return Venues.expel(state, venue, 0, out, Result.Expunged);
        price(state, taker, trade);
        // A fill-or-kill order was checked as a whole, and so were its makers: what they come to was found Ok.
        if (taker.timeInForce != Messages.FOK) {
            if (Trades.check(state, trade.makerFolded, taker.series, -trade.takerLots, trade.makerCash, machine.clock) != Result.Ok) {
                return Venues.expel(state, venue, 0, out, Result.MakerFailed);
            }
            if (Trades.check(state, trade.takerAccount, taker.series, trade.takerLots, trade.takerCash, machine.clock) != Result.Ok) {
                machine.registers = Machines.noRegisters();
                out.result = Result.TakerStopped;
                return;
            }
        }

        // After this point the message must succeed.
        out.size = trade.size;
        out.amount = trade.fees;
        exchange(state, taker, venue, trade);
        Venues.take(state, machine, venue, 0, trade.size, out);
        out.result = taker.remaining == 0 ? Result.Completed : Result.Filled;
    }

    /// @dev Premium and fees of the fill at the maker's price.
    function price(State.Body memory state, Registers memory taker, Fill memory trade) private pure {
        trade.takerLots = taker.side == Books.BID ? int256(trade.size) : -int256(trade.size);
        int256 takerFee = Trades.takerFee(state, taker.series, trade.maker.price, trade.size);
        int256 makerFee = Trades.makerFee(state, taker.series, trade.maker.price, trade.size);
        trade.takerCash = Trades.premium(taker.side, trade.maker.price, trade.size) - takerFee;
        trade.makerCash = Trades.premium(1 - taker.side, trade.maker.price, trade.size) - makerFee;
        trade.fees = takerFee + makerFee;
    }

    /// @dev Positions and cash change hands.
    function exchange(State.Body memory state, Registers memory taker, Venue memory venue, Fill memory trade) private pure {
        uint256 series = taker.series;
        Settlement.release(state, trade.makerAccount, trade.makerFolded);
        SeriesCell memory cell = State.series(state, venue.seriesIndex);
        cell.openInterest += Trades.longChange(Accounts.sizeOf(trade.takerAccount, series), trade.takerLots);
        cell.openInterest += Trades.longChange(Accounts.sizeOf(trade.makerFolded, series), -trade.takerLots);
        cell.trades += 1;
        State.putSeries(state, venue.seriesIndex, cell);
        int256 opened =
            Trades.enact(trade.takerAccount, series, trade.takerLots, trade.takerCash) +
                Trades.enact(trade.makerFolded, series, -trade.takerLots, trade.makerCash);
        State.putAccount(state, taker.account, trade.takerAccount);
        State.putAccount(state, trade.maker.account, trade.makerFolded);
        if (opened != 0) {
            Expiry memory expiry = State.expiry(state, venue.slot);
            expiry.openPositions = uint256(int256(expiry.openPositions) + opened);
            State.putExpiry(state, venue.slot, expiry);
        }
        Globals memory globals = State.globals(state);
        globals.fees += trade.fees;
        State.putGlobals(state, globals);
    }

    /// @dev The taker meets an order of its own owner, who said what is to become of it. They never trade.
    function meetOwn(State.Body memory state, Machine memory machine, Venue memory venue, uint256 place, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        uint256 mode = (taker.flags >> 3) & 3;
        if (mode == Messages.CANCEL_MAKER) return Venues.expel(state, venue, place, out, Result.Expunged);
        // A fill-or-kill order cannot give up a part of itself.
        if (mode == Messages.DECREMENT && taker.timeInForce != Messages.FOK) {
            uint256 size = Books.at(venue.opposite, place).size;
            out.size = taker.remaining < size ? taker.remaining : size;
            Venues.take(state, machine, venue, place, out.size, out);
            out.result = Result.SelfTradeDecremented;
            return;
        }
        if (mode == Messages.CANCEL_BOTH) Venues.expel(state, venue, place, out, Result.SelfTradeBoth);
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
            Book memory book = State.book(state, bookIndex);
            if (Resting.hasRoom(book, taker.side, taker.price)) {
                Resting.rest(state, book, bookIndex, taker.side, Placing.orderOf(taker), out);
            } else {
                out.result = Result.BookFull;
            }
        }
        machine.registers = Machines.noRegisters();
    }
}
