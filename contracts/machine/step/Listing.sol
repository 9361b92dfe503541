// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    MAX_EXPIRY_DAYS,
    MAX_PRICE_TICKS,
    MAX_STRIKES,
    MAX_UNDERLYINGS,
    MIN_LISTING_SECONDS,
    SECONDS_PER_DAY,
    strikeGrid
} from "../Constants.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Books} from "../types/Book.sol";
import {Expiry, Expiries} from "../types/Expiry.sol";
import {Listing as Strikes, Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {SeriesCells} from "../types/SeriesCell.sol";
import {List, Messages} from "./Messages.sol";
import {Settlement} from "./Settlement.sol";

library Listing {
    /// @notice List: opens an expiry, and one strike of it when the strike is not 0. From anyone: nobody decides what may be traded.
    function list(State.Body memory state, Machine memory machine, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.LIST);
        (bool ok, List memory message) = Messages.parseList(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.price = message.strike;
        out.amount = int256(message.day);
        if (message.underlying >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        uint256 expiryTime = Series.expiryTimeOf(message.day);
        if (expiryTime < machine.clock + MIN_LISTING_SECONDS) return Settlement.refuse(out, Result.BadExpiry);
        if (expiryTime > machine.clock + MAX_EXPIRY_DAYS * SECONDS_PER_DAY) return Settlement.refuse(out, Result.BadExpiry);
        uint256 slot = Series.slotOf(message.underlying, message.day);
        Expiry memory expiry = State.expiry(state, slot);
        bool isNew = expiry.day != message.day;
        if (isNew && expiry.openPositions != 0) return Settlement.refuse(out, Result.SlotOccupied);
        Strikes memory listing = State.listing(state, slot);
        if (!isNew && (message.strike == 0 || Listings.indexOf(listing, message.strike) != Listings.NOT_FOUND)) {
            return Settlement.refuse(out, Result.AlreadyListed);
        }
        if (message.strike % strikeGrid(message.underlying) != 0 || message.strike > MAX_PRICE_TICKS) {
            return Settlement.refuse(out, Result.BadStrike);
        }
        if (!isNew && Listings.count(listing) >= MAX_STRIKES) return Settlement.refuse(out, Result.ListingFull);

        // After this point the message must succeed.
        Strikes memory next = isNew ? Listings.empty() : listing;
        next.day = message.day;
        if (isNew) {
            Expiry memory opened = Expiries.empty();
            opened.day = message.day;
            State.putExpiry(state, slot, opened);
            clear(state, Series.cellIndexOf(slot, 0, Series.FUTURE));
        }
        if (message.strike != 0) {
            clear(state, Series.cellIndexOf(slot, Listings.count(next), Series.CALL));
            clear(state, Series.cellIndexOf(slot, Listings.count(next), Series.PUT));
            Listings.push(next, message.strike);
        }
        State.putListing(state, slot, next);
    }

    /// @dev Empties the books and counts of a series: an older expiry of this slot may have left dead orders there.
    function clear(State.Body memory state, uint256 seriesIndex) private pure {
        State.putSeries(state, seriesIndex, SeriesCells.empty());
        State.putBook(state, Series.bookIndexOf(seriesIndex, Books.BID), Books.empty());
        State.putBook(state, Series.bookIndexOf(seriesIndex, Books.ASK), Books.empty());
    }
}
