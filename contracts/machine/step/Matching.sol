// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Books, Order} from "../types/Book.sol";
import {Expiry} from "../types/Expiry.sol";
import {Globals} from "../types/Globals.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {SeriesCell} from "../types/SeriesCell.sol";
import {Messages} from "./Messages.sol";
import {Protecting} from "./Protecting.sol";
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
        int256 takerFee;
        int256 makerFee;
        bool tripped;
    }

    /// @notice Continues the order in the registers by one maker. INVARIANT: its series is listed and was not expired when it was placed; the clock
    /// has not moved.
    function proceed(State.Body memory state, Machine memory machine) internal pure returns (Outcome memory out) {
        Venue memory venue;
        (out, venue) = Venues.meet(state, machine);
        if (venue.isOther) fill(state, machine, venue, out);
    }

    /// @dev Trades with the best maker, who is alive and somebody else.
    function fill(State.Body memory state, Machine memory machine, Venue memory venue, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        Fill memory trade;
        trade.maker = Books.best(venue.opposite);
        trade.makerAccount = State.account(state, trade.maker.account);
        trade.takerAccount = State.account(state, taker.account);
        trade.makerFolded = Settlement.fold(state, trade.makerAccount);
        // A taker that may only reduce was cut to what it can reduce when it was placed, and every fill makes both smaller alike.
        trade.size = taker.remaining < trade.maker.size ? taker.remaining : trade.maker.size;
        if (trade.maker.flags & Messages.REDUCE_ONLY != 0) {
            trade.size = Trades.reducible(trade.makerFolded, taker.series, 1 - taker.side, trade.size);
        }
        if (trade.size == 0) return Venues.expel(state, venue, out, Result.Expunged);
        price(state, taker, trade);
        // A fill-or-kill order was checked as a whole, and so were its makers: what they come to was found Ok.
        if (taker.timeInForce != Messages.FOK) {
            if (Trades.check(state, trade.makerFolded, taker.series, -trade.takerLots, trade.makerCash, machine.clock) != Result.Ok) {
                return Venues.expel(state, venue, out, Result.MakerFailed);
            }
            if (Trades.check(state, trade.takerAccount, taker.series, trade.takerLots, trade.takerCash, machine.clock) != Result.Ok) {
                machine.registers = Machines.noRegisters();
                out.result = Result.TakerStopped;
                return;
            }
        }

        // After this point the message must succeed.
        out.size = trade.size;
        out.amount = trade.takerFee + trade.makerFee;
        exchange(state, machine, venue, trade);
        Venues.take(state, machine, venue, trade.size, out);
        if (trade.tripped) out.result = Result.Tripped;
        else out.result = taker.remaining == 0 ? Result.Completed : Result.Filled;
    }

    /// @dev Premium and fees of the fill at the maker's price.
    function price(State.Body memory state, Registers memory taker, Fill memory trade) private pure {
        trade.takerLots = taker.side == Books.BID ? int256(trade.size) : -int256(trade.size);
        trade.takerFee = Trades.takerFee(state, taker.series, trade.maker.price, trade.size);
        trade.makerFee = Trades.makerFee(state, taker.series, trade.maker.price, trade.size);
        trade.takerCash = Trades.premium(taker.side, trade.maker.price, trade.size) - trade.takerFee;
        trade.makerCash = Trades.premium(1 - taker.side, trade.maker.price, trade.size) - trade.makerFee;
    }

    /// @dev Positions and cash change hands.
    function exchange(State.Body memory state, Machine memory machine, Venue memory venue, Fill memory trade) private pure {
        Registers memory taker = machine.registers;
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
        // A trip makes the maker's other orders dead for the next step.
        bool isCounted = trade.maker.flags & Messages.PROTECTED != 0;
        trade.tripped =
            isCounted && Protecting.record(state, trade.maker.account, trade.makerFolded, series, -trade.takerLots, machine.clock);
        int256 charged = Trades.charge(trade.takerAccount, trade.takerFee) + Trades.charge(trade.makerFolded, trade.makerFee);
        State.putAccount(state, taker.account, trade.takerAccount);
        State.putAccount(state, trade.maker.account, trade.makerFolded);
        if (opened != 0) {
            Expiry memory expiry = State.expiry(state, venue.slot);
            expiry.openPositions = uint256(int256(expiry.openPositions) + opened);
            State.putExpiry(state, venue.slot, expiry);
        }
        Globals memory globals = State.globals(state);
        globals.fees += charged;
        State.putGlobals(state, globals);
    }
}
