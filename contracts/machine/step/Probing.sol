// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account} from "../types/Account.sol";
import {Books, Order} from "../types/Book.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Messages} from "./Messages.sol";
import {Protecting} from "./Protecting.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";
import {Venue, Venues} from "./Venue.sol";

library Probing {
    /// @dev What the orders of one maker would trade with the taker: lots, and what his cash gains. `counted` are the lots of earlier orders that his
    /// protection counts, `last` is what the order at the last place gives.
    struct Share {
        uint256 lots;
        int256 cash;
        uint256 counted;
        uint256 last;
    }

    /// @notice Continues a fill-or-kill order that has not traded yet by one maker.
    function proceed(State.Body memory state, Machine memory machine) internal pure returns (Outcome memory out) {
        Venue memory venue;
        (out, venue) = Venues.meet(state, machine);
        if (venue.isOther) probe(state, machine, venue, out);
    }

    /// @dev Looks at one maker of a fill-or-kill order, alive and somebody else: he must be able to give what all his orders so far come to. With the
    /// last lot the taker is checked for the whole, and matching begins, which then cannot fail. Until then nothing is traded, and nothing comes between.
    function probe(State.Body memory state, Machine memory machine, Venue memory venue, Outcome memory out) private pure {
        Registers memory taker = machine.registers;
        Order memory maker = Books.at(venue.opposite, venue.place);
        Account memory makerFolded = Settlement.fold(state, State.account(state, maker.account));
        Share memory share = shareOf(state, machine, venue, makerFolded);
        if (share.last == 0) return Venues.expel(state, venue, out, Result.Expunged);
        // Earlier fills would have ended this order: a part of the whole cannot be had.
        int256 counted = taker.side == Books.BID ? -int256(share.counted) : int256(share.counted);
        if (counted != 0 && Protecting.wouldTrip(state, maker.account, makerFolded, taker.series, counted, machine.clock)) {
            out.result = Result.Killed;
            machine.registers = Machines.noRegisters();
            return;
        }
        int256 makerLots = taker.side == Books.BID ? -int256(share.lots) : int256(share.lots);
        if (Trades.check(state, makerFolded, taker.series, makerLots, share.cash, machine.clock) != Result.Ok) {
            return Venues.expel(state, venue, out, Result.MakerFailed);
        }
        int256 fee = Trades.takerFee(state, taker.series, maker.price, share.last);
        int256 cash = taker.cash + Trades.premium(taker.side, maker.price, share.last) - fee;
        bool isWhole = taker.probed + share.last == taker.remaining;
        if (isWhole) {
            int256 takerLots = taker.side == Books.BID ? int256(taker.remaining) : -int256(taker.remaining);
            Account memory takerAccount = State.account(state, taker.account);
            if (Trades.check(state, takerAccount, taker.series, takerLots, cash, machine.clock) != Result.Ok) {
                out.result = Result.Killed;
                machine.registers = Machines.noRegisters();
                return;
            }
        }

        // After this point the message must succeed.
        out.result = Result.Probed;
        out.size = share.last;
        taker.probe = isWhole ? 0 : venue.place + 1;
        taker.probed = isWhole ? 0 : taker.probed + share.last;
        taker.cash = isWhole ? int256(0) : cash;
        if (isWhole) taker.kind = Machines.MATCH;
    }

    /// @dev What the maker's orders up to a place would trade, each in its turn: all of the earlier ones, and of the last what the taker still wants.
    function shareOf(
        State.Body memory state,
        Machine memory machine,
        Venue memory venue,
        Account memory folded
    ) private pure returns (Share memory share) {
        Registers memory taker = machine.registers;
        uint256 account = Books.at(venue.opposite, venue.place).account;
        for (uint256 i = 0; i <= venue.place; i++) {
            Order memory order = Books.at(venue.opposite, i);
            if (order.account != account) continue;
            uint256 wanted = taker.remaining - taker.probed;
            uint256 size = i < venue.place || order.size < wanted ? order.size : wanted;
            if (order.flags & Messages.REDUCE_ONLY != 0) {
                // Earlier orders have reduced the position already.
                uint256 most = Trades.reducible(folded, taker.series, 1 - taker.side, share.lots + size);
                size = most < share.lots ? 0 : most - share.lots;
            }
            share.lots += size;
            int256 fee = Trades.makerFee(state, taker.series, order.price, size);
            share.cash += Trades.premium(1 - taker.side, order.price, size) - fee;
            if (i < venue.place && order.flags & Messages.PROTECTED != 0) share.counted += size;
            share.last = size;
        }
    }
}
