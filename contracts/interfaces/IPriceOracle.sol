// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Prices on L1 from the same quorum-signed reports that the machine takes: so an expiry has a settlement price even when every machine off
/// chain is gone.
interface IPriceOracle {
    struct Feed {
        /// Micro-USDC per unit.
        uint64 indexPrice;
        uint40 time;
        uint16 windowDay;
        uint128 accumulator;
        uint128 windowStart;
    }

    event Reported(uint256 indexed underlying, uint64 indexPrice, uint40 time);
    event SettlementFixed(uint256 indexed underlying, uint256 indexed day, uint256 price);

    error MalformedReport();
    error UnknownUnderlying(uint256 underlying);
    error NoQuorum(uint256 signatures, uint256 quorum);
    error NotAReporter(uint256 bit);
    error StaleReport(uint256 time, uint256 last);
    error ReportFromFuture(uint256 time);
    error ReportLeavesGap(uint256 time, uint256 last);
    error UnsoundPrice(uint256 indexPrice);

    /// @notice Takes a Report payload (docs/spec/machine.md). From anyone.
    function report(bytes calldata payload) external;

    /// @notice Settlement price of an expiry day in micro-USDC per unit, 0 while it is not fixed.
    function settlementPrice(uint256 underlying, uint256 day) external view returns (uint256);

    function feedOf(uint256 underlying) external view returns (Feed memory);
}
