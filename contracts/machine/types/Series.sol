// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EXPIRY_RING_DAYS, EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY} from "../Constants.sol";

/// @notice A series id describes itself: underlying(4) | day(16) | kind(2) | strike(30), 52 bits. The day counts from 1970; the series expires
/// at 08:00 UTC of it. The strike is in ticks.
library Series {
    uint256 internal constant CALL = 0;
    uint256 internal constant PUT = 1;
    uint256 internal constant FUTURE = 2;

    uint256 private constant KIND_UNIT = 1_073_741_824;
    uint256 private constant DAY_UNIT = 4_294_967_296;
    uint256 private constant UNDERLYING_UNIT = 281_474_976_710_656;

    function underlyingOf(uint256 series) internal pure returns (uint256) {
        return series / UNDERLYING_UNIT;
    }

    function dayOf(uint256 series) internal pure returns (uint256) {
        return (series / DAY_UNIT) % 65_536;
    }

    function kindOf(uint256 series) internal pure returns (uint256) {
        return (series / KIND_UNIT) % 4;
    }

    /// @notice In ticks.
    function strikeOf(uint256 series) internal pure returns (uint256) {
        return series % KIND_UNIT;
    }

    /// Exclusive bound of ids: 2^52.
    uint256 private constant BOUND = 4_503_599_627_370_496;

    /// @notice Whether the id names an option, or a dated future (whose strike is 0), listed or not.
    function isValid(uint256 series) internal pure returns (bool) {
        if (series >= BOUND || kindOf(series) > FUTURE) return false;
        return kindOf(series) == FUTURE ? strikeOf(series) == 0 : strikeOf(series) > 0;
    }

    /// @notice Where the expiry and listing cells of this underlying and day stand.
    function slotOf(uint256 underlying, uint256 day) internal pure returns (uint256) {
        return underlying * EXPIRY_RING_DAYS + (day % EXPIRY_RING_DAYS);
    }

    function expirySlotOf(uint256 series) internal pure returns (uint256) {
        return slotOf(underlyingOf(series), dayOf(series));
    }

    /// @notice Seconds since 1970 at which a day's series expire.
    function expiryTimeOf(uint256 day) internal pure returns (uint256) {
        return day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
    }

    /// @notice Where the series cell stands, by its place in the listing.
    function cellIndexOf(uint256 slot, uint256 strikeIndex, uint256 kind) internal pure returns (uint256) {
        return slot * 512 + strikeIndex * 4 + kind;
    }

    /// @notice Where the book of one side stands: 0 bids, 1 asks.
    function bookIndexOf(uint256 seriesIndex, uint256 side) internal pure returns (uint256) {
        return seriesIndex * 2 + side;
    }
}
