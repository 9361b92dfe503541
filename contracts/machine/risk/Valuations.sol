// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {tickSize} from "../Constants.sol";
import {Black76} from "../math/Black76.sol";
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
    uint256 private constant BITS = 60;

    /// @notice Values in micro-USDC per unit, rounded down, by scenario; all 0 before the first report.
    function valuesOf(
        State.Body memory state,
        uint256 series,
        Expiry memory expiry,
        Shocks memory shocks
    ) internal pure returns (int256[] memory values) {
        values = new int256[](Parameters.SCENARIOS);
        if (expiry.forward == 0) return values;
        uint256 underlying = Series.underlyingOf(series);
        int256[] memory logs = logsOf(state, underlying);
        int256 strike = int256(Series.strikeOf(series) * tickSize(underlying));
        (int256 volatility, int256 logMoneyness) = smileAt(expiry, strike);
        bool isPut = Series.kindOf(series) == Series.PUT;
        int256[] memory forwards = forwardsOf(state.factors[underlying], int256(expiry.forward));
        for (uint256 step = 0; step < Parameters.VOLATILITY_STEPS; step++) {
            int256 shocked = Svi.clamp(
                FixedPoint.mul(
                    volatility,
                    step == 0
                        ? shocks.down
                        : step == 1
                            ? ONE
                            : shocks.up
                )
            );
            fill(values, Slice(state.table, logs, forwards, strike, logMoneyness, shocked, shocks.discount, isPut), step);
        }
    }

    /// @dev What one volatility needs: grouped, because there are more of them than the stack holds.
    struct Slice {
        bytes table;
        int256[] logs;
        int256[] forwards;
        int256 strike;
        int256 logMoneyness;
        int256 volatility;
        int256 discount;
        bool isPut;
    }

    /// @dev SAFETY: unchecked: forwards and strikes are below 2^51, distribution values at most 2^60, discounts at most 2^118.
    function fill(int256[] memory values, Slice memory slice, uint256 step) private pure {
        unchecked {
            bytes memory table = slice.table;
            int256 volatility = slice.volatility;
            int256 inverse = Black76.inverseOf(volatility);
            int256 strike = slice.strike;
            int256 logMoneyness = slice.logMoneyness;
            uint256 spots = step == 2 ? Scenarios.SPOTS : Parameters.SPOT_STEPS;
            for (uint256 spot = 0; spot < spots; spot++) {
                int256 forward = at(slice.forwards, spot);
                int256 value = Black76.call(table, forward, strike, logMoneyness + at(slice.logs, spot), volatility, inverse);
                if (slice.isPut) {
                    value += (strike - forward) << BITS;
                    if (value < 0) value = 0;
                }
                // ROUNDING: down; longs are marked lower, and what shorts gain by it is below a micro-USDC per unit.
                value = ((value >> BITS) * slice.discount) >> BITS;
                uint256 scenario =
                    spot < Parameters.SPOT_STEPS ? spot * Parameters.VOLATILITY_STEPS + step : spot + 2 * Parameters.SPOT_STEPS;
                assembly ("memory-safe") {
                    mstore(add(add(values, 32), shl(5, scenario)), value)
                }
            }
        }
    }

    /// @dev Element of an array whose bounds the loops above keep.
    function at(int256[] memory list, uint256 index) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(list, 32), shl(5, index)))
        }
    }

    /// @notice Total volatility of a series' strike as the surface has it, and ln(forward / strike), in fixed point. The forward must not be 0.
    function smileAt(Expiry memory expiry, int256 strike) internal pure returns (int256 volatility, int256 logMoneyness) {
        logMoneyness = LogExp.ln((int256(expiry.forward) * ONE) / strike);
        volatility = Svi.totalVolatility(expiry.a, expiry.b, expiry.rho, expiry.m, expiry.sigma, -logMoneyness);
    }

    /// @dev Logarithms of the spot factors, made once a step.
    function logsOf(State.Body memory state, uint256 underlying) private pure returns (int256[] memory logs) {
        logs = state.logs[underlying];
        if (logs.length != 0) return logs;
        logs = Scenarios.logSpotFactors(underlying);
        state.logs[underlying] = logs;
        int256[] memory factors = new int256[](Scenarios.SPOTS);
        for (uint256 spot = 0; spot < Scenarios.SPOTS; spot++) factors[spot] = Scenarios.spotFactor(underlying, spot);
        state.factors[underlying] = factors;
    }

    /// @dev SAFETY: unchecked: a forward is below 2^43, a factor below 2^21. Requires `logsOf` before: it makes the factors too.
    function forwardsOf(int256[] memory factors, int256 forward) private pure returns (int256[] memory forwards) {
        forwards = new int256[](Scenarios.SPOTS);
        assembly ("memory-safe") {
            let from := add(factors, 32)
            let to := add(forwards, 32)
            for {
                let end := add(to, mul(32, mload(forwards)))
            } lt(to, end) {} {
                mstore(to, div(mul(forward, mload(from)), 1000000))
                to := add(to, 32)
                from := add(from, 32)
            }
        }
    }
}
