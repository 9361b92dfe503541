// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PPM, lotsPerUnit, tickSize} from "../Constants.sol";
import {Black76, Smile} from "../math/Black76.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {LogExp} from "../math/LogExp.sol";
import {Expiry} from "../types/Expiry.sol";
import {Series} from "../types/Series.sol";
import {Scenarios} from "./Scenarios.sol";
import {Valuations} from "./Valuations.sol";

/// @notice How one lot reacts: delta in millionths of a lot, vega in micro-USDC per point of volatility.
struct Greeks {
    int256 delta;
    int256 vega;
}

library GreekLetters {
    int256 private constant ONE = 1 << 60;
    /// 1 / sqrt(2 pi) in 60 fractional bits.
    int256 private constant DENSITY_AT_ZERO = 459_949_134_171_706_403;

    /// @notice Of one lot of a series by its expiry's last report; all 0 before the first. Black-76: delta = D N(d1) for a call and D (N(d1) - 1) for a put,
    /// vega = D F n(d1) sqrt(T), D the discount factor and n the normal density. `table` is NormalTable's.
    /// ROUNDING: down in magnitude for vega, down for delta.
    function greeksOf(bytes memory table, uint256 series, Expiry memory expiry) internal pure returns (Greeks memory greeks) {
        if (expiry.forward == 0) return greeks;
        if (Series.kindOf(series) == Series.FUTURE) return Greeks(int256(PPM), 0);
        uint256 underlying = Series.underlyingOf(series);
        Smile memory smile;
        int256 strike = int256(Series.strikeOf(series) * tickSize(underlying));
        (smile.volatility, smile.logMoneyness) = Valuations.smileAt(expiry, strike);
        int256 years_;
        (, years_, smile.discount) = Scenarios.timeOf(expiry);
        // A call on a forward of 1 that costs nothing to exercise is worth D N(d1).
        smile.spots = new int256[](2);
        smile.spots[0] = ONE;
        int256[] memory value = new int256[](1);
        Black76.price(table, smile, 1, 1, value, 0);
        int256 delta = Series.kindOf(series) == Series.PUT ? value[0] - smile.discount : value[0];
        int256 d1 = FixedPoint.div(smile.logMoneyness, smile.volatility) + (smile.volatility >> 1);
        int256 density = FixedPoint.mul(DENSITY_AT_ZERO, LogExp.exp(-FixedPoint.mul(d1, d1) >> 1));
        int256 slope = FixedPoint.mul(FixedPoint.mul(density, FixedPoint.isqrt(years_ * ONE)), smile.discount);
        int256 vega = (int256(expiry.forward) * slope) >> FixedPoint.BITS;
        greeks.delta = (delta * int256(PPM)) >> FixedPoint.BITS;
        greeks.vega = vega / int256(100 * lotsPerUnit(underlying));
    }
}
