// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PPM, TICK_LOT, lotsPerUnit} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {Parameters} from "./Parameters.sol";

library Fees {
    /// @dev ROUNDING: up, in the exchange's favour.
    function fee(uint256 rate, uint256 indexPrice, uint256 price, uint256 size, uint256 underlying) private pure returns (int256) {
        int256 onNotional = FixedPoint.mulDivUp(int256(indexPrice), int256(size * rate), int256(PPM * lotsPerUnit(underlying)));
        int256 cap = FixedPoint.mulDivUp(int256(price * size * TICK_LOT), int256(Parameters.FEE_CAP), int256(PPM));
        return onNotional < cap ? onNotional : cap;
    }

    /// @notice What a taker pays for lots at a price in ticks, in micro-USDC: 0.03 % of the index notional, at most 12.5 % of the premium.
    function taker(uint256 indexPrice, uint256 price, uint256 size, uint256 underlying) internal pure returns (int256) {
        return fee(Parameters.TAKER_RATE, indexPrice, price, size, underlying);
    }

    /// @notice What a maker pays: 0.01 %, with the same cap.
    function maker(uint256 indexPrice, uint256 price, uint256 size, uint256 underlying) internal pure returns (int256) {
        return fee(Parameters.MAKER_RATE, indexPrice, price, size, underlying);
    }
}
