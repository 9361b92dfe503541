// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

library Normal {
    uint256 private constant SHIFT = 55;
    uint256 private constant HALF = 1 << 54;
    /// Beyond 8.5 the distribution function is 0 or 1 in 60 bits.
    uint256 private constant LIMIT = 272 << 55;
    int256 private constant ONE = 1 << 60;

    /// @notice Distribution function of the standard normal at a fixed-point x, by Taylor's series of order 6 about the nearest node; the error is
    /// below 2^-57. `table` is NormalTable's.
    function cdf(bytes memory table, int256 x) internal pure returns (int256 value) {
        unchecked {
            uint256 magnitude = uint256(x < 0 ? -x : x);
            if (magnitude >= LIMIT) return x < 0 ? int256(0) : ONE;
            uint256 node = (magnitude + HALF) >> SHIFT;
            int256 t = int256(magnitude) - int256(node << SHIFT);
            assembly ("memory-safe") {
                let at := add(add(table, 32), shl(6, node))
                let low := mload(at)
                let high := mload(add(at, 32))
                value := sar(192, shl(128, high))
                value := add(sar(60, mul(value, t)), sar(192, shl(64, high)))
                value := add(sar(60, mul(value, t)), sar(192, high))
                value := add(sar(60, mul(value, t)), sar(192, shl(192, low)))
                value := add(sar(60, mul(value, t)), sar(192, shl(128, low)))
                value := add(sar(60, mul(value, t)), sar(192, shl(64, low)))
                value := add(sar(60, mul(value, t)), sar(192, low))
            }
            if (x < 0) value = ONE - value;
        }
    }
}
