// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FixedPoint} from "./FixedPoint.sol";

library LogExp {
    /// ln 2 in 60 fractional bits.
    int256 internal constant LN2 = 799_144_290_325_165_979;
    /// sqrt(2) in 60 fractional bits.
    int256 private constant SQRT2 = 1_630_477_228_166_597_777;
    int256 private constant ONE = 1 << 60;

    /// @notice Natural logarithm of a fixed-point x > 0; the error is below 2^-57. x = m * 2^e with m in [sqrt(1/2), sqrt(2)), then ln m = 2 atanh z
    /// with z = (m - 1) / (m + 1), by its power series (Abramowitz and Stegun 4.1.27).
    function ln(int256 x) internal pure returns (int256) {
        unchecked {
            int256 exponent = 0;
            int256 m = x;
            while (m >= ONE << 1) {
                m >>= 1;
                exponent += 1;
            }
            while (m < ONE) {
                m <<= 1;
                exponent -= 1;
            }
            if (exponent > 0) m = x >> uint256(exponent);
            if (m >= SQRT2) {
                m = exponent >= 0 ? x >> uint256(exponent + 1) : m >> 1;
                exponent += 1;
            }
            int256 z = FixedPoint.div(m - ONE, m + ONE);
            int256 square = FixedPoint.mul(z, z);
            int256 sum = ONE / 21;
            for (int256 n = 19; n > 0; n -= 2) sum = FixedPoint.mul(sum, square) + ONE / n;
            return 2 * FixedPoint.mul(z, sum) + exponent * LN2;
        }
    }

    /// LIMIT: below this exp is 0, above it saturates.
    int256 private constant EXP_LIMIT = 40 * ONE;

    /// @notice Exponential of a fixed-point x, relative error below 2^-54; 0 below -40 and exp(40) above 40. exp x = 2^k exp r, |r| <= ln(2)/2, by its
    /// Taylor series.
    function exp(int256 x) internal pure returns (int256) {
        unchecked {
            if (x < -EXP_LIMIT) return 0;
            int256 bounded = x > EXP_LIMIT ? EXP_LIMIT : x;
            int256 k = (bounded + (LN2 >> 1)) / LN2 - (bounded + (LN2 >> 1) < 0 ? int256(1) : int256(0));
            int256 r = bounded - k * LN2;
            int256 sum = ONE;
            for (int256 n = 15; n > 0; n--) sum = ONE + FixedPoint.mul(r, sum) / n;
            return k >= 0 ? sum << uint256(k) : sum >> uint256(-k);
        }
    }
}
