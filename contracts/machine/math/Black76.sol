// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What the values of one series under one volatility share. Forward and strike have one unit; the rest is fixed point.
struct Smile {
    /// By shocked spot two numbers: the forward there, and ln of it over the forward unshocked.
    int256[] spots;
    int256 strike;
    /// ln(forward / strike), the forward unshocked.
    int256 logMoneyness;
    /// sigma sqrt(T), 1e-4 .. 5.
    int256 volatility;
    /// At most 2^118.
    int256 discount;
    bool isPut;
}

/// @notice F. Black, The pricing of commodity contracts, 1976: a call on a forward F with strike K and total volatility v = sigma sqrt(T) is worth
/// F N(d1) - K N(d2) before discounting, d1 = ln(F / K) / v + v / 2, d2 = d1 - v; a put follows by parity.
library Black76 {
    // One loop, written out on purpose.
    /* solhint-disable function-max-lines */
    /// @notice Adds `lots` times the discounted values at the first `count` spots to `sums`, from place `first` on, in the unit of the strike. `table` is
    /// NormalTable's. The error of a value before rounding is below 2e-13 * (forward + strike).
    /// ROUNDING: down; longs are marked lower, and what shorts gain by it is below a micro-USDC per unit.
    /// SAFETY: unchecked: lots are below 2^25, forwards and strikes below 2^51, distribution values at most 2^60, discounts at most 2^118. In assembly
    /// because this is the innermost loop of every margin check, with the twin's `Normal.cdf` written out twice: calling it would cost a tenth more.
    function price(bytes memory table, Smile memory smile, uint256 count, int256 lots, int256[] memory sums, uint256 first) internal pure {
        assembly ("memory-safe") {
            // Scratch space, because the stack is full.
            mstore(0, lots)
            let cells := add(table, 32)
            let spot := add(mload(smile), 32)
            let strike := mload(add(smile, 32))
            let volatility := mload(add(smile, 96))
            let inverse := sdiv(shl(120, 1), volatility)
            // All ones for puts: the distribution function gives way to its complement, and the difference to its negative.
            let flip := sub(0, mload(add(smile, 160)))
            let to := add(add(sums, 32), shl(5, first))
            for {
                let end := add(to, shl(5, count))
            } lt(to, end) {
                to := add(to, 32)
            } {
                let d := add(sar(60, mul(add(mload(add(smile, 64)), mload(add(spot, 32))), inverse)), shr(1, volatility))
                // Normal.cdf of d1 and then of d2: 544 cells up to 8.5, a word of five coefficients each.
                let value := 1152921504606846976
                {
                    let sign := sar(255, d)
                    let magnitude := xor(add(d, sign), sign)
                    if lt(magnitude, 9799832789158199296) {
                        let word := mload(add(cells, and(shr(49, magnitude), 0x7fe0)))
                        magnitude := and(magnitude, 0x3fffffffffffff)
                        value := add(sar(58, mul(sar(214, word), magnitude)), sar(210, shl(42, word)))
                        value := add(sar(54, mul(value, magnitude)), sar(204, shl(88, word)))
                        value := add(sar(58, mul(value, magnitude)), sar(200, shl(140, word)))
                        value := add(sar(56, mul(value, magnitude)), and(word, 0xfffffffffffffff))
                    }
                    sign := xor(sign, flip)
                    value := add(xor(value, sign), and(sign, 1152921504606846977))
                }
                value := mul(value, mload(spot))
                d := sub(d, volatility)
                let other := 1152921504606846976
                {
                    let sign := sar(255, d)
                    let magnitude := xor(add(d, sign), sign)
                    if lt(magnitude, 9799832789158199296) {
                        let word := mload(add(cells, and(shr(49, magnitude), 0x7fe0)))
                        magnitude := and(magnitude, 0x3fffffffffffff)
                        other := add(sar(58, mul(sar(214, word), magnitude)), sar(210, shl(42, word)))
                        other := add(sar(54, mul(other, magnitude)), sar(204, shl(88, word)))
                        other := add(sar(58, mul(other, magnitude)), sar(200, shl(140, word)))
                        other := add(sar(56, mul(other, magnitude)), and(word, 0xfffffffffffffff))
                    }
                    sign := xor(sign, flip)
                    other := add(xor(other, sign), and(sign, 1152921504606846977))
                }
                value := sub(xor(sub(value, mul(strike, other)), flip), flip)
                value := mul(value, sgt(value, 0))
                mstore(to, add(mload(to), mul(mload(0), sar(60, mul(shr(60, value), mload(add(smile, 128)))))))
                spot := add(spot, 64)
            }
        }
    }
    /* solhint-enable function-max-lines */
}
