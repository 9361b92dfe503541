// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FixedPoint} from "./FixedPoint.sol";

/// @notice Gatheral's "raw SVI" slice of total variance: w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k = ln(K / F).
/// Source: J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, 2014.
library Svi {
    /// LIMIT: no parameter is beyond 10 in magnitude, in 1e-9.
    int256 private constant BOUND = 10_000_000_000;
    int256 private constant NANO = 1_000_000_000;
    int256 private constant ONE = 1 << 60;

    /// Total volatility is kept within 1e-4 .. 5: a report can be wrong, a valuation cannot be undefined.
    int256 internal constant MIN_VOLATILITY = ONE / 10_000;
    int256 internal constant MAX_VOLATILITY = 5 * ONE;

    /// @notice Whether parameters in 1e-9 make a slice: in range, |rho| < 1, sigma > 0, and nowhere a negative variance.
    function isValid(int256 a, int256 b, int256 rho, int256 m, int256 sigma) internal pure returns (bool) {
        if (a > BOUND || a < -BOUND || b > BOUND || b < 0 || m > BOUND || m < -BOUND) return false;
        if (rho >= NANO || rho <= -NANO || sigma > BOUND || sigma <= 0) return false;
        int256 root = FixedPoint.isqrt(NANO * NANO - rho * rho);
        return a * NANO * NANO + b * sigma * root >= 0;
    }

    /// @notice Total volatility sqrt(w(k)) at a fixed-point k, within the limits. Parameters in 1e-9.
    function totalVolatility(int256 a, int256 b, int256 rho, int256 m, int256 sigma, int256 k) internal pure returns (int256) {
        unchecked {
            int256 distance = k - FixedPoint.fromNano(m);
            int256 width = FixedPoint.fromNano(sigma);
            int256 root = FixedPoint.isqrt(distance * distance + width * width);
            int256 skew = FixedPoint.mul(FixedPoint.fromNano(rho), distance);
            int256 variance = FixedPoint.fromNano(a) + FixedPoint.mul(FixedPoint.fromNano(b), skew + root);
            if (variance <= 0) return MIN_VOLATILITY;
            return clamp(FixedPoint.isqrt(variance << FixedPoint.BITS));
        }
    }

    /// @notice The volatility within its limits.
    function clamp(int256 volatility) internal pure returns (int256) {
        if (volatility < MIN_VOLATILITY) return MIN_VOLATILITY;
        return volatility > MAX_VOLATILITY ? MAX_VOLATILITY : volatility;
    }
}
