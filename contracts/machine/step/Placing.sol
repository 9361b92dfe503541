// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_UNDERLYINGS} from "../Constants.sol";
import {Result} from "../Result.sol";
import {Fees} from "../risk/Fees.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Listing, Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Underlying} from "../types/Underlying.sol";
import {Authentication} from "./Authentication.sol";
import {Messages, Place} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Resting} from "./Resting.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";

library Placing {
    /// @dev What the staircase finds on its way, for the steps below it.
    struct Found {
        Account account;
        Account folded;
        uint256 bookIndex;
        bool crossing;
        bool resting;
    }

    /// @notice Place: an order that rests, or begins to match.
    function place(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.PLACE);
        (bool ok, Place memory message) = Messages.parsePlace(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.series;
        out.side = message.side;
        out.order = message.nonce;
        out.price = message.price;
        out.remaining = message.size;
        Found memory found;
        found.account = State.account(state, message.account);
        out.result = guard(state, machine, payload, sender, message, found);
        if (out.result != Result.Ok) return out;
        Book memory book = State.book(state, found.bookIndex);
        found.resting = !found.crossing && message.timeInForce == Messages.GTC;
        if (found.resting && !Resting.hasRoom(book, message.side, message.price)) return Settlement.refuse(out, Result.BookFull);

        // After this point the message must succeed.
        Settlement.release(state, found.account, found.folded);
        Nonces.use(found.folded, message.nonce);
        State.putAccount(state, message.account, found.folded);
        if (found.crossing) {
            machine.registers = registersOf(message, found.folded.epoch);
        } else if (found.resting) {
            Order memory order = Order(
                message.price,
                message.size,
                message.account,
                found.folded.epoch,
                message.nonce,
                message.expiresAt,
                message.flags
            );
            Resting.rest(state, book, found.bookIndex, message.side, order, out);
        } else {
            out.result = Result.Dropped;
        }
    }

    function guard(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender,
        Place memory message,
        Found memory found
    ) private pure returns (Result) {
        Account memory account = found.account;
        if (!Accounts.exists(account)) return Result.NoAccount;
        if (sender != account.owner) {
            bytes32 digest = Messages.placeDigest(State.globals(state).domainSeparator, message);
            if (!Authentication.isOwner(account, digest, payload)) return Result.BadSignature;
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return nonce;
        uint256 underlying = Series.underlyingOf(message.series);
        if (underlying >= MAX_UNDERLYINGS) return Result.UnknownUnderlying;
        uint256 day = Series.dayOf(message.series);
        uint256 slot = Series.expirySlotOf(message.series);
        Listing memory listing = State.listing(state, slot);
        uint256 strikeIndex = Listings.indexOf(listing, Series.strikeOf(message.series));
        if (listing.day != day || strikeIndex == Listings.NOT_FOUND) return Result.NotListed;
        if (machine.clock >= Series.expiryTimeOf(day)) return Result.Expired;
        if (message.expiresAt != 0 && machine.clock >= message.expiresAt) return Result.OrderExpired;
        Underlying memory market = State.underlying(state, underlying);
        uint256 surfaceTime = State.expiry(state, slot).time;
        if (Trades.isStale(market.time, machine.clock) || Trades.isStale(surfaceTime, machine.clock)) return Result.StalePrice;
        found.bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(message.series)), message.side);
        Book memory opposite = State.book(state, message.side == Books.BID ? found.bookIndex + 1 : found.bookIndex - 1);
        found.crossing = Books.count(opposite) > 0 && Books.crosses(message.side, message.price, Books.best(opposite).price);
        if (found.crossing && message.flags == Messages.POST_ONLY) return Result.WouldCross;
        found.folded = Settlement.fold(state, account);
        int256 lots = message.side == Books.BID ? int256(message.size) : -int256(message.size);
        int256 premium = Settlement.premium(message.price, message.size);
        int256 fee = Fees.taker(market.indexPrice, message.price, message.size, underlying);
        int256 cash = (message.side == Books.BID ? -premium : premium) - fee;
        return Trades.check(state, found.folded, message.series, lots, cash, machine.clock);
    }

    function registersOf(Place memory message, uint256 epoch) private pure returns (Registers memory registers) {
        registers.kind = Machines.MATCH;
        registers.account = message.account;
        registers.series = message.series;
        registers.side = message.side;
        registers.timeInForce = message.timeInForce;
        registers.flags = message.flags;
        registers.price = message.price;
        registers.remaining = message.size;
        registers.order = message.nonce;
        registers.expiresAt = message.expiresAt;
        registers.epoch = epoch;
    }
}
