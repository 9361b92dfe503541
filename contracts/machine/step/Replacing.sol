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
import {Messages, Place, Replace} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Found, Placing} from "./Placing.sol";
import {Settlement} from "./Settlement.sol";
import {Venues} from "./Venue.sol";

library Replacing {
    /// @notice Replace: an order gets another price or size. When only its size shrinks it keeps its place and its id; otherwise it leaves and comes anew,
    /// behind all that stand at its price, with the message's nonce as id. A refusal leaves it as it is.
    function replace(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.REPLACE);
        (bool ok, Replace memory message) = Messages.parseReplace(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        describe(out, message);
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.replaceDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        if (Series.underlyingOf(message.series) >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 slot = Series.expirySlotOf(message.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), message.series);
        if (strikeIndex == Listings.NOT_FOUND) return Settlement.refuse(out, Result.NotListed);
        uint256 bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(message.series)), message.side);
        Book memory book = State.book(state, bookIndex);
        uint256 place = Books.find(book, message.account, message.order);
        if (place == Books.NOT_FOUND) return Settlement.refuse(out, Result.OrderNotFound);
        Order memory old = Books.at(book, place);
        if (Venues.isDead(old, message.series, account, machine.clock)) return Settlement.refuse(out, Result.OrderNotFound);
        out.size = old.size;
        if (message.price == old.price && message.size <= old.size) {
            // After this point the message must succeed.
            out.order = message.order;
            use(state, account, message);
            Books.reduceAt(book, place, old.size - message.size);
            State.putBook(state, bookIndex, book);
            return out;
        }
        Found memory found = Found(termsOf(message, old), account, bookIndex, false);
        out.result = Placing.admit(state, machine, account, found);
        if (out.result != Result.Ok) return out;

        // After this point the message must succeed.
        out.price = found.terms.price;
        out.remaining = found.terms.size;
        Books.removeAt(book, place);
        State.putBook(state, bookIndex, book);
        Placing.commit(state, machine, account, found, out);
    }

    /// @dev Says in the outcome which orders it is about.
    function describe(Outcome memory out, Replace memory message) private pure {
        out.account = message.account;
        out.series = message.series;
        out.side = message.side;
        out.order = message.nonce;
        out.price = message.price;
        out.remaining = message.size;
        out.makerOrder = message.order;
    }

    function use(State.Body memory state, Account memory account, Replace memory message) private pure {
        Nonces.use(account, message.nonce);
        State.putAccount(state, message.account, account);
    }

    /// @dev The order that comes in the old one's place: what the message does not say stays.
    function termsOf(Replace memory message, Order memory old) private pure returns (Place memory terms) {
        terms.account = message.account;
        terms.series = message.series;
        terms.side = message.side;
        terms.timeInForce = Messages.GTC;
        terms.flags = old.flags;
        terms.price = message.price;
        terms.size = message.size;
        terms.expiresAt = old.expiresAt;
        terms.nonce = message.nonce;
        terms.label = old.label;
    }
}
