// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_UNDERLYINGS} from "../Constants.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Book, Books, Order} from "../types/Book.sol";
import {Listing, Listings} from "../types/Listing.sol";
import {Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Authentication} from "./Authentication.sol";
import {Cancel, CancelAll, Messages} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";

library Cancelling {
    /// @notice Cancel: takes one order out of its book. It carries no nonce, because an order's id never comes again.
    function cancel(State.Body memory state, bytes memory payload, address sender) internal pure returns (Outcome memory out) {
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
            if (!Authentication.isOwner(account, digest, payload)) return Settlement.refuse(out, Result.BadSignature);
        }
        if (Series.underlyingOf(message.series) >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 slot = Series.expirySlotOf(message.series);
        Listing memory listing = State.listing(state, slot);
        uint256 strikeIndex = Listings.indexOf(listing, Series.strikeOf(message.series));
        if (listing.day != Series.dayOf(message.series) || strikeIndex == Listings.NOT_FOUND) {
            return Settlement.refuse(out, Result.NotListed);
        }
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

    /// @notice CancelAll: every order of the account dies where it rests, at the cost of one number.
    function cancelAll(State.Body memory state, bytes memory payload, address sender) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.CANCEL_ALL);
        (bool ok, CancelAll memory message) = Messages.parseCancelAll(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.cancelAllDigest(State.globals(state).domainSeparator, message);
            if (!Authentication.isOwner(account, digest, payload)) return Settlement.refuse(out, Result.BadSignature);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);

        // After this point the message must succeed.
        Nonces.use(account, message.nonce);
        account.epoch += 1;
        State.putAccount(state, message.account, account);
        out.amount = int256(account.epoch);
    }
}
