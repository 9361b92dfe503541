// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FixedPoint} from "./FixedPoint.sol";
import {Normal} from "./Normal.sol";

/// @notice F. Black, The pricing of commodity contracts, 1976: a call on a forward F with strike K and total volatility v = sigma sqrt(T) is worth
/// F N(d1) - K N(d2) before discounting, d1 = ln(F / K) / v + v / 2, d2 = d1 - v; a put follows by parity.
library Black76 {
    /// @notice Undiscounted value of a call with 60 fractional bits, in the unit of `forward` and `strike` (integers). `logMoneyness` = ln(forward / strike)
    /// and `volatility` are fixed point, `inverse` is 2^120 / volatility. The error is below 2e-13 * (forward + strike) for volatilities of 1e-4 .. 5.
    function call(
        bytes memory table,
        int256 forward,
        int256 strike,
        int256 logMoneyness,
        int256 volatility,
        int256 inverse
    ) internal pure returns (int256) {
        unchecked {
            int256 d1 = ((logMoneyness * inverse) >> FixedPoint.BITS) + (volatility >> 1);
            int256 value = forward * Normal.cdf(table, d1) - strike * Normal.cdf(table, d1 - volatility);
            return value < 0 ? int256(0) : value;
        }
    }

    /// @notice 2^120 / volatility, for `call`.
    function inverseOf(int256 volatility) internal pure returns (int256) {
        unchecked {
            return (int256(1) << (2 * FixedPoint.BITS)) / volatility;
        }
    }
}
