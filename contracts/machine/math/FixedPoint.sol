// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MAX_CASH} from "../Constants.sol";

/// @notice Fixed point with 60 fractional bits in signed integers, and exact products and quotients of plain integers. A shift rounds down (towards
/// minus infinity), a division towards zero, in both twins.
/// SAFETY: unchecked: every caller bounds its factors below 2^120, so products stay below 2^255.
library FixedPoint {
    uint256 internal constant BITS = 60;
    int256 internal constant ONE = 1 << 60;
    /// Fields of surfaces are in 1e-9.
    int256 private constant NANO = 1_000_000_000;

    /// @notice a * b, rounded down.
    function mul(int256 a, int256 b) internal pure returns (int256) {
        unchecked {
            return (a * b) >> BITS;
        }
    }

    /// @notice a / b, rounded towards zero; b must not be 0.
    function div(int256 a, int256 b) internal pure returns (int256) {
        unchecked {
            return (a << BITS) / b;
        }
    }

    /// @notice The fixed-point value of a field in 1e-9.
    function fromNano(int256 value) internal pure returns (int256) {
        unchecked {
            return (value << BITS) / NANO;
        }
    }

    /// @notice floor(sqrt(x)) of an integer x >= 0.
    function isqrt(int256 x) internal pure returns (int256) {
        return int256(Math.sqrt(uint256(x)));
    }

    /// @notice Keeps a sum of money within +-2^52, more than all the money there can be: so every sum stays exact, and a loss beyond it is still
    /// beyond every equity.
    function saturate(int256 money) internal pure returns (int256) {
        if (money > int256(MAX_CASH)) return int256(MAX_CASH);
        return money < -int256(MAX_CASH) ? -int256(MAX_CASH) : money;
    }

    /// @notice floor(a * b / c) for signed a and b and positive c.
    function mulDivDown(int256 a, int256 b, int256 c) internal pure returns (int256) {
        unchecked {
            int256 product = a * b;
            int256 quotient = product / c;
            return product < 0 && quotient * c != product ? quotient - 1 : quotient;
        }
    }

    /// @notice ceil(a * b / c), likewise.
    function mulDivUp(int256 a, int256 b, int256 c) internal pure returns (int256) {
        return 0 - mulDivDown(0 - a, b, c);
    }
}
