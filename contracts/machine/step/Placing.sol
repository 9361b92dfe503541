// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_PRICE_TICKS, MAX_UNDERLYINGS} from "../Constants.sol";
import {Result} from "../Result.sol";
import {Bands} from "../risk/Bands.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Expiry} from "../types/Expiry.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome, Registers} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Underlying} from "../types/Underlying.sol";
import {Authentication} from "./Authentication.sol";
import {Messages, Place} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Protecting} from "./Protecting.sol";
import {Resting} from "./Resting.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";

/// @notice What the staircase finds on its way, for the steps below it.
struct Found {
    /// The order as it will stand: a sliding one has another price, a reducing one perhaps another size.
    Place terms;
    Account folded;
    uint256 bookIndex;
    bool crossing;
}

library Placing {
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
        describe(out, message);
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.placeDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        // The message's memory becomes the terms: nothing below asks what was sent.
        Found memory found = Found(message, account, 0, false);
        out.result = admit(state, machine, account, found);
        describe(out, found.terms);
        if (out.result != Result.Ok) return out;
        bool resting = !found.crossing && message.timeInForce == Messages.GTC;
        Book memory book = State.book(state, found.bookIndex);
        if (resting && !Resting.hasRoom(book, message.side, message.price)) return Settlement.refuse(out, Result.BookFull);

        // After this point the message must succeed.
        commit(state, machine, account, found, out);
    }

    /// @notice Says in the outcome which order it is about.
    function describe(Outcome memory out, Place memory terms) internal pure {
        out.account = terms.account;
        out.series = terms.series;
        out.side = terms.side;
        out.order = terms.nonce;
        out.price = terms.price;
        out.remaining = terms.size;
    }

    /// @notice Whether the account may have this order: everything after authentication and nonce, but for a place in the book.
    function admit(
        State.Body memory state,
        Machine memory machine,
        Account memory account,
        Found memory found
    ) internal pure returns (Result) {
        Place memory terms = found.terms;
        uint256 underlying = Series.underlyingOf(terms.series);
        if (underlying >= MAX_UNDERLYINGS) return Result.UnknownUnderlying;
        uint256 slot = Series.expirySlotOf(terms.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), terms.series);
        if (strikeIndex == Listings.NOT_FOUND) return Result.NotListed;
        if (machine.clock >= Series.expiryTimeOf(Series.dayOf(terms.series))) return Result.Expired;
        if (terms.expiresAt != 0 && machine.clock >= terms.expiresAt) return Result.OrderExpired;
        if (terms.flags & Messages.PROTECTED != 0) {
            if (!Protecting.isProtected(account, terms.series)) return Result.Unprotected;
            if (Protecting.isFrozen(state, terms.account, terms.series, machine.clock)) return Result.Frozen;
        }
        found.bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(terms.series)), terms.side);
        if (!findSide(state, found)) return Result.WouldCross;
        found.folded = Settlement.fold(state, account);
        if (terms.flags & Messages.REDUCE_ONLY != 0) {
            terms.size = Trades.reducible(found.folded, terms.series, terms.side, terms.size);
            if (terms.size == 0) return Result.NotReducing;
        }
        return weigh(state, machine, found, slot);
    }

    /// @dev Whether prices, the band and the account's margin allow the order.
    function weigh(State.Body memory state, Machine memory machine, Found memory found, uint256 slot) private pure returns (Result) {
        Place memory terms = found.terms;
        int256 lots = terms.side == Books.BID ? int256(terms.size) : -int256(terms.size);
        Underlying memory market = State.underlying(state, Series.underlyingOf(terms.series));
        Expiry memory expiry = State.expiry(state, slot);
        bool stale = Trades.isStale(market.time, machine.clock) || Trades.isStale(expiry.time, machine.clock);
        if (stale && !Trades.reduces(Accounts.sizeOf(found.folded, terms.series), lots)) return Result.StalePrice;
        if (!Bands.allows(state, terms.series, expiry, market.indexPrice, terms.side, terms.price)) return Result.BeyondBand;
        int256 fee = Trades.takerFee(state, terms.series, terms.price, terms.size);
        int256 cash = Trades.premium(terms.side, terms.price, terms.size) - fee;
        return Trades.check(state, found.folded, terms.series, lots, cash, machine.clock);
    }

    /// @dev Finds whether the order crosses, and lets a sliding one give way. False when it would take and must not.
    function findSide(State.Body memory state, Found memory found) private pure returns (bool) {
        Place memory terms = found.terms;
        Book memory opposite = State.book(state, terms.side == Books.BID ? found.bookIndex + 1 : found.bookIndex - 1);
        found.crossing = Books.count(opposite) > 0 && Books.crosses(terms.side, terms.price, Books.best(opposite).price);
        if (!found.crossing || terms.flags & Messages.POST_ONLY == 0) return true;
        uint256 best = Books.best(opposite).price;
        uint256 behind = terms.side == Books.BID ? best - 1 : best + 1;
        if (terms.flags & Messages.SLIDE == 0 || behind == 0 || behind > MAX_PRICE_TICKS) return false;
        terms.price = behind;
        found.crossing = false;
        return true;
    }

    /// @notice Puts the order that `admit` allowed: into the registers to match, or into the book, or nowhere.
    function commit(
        State.Body memory state,
        Machine memory machine,
        Account memory account,
        Found memory found,
        Outcome memory out
    ) internal pure {
        Place memory terms = found.terms;
        Accounts.lapse(found.folded, machine.clock);
        uint256 epoch = Accounts.epochOf(found.folded, Series.underlyingOf(terms.series));
        Settlement.release(state, account, found.folded);
        Nonces.use(found.folded, terms.nonce);
        State.putAccount(state, terms.account, found.folded);
        if (found.crossing) {
            machine.registers = registersOf(terms, epoch);
        } else if (terms.timeInForce == Messages.GTC) {
            Book memory book = State.book(state, found.bookIndex);
            Resting.rest(state, book, found.bookIndex, terms.side, orderOf(registersOf(terms, epoch)), out);
        } else {
            out.result = terms.timeInForce == Messages.FOK ? Result.Killed : Result.Dropped;
        }
    }

    function registersOf(Place memory terms, uint256 epoch) private pure returns (Registers memory registers) {
        registers.kind = terms.timeInForce == Messages.FOK ? Machines.PROBE : Machines.MATCH;
        registers.account = terms.account;
        registers.series = terms.series;
        registers.side = terms.side;
        registers.timeInForce = terms.timeInForce;
        registers.flags = terms.flags;
        registers.price = terms.price;
        registers.remaining = terms.size;
        registers.order = terms.nonce;
        registers.expiresAt = terms.expiresAt;
        registers.epoch = epoch;
        registers.label = terms.label;
    }

    /// @notice What is left of an order, as it rests.
    function orderOf(Registers memory registers) internal pure returns (Order memory order) {
        order.price = registers.price;
        order.size = registers.remaining;
        order.account = registers.account;
        order.epoch = registers.epoch;
        order.order = registers.order;
        order.expiresAt = registers.expiresAt;
        order.flags = registers.flags;
        order.label = registers.label;
    }
}
