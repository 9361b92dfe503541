// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice One expiry of an underlying: its forward and volatility surface as last reported, and at the end its settlement price.
struct Expiry {
    /// Days since 1970; 0 when the slot was never listed.
    uint256 day;
    /// Micro-USDC per unit.
    uint256 forward;
    /// SVI of total variance, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), in 1e-9.
    int256 a;
    int256 b;
    int256 rho;
    int256 m;
    int256 sigma;
    /// 1e-6 a year.
    int256 rate;
    /// Parts per million.
    uint256 confidence;
    /// Seconds: when the surface was of; 0 before the first report.
    uint256 time;
    /// Micro-USDC per unit; 0 until the expiry is settled.
    uint256 settlementPrice;
    /// Positions in accounts that are of this expiry.
    uint256 openPositions;
}

library Expiries {
    function empty() internal pure returns (Expiry memory expiry) {}

    /// @notice day u16 | forward u64 | a b rho m sigma i64 | rate i32 | confidence u32 | time u40 | settlementPrice u64 | openPositions u32
    function encode(Expiry memory expiry) internal pure returns (bytes memory data) {
        data = new bytes(75);
        uint256 word = (expiry.day << 240) | (expiry.forward << 176) | (Bytes.low(expiry.a) << 112) | (Bytes.low(expiry.b) << 48);
        Bytes.put(data, 0, word);
        word = (Bytes.low(expiry.rho) << 192) | (Bytes.low(expiry.m) << 128) | (Bytes.low(expiry.sigma) << 64);
        Bytes.put(data, 26, word | (uint256(uint32(uint256(expiry.rate))) << 32) | expiry.confidence);
        Bytes.put(data, 58, (expiry.time << 216) | (expiry.settlementPrice << 152) | (expiry.openPositions << 120));
    }

    function decode(bytes memory data) internal pure returns (Expiry memory expiry) {
        if (data.length == 0) return empty();
        expiry.day = Bytes.uint_(data, 0, 2);
        expiry.forward = Bytes.uint_(data, 2, 8);
        expiry.a = Bytes.int_(data, 10, 8);
        expiry.b = Bytes.int_(data, 18, 8);
        expiry.rho = Bytes.int_(data, 26, 8);
        expiry.m = Bytes.int_(data, 34, 8);
        expiry.sigma = Bytes.int_(data, 42, 8);
        expiry.rate = Bytes.int_(data, 50, 4);
        expiry.confidence = Bytes.uint_(data, 54, 4);
        expiry.time = Bytes.uint_(data, 58, 5);
        expiry.settlementPrice = Bytes.uint_(data, 63, 8);
        expiry.openPositions = Bytes.uint_(data, 71, 4);
    }
}
