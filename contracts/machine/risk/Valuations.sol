// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {tickSize} from "../Constants.sol";
import {Black76, Smile} from "../math/Black76.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {LogExp} from "../math/LogExp.sol";
import {Svi} from "../math/Svi.sol";
import {Expiry} from "../types/Expiry.sol";
import {Series} from "../types/Series.sol";
import {Parameters} from "./Parameters.sol";
import {Scenarios, Shocks} from "./Scenarios.sol";

/// @notice What one unit of a series is worth in every scenario: a pure function of the series and its expiry's last report.
library Valuations {
    int256 private constant ONE = 1 << 60;

    /// @notice Adds `lots` times the series' values to `sums`: micro-USDC per unit, rounded down, by scenario; nothing before the first report. `table` is
    /// NormalTable's.
    function addTo(
        int256[] memory sums,
        int256 lots,
        bytes memory table,
        uint256 series,
        Expiry memory expiry,
        Shocks memory shocks
    ) internal pure {
        if (expiry.forward == 0) return;
        if (Series.kindOf(series) == Series.FUTURE) {
            for (uint256 i = 0; i < Parameters.SCENARIOS; i++) sums[i] += lots * Scenarios.forwardAt(shocks, i);
            return;
        }
        int256 strike = int256(Series.strikeOf(series) * tickSize(Series.underlyingOf(series)));
        (int256 volatility, int256 logMoneyness) = smileAt(expiry, strike);
        bool isPut = Series.kindOf(series) == Series.PUT;
        Smile memory smile = Smile(shocks.spots, strike, logMoneyness, volatility, shocks.discount, isPut);
        smile.volatility = Svi.clamp(FixedPoint.mul(volatility, shocks.down));
        Black76.price(table, smile, Parameters.SPOT_STEPS, lots, sums, 0);
        smile.volatility = volatility;
        Black76.price(table, smile, Parameters.SPOT_STEPS, lots, sums, Parameters.SPOT_STEPS);
        smile.volatility = Svi.clamp(FixedPoint.mul(volatility, shocks.up));
        Black76.price(table, smile, Scenarios.SPOTS, lots, sums, 2 * Parameters.SPOT_STEPS);
    }

    /// @notice Total volatility of a series' strike as the surface has it, and ln(forward / strike), in fixed point. The forward must not be 0.
    function smileAt(Expiry memory expiry, int256 strike) internal pure returns (int256 volatility, int256 logMoneyness) {
        logMoneyness = LogExp.ln((int256(expiry.forward) * ONE) / strike);
        volatility = Svi.totalVolatility(expiry.a, expiry.b, expiry.rho, expiry.m, expiry.sigma, -logMoneyness);
    }
}
