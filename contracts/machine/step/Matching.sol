// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {Fees} from "../risk/Fees.sol";
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
import {Resting} from "./Resting.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";

library Matching {
    /// @dev One maker and what trading with it would do.
    struct Fill {
        uint256 slot;
        uint256 seriesIndex;
        uint256 oppositeIndex;
        Book opposite;
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
        Fill memory fill;
        fill.slot = Series.expirySlotOf(taker.series);
        uint256 strikeIndex = Listings.indexOf(State.listing(state, fill.slot), Series.strikeOf(taker.series));
        fill.seriesIndex = Series.cellIndexOf(fill.slot, strikeIndex, Series.kindOf(taker.series));
        fill.oppositeIndex = Series.bookIndexOf(fill.seriesIndex, 1 - taker.side);
        fill.opposite = State.book(state, fill.oppositeIndex);
        if (Books.count(fill.opposite) == 0 || !Books.crosses(taker.side, taker.price, Books.best(fill.opposite).price)) {
            finish(state, machine, Series.bookIndexOf(fill.seriesIndex, taker.side), out);
            return out;
        }
        fill.maker = Books.best(fill.opposite);
        out.maker = fill.maker.account;
        out.makerOrder = fill.maker.order;
        out.price = fill.maker.price;
        fill.makerAccount = State.account(state, fill.maker.account);
        fill.takerAccount = State.account(state, taker.account);
        if (isDead(fill.maker, fill.makerAccount, machine.clock) || fill.makerAccount.owner == fill.takerAccount.owner) {
            expel(state, fill.opposite, fill.oppositeIndex, out, Result.Expunged);
            return out;
        }
        price(state, taker, fill);
        fill.makerFolded = Settlement.fold(state, fill.makerAccount);
        if (Trades.check(state, fill.makerFolded, taker.series, -fill.takerLots, fill.makerCash, machine.clock) != Result.Ok) {
            expel(state, fill.opposite, fill.oppositeIndex, out, Result.MakerFailed);
            return out;
        }
        if (Trades.check(state, fill.takerAccount, taker.series, fill.takerLots, fill.takerCash, machine.clock) != Result.Ok) {
            machine.registers = Machines.noRegisters();
            return Settlement.refuse(out, Result.TakerStopped);
        }

        // After this point the message must succeed.
        out.size = fill.size;
        out.amount = fill.fees;
        trade(state, taker, fill);
        taker.remaining -= fill.size;
        out.remaining = taker.remaining;
        out.result = Result.Filled;
        if (taker.remaining == 0) {
            out.result = Result.Completed;
            machine.registers = Machines.noRegisters();
        }
    }

    /// @dev Size, premium and fees of the fill at the maker's price.
    function price(State.Body memory state, Registers memory taker, Fill memory fill) private pure {
        uint256 size = taker.remaining < fill.maker.size ? taker.remaining : fill.maker.size;
        uint256 underlying = Series.underlyingOf(taker.series);
        uint256 indexPrice = State.underlying(state, underlying).indexPrice;
        int256 premium = Settlement.premium(fill.maker.price, size);
        int256 takerFee = Fees.taker(indexPrice, fill.maker.price, size, underlying);
        int256 makerFee = Fees.maker(indexPrice, fill.maker.price, size, underlying);
        bool buys = taker.side == Books.BID;
        fill.size = size;
        fill.takerLots = buys ? int256(size) : -int256(size);
        fill.takerCash = (buys ? -premium : premium) - takerFee;
        fill.makerCash = (buys ? premium : -premium) - makerFee;
        fill.fees = takerFee + makerFee;
    }

    function trade(State.Body memory state, Registers memory taker, Fill memory fill) private pure {
        uint256 series = taker.series;
        Settlement.release(state, fill.makerAccount, fill.makerFolded);
        SeriesCell memory cell = State.series(state, fill.seriesIndex);
        cell.openInterest += Trades.longChange(Accounts.sizeOf(fill.takerAccount, series), fill.takerLots);
        cell.openInterest += Trades.longChange(Accounts.sizeOf(fill.makerFolded, series), -fill.takerLots);
        cell.trades += 1;
        State.putSeries(state, fill.seriesIndex, cell);
        int256 opened =
            Trades.enact(fill.takerAccount, series, fill.takerLots, fill.takerCash) +
                Trades.enact(fill.makerFolded, series, -fill.takerLots, fill.makerCash);
        State.putAccount(state, taker.account, fill.takerAccount);
        State.putAccount(state, fill.maker.account, fill.makerFolded);
        if (opened != 0) {
            Expiry memory expiry = State.expiry(state, fill.slot);
            expiry.openPositions = uint256(int256(expiry.openPositions) + opened);
            State.putExpiry(state, fill.slot, expiry);
        }
        Globals memory globals = State.globals(state);
        globals.fees += fill.fees;
        State.putGlobals(state, globals);
        if (fill.maker.size == fill.size) Books.removeAt(fill.opposite, 0);
        else Books.reduceBest(fill.opposite, fill.size);
        State.putBook(state, fill.oppositeIndex, fill.opposite);
    }

    /// @notice Whether a resting order may no longer trade: its account moved to a later epoch, or its time is reached.
    function isDead(Order memory order, Account memory account, uint256 clock) internal pure returns (bool) {
        return order.epoch != account.epoch || (order.expiresAt != 0 && clock >= order.expiresAt);
    }

    /// @dev Removes the best maker without a fill.
    function expel(State.Body memory state, Book memory book, uint256 bookIndex, Outcome memory out, Result result) private pure {
        out.result = result;
        Books.removeAt(book, 0);
        State.putBook(state, bookIndex, book);
    }

    /// @dev Nothing more crosses: what is left rests or is dropped.
    function finish(State.Body memory state, Machine memory machine, uint256 bookIndex, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        out.price = taker.price;
        if (taker.timeInForce != Messages.GTC) {
            out.result = Result.Dropped;
        } else {
            Book memory book = State.book(state, bookIndex);
            if (Resting.hasRoom(book, taker.side, taker.price)) {
                Order memory order = Order(
                    taker.price,
                    taker.remaining,
                    taker.account,
                    taker.epoch,
                    taker.order,
                    taker.expiresAt,
                    taker.flags
                );
                Resting.rest(state, book, bookIndex, taker.side, order, out);
            } else {
                out.result = Result.BookFull;
            }
        }
        machine.registers = Machines.noRegisters();
    }
}
