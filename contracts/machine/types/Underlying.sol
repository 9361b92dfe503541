// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

struct Underlying {
    /// Micro-USDC per unit; 0 before the first report.
    uint256 indexPrice;
    /// Seconds: when the last report was of.
    uint256 time;
    /// Parts per million.
    uint256 confidence;
    /// Sum of index price * seconds since the first report.
    uint256 accumulator;
    /// The last day whose settlement window was entered, and the accumulator as it was at its start.
    uint256 windowDay;
    uint256 windowStart;
}

library Underlyings {
    function empty() internal pure returns (Underlying memory underlying) {}

    /// @notice indexPrice u64 | time u40 | confidence u32 | accumulator u128 | windowDay u16 | windowStart u128
    function encode(Underlying memory underlying) internal pure returns (bytes memory) {
        return
            abi.encodePacked(
                uint64(underlying.indexPrice),
                uint40(underlying.time),
                uint32(underlying.confidence),
                uint128(underlying.accumulator),
                uint16(underlying.windowDay),
                uint128(underlying.windowStart)
            );
    }

    function decode(bytes memory data) internal pure returns (Underlying memory underlying) {
        if (data.length == 0) return empty();
        underlying.indexPrice = Bytes.uint_(data, 0, 8);
        underlying.time = Bytes.uint_(data, 8, 5);
        underlying.confidence = Bytes.uint_(data, 13, 4);
        underlying.accumulator = Bytes.uint_(data, 17, 16);
        underlying.windowDay = Bytes.uint_(data, 33, 2);
        underlying.windowStart = Bytes.uint_(data, 35, 16);
    }
}
