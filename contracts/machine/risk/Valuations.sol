// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SETTLEMENT_WINDOW_SECONDS, tickSize} from "../Constants.sol";
import {Black76, Smile} from "../math/Black76.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {LogExp} from "../math/LogExp.sol";
import {Svi} from "../math/Svi.sol";
import {State} from "../state/State.sol";
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

    /// @notice The spot moves of an expiry: inside its settlement window less than others', which are made once a step.
    function movesOf(State.Body memory state, uint256 underlying, Expiry memory expiry) internal pure returns (int256[] memory moves) {
        int256 open = Scenarios.openSeconds(expiry);
        bool isWhole = open == int256(SETTLEMENT_WINDOW_SECONDS);
        if (isWhole && state.moves[underlying].length != 0) return state.moves[underlying];
        moves = Scenarios.spotMoves(underlying, open);
        if (isWhole) state.moves[underlying] = moves;
    }

    /// @notice From now on values are kept for the rest of the step, up to `count` series: whoever values the same portfolio twice asks for it.
    function keep(State.Body memory state, uint256 count) internal pure {
        state.keptSeries = new uint256[](count);
        state.keptValues = new int256[][](count);
    }

    /// @notice Where the values by scenario of a series are kept; all 0 and `isNew` when they are asked for first, and the caller fills them in (`addTo`,
    /// one lot). Requires `keep`.
    function kept(State.Body memory state, uint256 series) internal pure returns (int256[] memory values, bool isNew) {
        uint256 place = placeOf(state, series);
        values = state.keptValues[place];
        isNew = values.length == 0;
        if (!isNew) return (values, isNew);
        values = new int256[](Parameters.SCENARIOS);
        state.keptSeries[place] = series;
        state.keptValues[place] = values;
    }

    /// @notice The mark of a series in micro-USDC per unit: its value in the scenario of no move. Requires that its values are kept.
    function markOf(State.Body memory state, uint256 series) internal pure returns (int256) {
        return state.keptValues[placeOf(state, series)][Parameters.MARK_SCENARIO];
    }

    /// @dev Where the values of a series are kept, or are to be. The search goes on from where the last one ended, because portfolios are sorted.
    function placeOf(State.Body memory state, uint256 series) private pure returns (uint256 place) {
        uint256[] memory all = state.keptSeries;
        uint256 count = state.keptCount;
        place = state.keptAt;
        // SAFETY: what has no place gets the next one, and `keep` was asked for enough.
        assembly ("memory-safe") {
            let from := add(all, 32)
            let left := count
            for {} left {
                left := sub(left, 1)
            } {
                if eq(mload(add(from, shl(5, place))), series) {
                    break
                }
                place := add(place, 1)
                if eq(place, count) {
                    place := 0
                }
            }
            if iszero(left) {
                place := count
            }
        }
        state.keptAt = place;
        if (place == count) state.keptCount = count + 1;
    }

    /// @notice Total volatility of a series' strike as the surface has it, and ln(forward / strike), in fixed point. The forward must not be 0.
    function smileAt(Expiry memory expiry, int256 strike) internal pure returns (int256 volatility, int256 logMoneyness) {
        logMoneyness = LogExp.ln((int256(expiry.forward) * ONE) / strike);
        volatility = Svi.totalVolatility(expiry.a, expiry.b, expiry.rho, expiry.m, expiry.sigma, -logMoneyness);
    }
}
