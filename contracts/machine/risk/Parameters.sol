// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The parameters of portfolio margin. The shape is that of Deribit's, Derive's and Paradex's models: nine spot moves under three volatilities,
/// six damped tails, contingencies, no offset across underlyings. Parts are in millionths.
library Parameters {
    /// @notice Spot moves of the core scenarios at the ends of the range: 18 % for ETH, 16 % for BTC.
    function spotRange(uint256 underlying) internal pure returns (int256) {
        return underlying == 0 ? int256(180_000) : int256(160_000);
    }

    /// Core spot moves, as quarters of the range.
    uint256 internal constant SPOT_STEPS = 9;
    uint256 internal constant SPOT_STEP_OFFSET = 4;
    uint256 internal constant VOLATILITY_STEPS = 3;
    uint256 internal constant TAILS = 6;
    uint256 internal constant SCENARIOS = 33;
    /// Scenario of no move: spot step 4, volatility as it is.
    uint256 internal constant MARK_SCENARIO = 13;

    /// @notice Tails: spot moves in multiples of the range, and the part of their result that counts.
    function tailMultiple(uint256 tail) internal pure returns (int256) {
        return tail < 3 ? int256(tail) - 4 : int256(tail) - 1;
    }

    function tailDamping(uint256 tail) internal pure returns (int256) {
        uint256 multiple = tail < 3 ? 4 - tail : tail - 1;
        if (multiple == 2) return 500_000;
        return multiple == 3 ? int256(350_000) : int256(250_000);
    }

    /// Relative moves of volatility at 30 days to expiry.
    int256 internal constant VOLATILITY_UP = 500_000;
    int256 internal constant VOLATILITY_DOWN = 350_000;
    /// A volatility falls to no less than a tenth.
    int256 internal constant VOLATILITY_FLOOR = 100_000;
    /// The moves grow towards expiry as (30 days / time)^power: one power below 30 days, another above, and time not below a day.
    int256 internal constant SHORT_POWER = 300_000;
    int256 internal constant LONG_POWER = 130_000;
    int256 internal constant REFERENCE_SECONDS = 2_592_000;
    int256 internal constant MIN_SECONDS = 86_400;
    int256 internal constant SECONDS_PER_YEAR = 31_536_000;

    /// Charge on options net short per expiry and kind, of the index.
    int256 internal constant NET_SHORT_RATE = 10_000;
    /// Charge on every option for the confidence that is missing, of the index.
    int256 internal constant CONFIDENCE_RATE = 500_000;
    /// Maintenance margin as a part of initial.
    int256 internal constant MAINTENANCE_RATE = 800_000;

    /// A band is what a series is worth when spot and volatility are that far off at once, and this part of the index more.
    int256 internal constant BAND_SPOT = 10_000;
    int256 internal constant BAND_VOLATILITY_UP = 500_000;
    int256 internal constant BAND_VOLATILITY_DOWN = 400_000;
    int256 internal constant BAND_ROOM = 1_000;

    /// Fees: parts of the index notional, capped at a part of the premium.
    uint256 internal constant TAKER_RATE = 300;
    uint256 internal constant MAKER_RATE = 100;
    uint256 internal constant FEE_CAP = 125_000;

    /// What of the fees goes to the insurance fund, and what of a referred account's fees to its referrer.
    int256 internal constant INSURANCE_SHARE = 250_000;
    int256 internal constant REFERRAL_SHARE = 200_000;

    /// A liquidation's discount: from a part of the equity at once to all of it; then on, paid by the insurance fund, to the maintenance margin.
    int256 internal constant FIRST_DISCOUNT = 50_000;
    uint256 internal constant SOLVENT_SECONDS = 900;
    uint256 internal constant INSOLVENT_SECONDS = 3600;
}
