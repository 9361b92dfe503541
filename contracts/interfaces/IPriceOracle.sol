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

    /// @notice A settlement price is the average of a window in which the report of `reportTime` stands for everything behind it.
    event PriceHeld(uint256 indexed underlying, uint256 indexed day, uint40 reportTime);

    error MalformedReport();
    error UnknownUnderlying(uint256 underlying);
    error NoQuorum(uint256 signatures, uint256 quorum);
    error NotAReporter(uint256 bit);
    error StaleReport(uint256 time, uint256 last);
    error ReportFromFuture(uint256 time);
    error ReportLeavesGap(uint256 time, uint256 last);
    error UnsoundPrice(uint256 indexPrice);
    error TooEarlyToHold(uint256 allowedAt);
    error NothingToHold(uint256 underlying, uint256 day);

    /// @notice Takes a Report payload (docs/spec/machine.md). From anyone. One that would leave a hole in a settlement window is refused until a day after that
    /// window's expiry; then the window is given up: its price is what `fixHeld` would fix.
    function report(bytes calldata payload) external;

    /// @notice Fixes the price of an expiry that nobody reported to its end, a day after it, by the window's average with the last report standing for the rest. The
    /// report may be a day older than the expiry at most. From anyone, without any reporter.
    function fixHeld(uint256 underlying, uint256 day) external;

    /// @notice Settlement price of an expiry day in micro-USDC per unit, 0 while it is not fixed.
    function settlementPrice(uint256 underlying, uint256 day) external view returns (uint256);

    function feedOf(uint256 underlying) external view returns (Feed memory);
}
