// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_UNDERLYINGS} from "../Constants.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Authentication} from "./Authentication.sol";
import {Cancel, CancelAll, CancelSeries, Messages, Sweep} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";
import {Venues} from "./Venue.sol";

library Cancelling {
    /// @notice Cancel: takes one order out of its book. It carries no nonce, because an order's id never comes again.
    function cancel(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.CANCEL);
        (bool ok, Cancel memory message) = Messages.parseCancel(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.series;
        out.side = message.side;
        out.order = message.order;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.cancelDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE | Authentication.CANCEL;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        if (Series.underlyingOf(message.series) >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 slot = Series.expirySlotOf(message.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), message.series);
        if (strikeIndex == Listings.NOT_FOUND) return Settlement.refuse(out, Result.NotListed);
        uint256 bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(message.series)), message.side);
        Book memory book = State.book(state, bookIndex);
        uint256 place = Books.find(book, message.account, message.order);
        if (place == Books.NOT_FOUND) return Settlement.refuse(out, Result.OrderNotFound);

        // After this point the message must succeed.
        Order memory order = Books.at(book, place);
        out.price = order.price;
        out.remaining = order.size;
        Books.removeAt(book, place);
        State.putBook(state, bookIndex, book);
    }

    /// @notice Sweep: takes an order out of its book that can never trade again. From anyone.
    function sweep(State.Body memory state, Machine memory machine, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.SWEEP);
        (bool ok, Sweep memory message) = Messages.parseSweep(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.series;
        out.side = message.side;
        out.order = message.order;
        if (Series.underlyingOf(message.series) >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 slot = Series.expirySlotOf(message.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), message.series);
        if (strikeIndex == Listings.NOT_FOUND) return Settlement.refuse(out, Result.NotListed);
        uint256 bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(message.series)), message.side);
        Book memory book = State.book(state, bookIndex);
        uint256 place = Books.find(book, message.account, message.order);
        if (place == Books.NOT_FOUND) return Settlement.refuse(out, Result.OrderNotFound);
        Order memory order = Books.at(book, place);
        Account memory account = State.account(state, message.account);
        if (!Venues.isDead(order, message.series, account, machine.clock)) return Settlement.refuse(out, Result.StillAlive);

        // After this point the message must succeed.
        out.price = order.price;
        out.remaining = order.size;
        Books.removeAt(book, place);
        State.putBook(state, bookIndex, book);
    }

    /// @notice CancelSeries: takes every order of the account out of one or both books of a series, or those of one label.
    function cancelSeries(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.CANCEL_SERIES);
        (bool ok, CancelSeries memory message) = Messages.parseCancelSeries(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.series;
        out.side = message.sides;
        out.order = message.label;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.cancelSeriesDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE | Authentication.CANCEL;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        if (Series.underlyingOf(message.series) >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 slot = Series.expirySlotOf(message.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), message.series);
        if (strikeIndex == Listings.NOT_FOUND) return Settlement.refuse(out, Result.NotListed);

        // After this point the message must succeed.
        Nonces.use(account, message.nonce);
        State.putAccount(state, message.account, account);
        for (uint256 side = Books.BID; side <= Books.ASK; side++) {
            if ((message.sides >> side) & 1 == 0) continue;
            uint256 bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(message.series)), side);
            Book memory book = State.book(state, bookIndex);
            out.amount += int256(Books.removeAll(book, message.account, message.label));
            State.putBook(state, bookIndex, book);
        }
    }

    /// @notice CancelAll: every order of the account, or of one underlying, dies where it rests, at the cost of one number.
    function cancelAll(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.CANCEL_ALL);
        (bool ok, CancelAll memory message) = Messages.parseCancelAll(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.underlying;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.cancelAllDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE | Authentication.CANCEL;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);

        bool every = message.underlying == Messages.EVERY_UNDERLYING;
        if (!every && message.underlying >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);

        // After this point the message must succeed.
        Nonces.use(account, message.nonce);
        if (every) account.epoch += 1;
        else account.epochs[message.underlying] += 1;
        State.putAccount(state, message.account, account);
        out.amount = int256(every ? account.epoch : Accounts.epochOf(account, message.underlying));
    }
}
