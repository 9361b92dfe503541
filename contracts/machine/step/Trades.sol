// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_POSITIONS, MAX_POSITION_LOTS, MAX_PRICE_AGE_SECONDS, PPM} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {Result} from "../Result.sol";
import {Fees} from "../risk/Fees.sol";
import {Margin, TradeAssessment} from "../risk/Margin.sol";
import {Parameters} from "../risk/Parameters.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Books} from "../types/Book.sol";
import {Series} from "../types/Series.sol";
import {Settlement} from "./Settlement.sol";

/// @notice One side of a trade: whether an account may take it, and what it does to the account. Placing and matching share it.
library Trades {
    /// @notice Whether the account may change its position by `size` lots and its cash by `cash`: Ok, PositionLimit, CashLimit, StalePrice or
    /// InsufficientMargin. Reducing risk is always allowed: an account short of margin may trade when it is less short afterwards, and on stale prices a
    /// position may still become smaller.
    function check(
        State.Body memory state,
        Account memory account,
        uint256 series,
        int256 size,
        int256 cash,
        uint256 clock
    ) internal pure returns (Result) {
        int256 held = Accounts.sizeOf(account, series);
        int256 next = held + size;
        if (next > int256(MAX_POSITION_LOTS) || next < -int256(MAX_POSITION_LOTS)) return Result.PositionLimit;
        if (held == 0 && account.positions.length >= MAX_POSITIONS) return Result.PositionLimit;
        if (account.cash + cash > int256(MAX_CASH) || account.cash + cash < -int256(MAX_CASH)) return Result.CashLimit;
        TradeAssessment memory trade = Margin.assessTrade(state, account, series, size, cash);
        if (isStale(trade.oldestPriceTime, clock) && !reduces(held, size)) return Result.StalePrice;
        if (trade.excessAfter < 0 && trade.excessAfter < trade.excessBefore) return Result.InsufficientMargin;
        return Result.Ok;
    }

    /// @notice Whether a trade of `size` lots makes a position of `held` only smaller.
    function reduces(int256 held, int256 size) internal pure returns (bool) {
        return size > 0 ? held + size <= 0 : held + size >= 0;
    }

    /// @notice How many of `size` lots a trade on `side` may make so that the position only becomes smaller.
    function reducible(Account memory account, uint256 series, uint256 side, uint256 size) internal pure returns (uint256) {
        int256 held = Accounts.sizeOf(account, series);
        int256 most = side == Books.BID ? -held : held;
        if (most <= 0) return 0;
        return size < uint256(most) ? size : uint256(most);
    }

    /// @notice What a trade on `side` adds to the trader's cash in micro-USDC, fees apart: exact.
    function premium(uint256 side, uint256 price, uint256 size) internal pure returns (int256) {
        return side == Books.BID ? -Settlement.premium(price, size) : Settlement.premium(price, size);
    }

    /// @notice Fee of the taker in micro-USDC.
    function takerFee(State.Body memory state, uint256 series, uint256 price, uint256 size) internal pure returns (int256) {
        uint256 underlying = Series.underlyingOf(series);
        return Fees.taker(State.underlying(state, underlying).indexPrice, price, size, underlying);
    }

    /// @notice Fee of the maker in micro-USDC.
    function makerFee(State.Body memory state, uint256 series, uint256 price, uint256 size) internal pure returns (int256) {
        uint256 underlying = Series.underlyingOf(series);
        return Fees.maker(State.underlying(state, underlying).indexPrice, price, size, underlying);
    }

    /// @notice Fees of an account, which its cash has paid: its referrer's part waits with the account. Returns the exchange's. ROUNDING: the part down.
    function charge(Account memory account, int256 fee) internal pure returns (int256) {
        if (account.referrer == 0) return fee;
        int256 part = FixedPoint.mulDivDown(fee, Parameters.REFERRAL_SHARE, int256(PPM));
        account.rebate += part;
        return fee - part;
    }

    /// @notice Whether a price of that time is too old to open risk on.
    function isStale(uint256 time, uint256 clock) internal pure returns (bool) {
        return time + MAX_PRICE_AGE_SECONDS < clock;
    }

    /// @notice What a trade does to an account: `check` found it Ok. Returns how the number of open positions changed.
    function enact(Account memory account, uint256 series, int256 size, int256 cash) internal pure returns (int256) {
        int256 held = Accounts.sizeOf(account, series);
        account.cash += cash;
        Accounts.setSize(account, series, held + size);
        return openedBy(held, size);
    }

    /// @notice How the number of open positions changes when one goes from `held` to `held + size`.
    function openedBy(int256 held, int256 size) internal pure returns (int256) {
        return (held + size == 0 ? int256(0) : int256(1)) - (held == 0 ? int256(0) : int256(1));
    }

    /// @notice How many more lots are held long when a position goes from `held` to `held + size`.
    function longChange(int256 held, int256 size) internal pure returns (int256) {
        int256 next = held + size;
        return (next > 0 ? next : int256(0)) - (held > 0 ? held : int256(0));
    }
}
