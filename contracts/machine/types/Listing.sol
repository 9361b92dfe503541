// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";
import {Series} from "./Series.sol";

/// @notice The strikes of one expiry, in order of listing: a strike's place never changes. Kept as its bytes, which are scanned in place.
struct Listing {
    uint256 day;
    /// n x u32 (ticks)
    bytes strikes;
}

library Listings {
    uint256 internal constant NOT_FOUND = 4_294_967_295;

    function empty() internal pure returns (Listing memory listing) {}

    /// @notice day u16 | strikes n x u32 (ticks)
    function encode(Listing memory listing) internal pure returns (bytes memory) {
        return abi.encodePacked(uint16(listing.day), listing.strikes);
    }

    function decode(bytes memory data) internal pure returns (Listing memory listing) {
        if (data.length == 0) return empty();
        listing.day = Bytes.uint_(data, 0, 2);
        listing.strikes = Bytes.slice(data, 2, data.length - 2);
    }

    function count(Listing memory listing) internal pure returns (uint256) {
        return listing.strikes.length / 4;
    }

    function push(Listing memory listing, uint256 strike) internal pure {
        listing.strikes = abi.encodePacked(listing.strikes, uint32(strike));
    }

    /// @notice The place of a series' strike, or NOT_FOUND when it is not listed. Every listed expiry has its dated future, which has no strike and
    /// stands at place 0.
    function placeOf(Listing memory listing, uint256 series) internal pure returns (uint256) {
        if (listing.day != Series.dayOf(series)) return NOT_FOUND;
        return Series.kindOf(series) == Series.FUTURE ? 0 : indexOf(listing, Series.strikeOf(series));
    }

    /// @notice The strike's place, or NOT_FOUND.
    function indexOf(Listing memory listing, uint256 strike) internal pure returns (uint256) {
        uint256 length = count(listing);
        for (uint256 i = 0; i < length; i++) if (Bytes.uint_(listing.strikes, 4 * i, 4) == strike) return i;
        return NOT_FOUND;
    }
}
