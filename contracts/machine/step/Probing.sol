// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account} from "../types/Account.sol";
import {Books, Order} from "../types/Book.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Messages} from "./Messages.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";
import {Venue, Venues} from "./Venue.sol";

library Probing {
    /// @dev What the orders of one maker would trade with the taker: lots, and what his cash gains. `last` is what the order at the last place gives.
    struct Share {
        uint256 lots;
        int256 cash;
        uint256 last;
    }

    /// @notice Looks at one maker of a fill-or-kill order, alive and somebody else: he must be able to give what all his orders so far come to. With the
    /// last lot the taker is checked for the whole, and matching begins, which then cannot fail. Until then nothing is traded, and nothing comes between.
    function probe(State.Body memory state, Machine memory machine, Venue memory venue, uint256 place, Outcome memory out) internal pure {
        Registers memory taker = machine.registers;
        Order memory maker = Books.at(venue.opposite, place);
        Account memory makerFolded = Settlement.fold(state, State.account(state, maker.account));
        Share memory share = shareOf(state, machine, venue, place, makerFolded);
        if (share.last == 0) return Venues.expel(state, venue, place, out, Result.Expunged);
        int256 makerLots = taker.side == Books.BID ? -int256(share.lots) : int256(share.lots);
        if (Trades.check(state, makerFolded, taker.series, makerLots, share.cash, machine.clock) != Result.Ok) {
            return Venues.expel(state, venue, place, out, Result.MakerFailed);
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
        taker.probe = isWhole ? 0 : place + 1;
        taker.probed = isWhole ? 0 : taker.probed + share.last;
        taker.cash = isWhole ? int256(0) : cash;
        if (isWhole) taker.kind = Machines.MATCH;
    }

    /// @dev What the maker's orders up to a place would trade, each in its turn: all of the earlier ones, and of the last what the taker still wants.
    function shareOf(
        State.Body memory state,
        Machine memory machine,
        Venue memory venue,
        uint256 place,
        Account memory folded
    ) private pure returns (Share memory share) {
        Registers memory taker = machine.registers;
        uint256 account = Books.at(venue.opposite, place).account;
        for (uint256 i = 0; i <= place; i++) {
            Order memory order = Books.at(venue.opposite, i);
            if (order.account != account) continue;
            uint256 wanted = taker.remaining - taker.probed;
            uint256 size = i < place || order.size < wanted ? order.size : wanted;
            if (order.flags & Messages.REDUCE_ONLY != 0) {
                // Earlier orders have reduced the position already.
                uint256 most = Trades.reducible(folded, taker.series, 1 - taker.side, share.lots + size);
                size = most < share.lots ? 0 : most - share.lots;
            }
            share.lots += size;
            int256 fee = Trades.makerFee(state, taker.series, order.price, size);
            share.cash += Trades.premium(1 - taker.side, order.price, size) - fee;
            share.last = size;
        }
    }
}
