// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice What is counted of one series.
struct SeriesCell {
    /// Lots held long, which are as many as are held short.
    int256 openInterest;
    /// Fills so far.
    uint256 trades;
}

library SeriesCells {
    function empty() internal pure returns (SeriesCell memory cell) {}

    /// @notice openInterest u64 | trades u64
    function encode(SeriesCell memory cell) internal pure returns (bytes memory) {
        return abi.encodePacked(uint64(uint256(cell.openInterest)), uint64(cell.trades));
    }

    function decode(bytes memory data) internal pure returns (SeriesCell memory cell) {
        if (data.length == 0) return empty();
        cell.openInterest = int256(Bytes.uint_(data, 0, 8));
        cell.trades = Bytes.uint_(data, 8, 8);
    }
}
