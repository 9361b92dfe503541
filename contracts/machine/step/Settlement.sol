// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, TICK_LOT, lotsPerUnit, tickSize} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts, Position} from "../types/Account.sol";
import {Expiry} from "../types/Expiry.sol";
import {Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Messages} from "./Messages.sol";

library Settlement {
    /// @notice Micro-USDC per unit that the series pays at this price.
    function intrinsic(uint256 series, uint256 price) internal pure returns (uint256) {
        uint256 strike = Series.strikeOf(series) * tickSize(Series.underlyingOf(series));
        if (Series.kindOf(series) == Series.PUT) return strike > price ? strike - price : 0;
        // A dated future is a call struck at 0.
        return price > strike ? price - strike : 0;
    }

    /// @dev Settlement price of the expiry that the series belongs to, 0 while it is not settled.
    function settlementPriceOf(State.Body memory state, uint256 series) private pure returns (uint256) {
        Expiry memory expiry = State.expiry(state, Series.expirySlotOf(series));
        return expiry.day == Series.dayOf(series) ? expiry.settlementPrice : 0;
    }

    /// @notice The account with its settled positions folded into cash; the same memory when there are none. Nothing is changed yet: whoever puts the
    /// folded account also calls `release`.
    /// ROUNDING: down for the holder of the position, so that what shorts pay covers what longs receive.
    /// LIMIT: a position whose value would take the cash out of range stays, and folds when it fits.
    function fold(State.Body memory state, Account memory account) internal pure returns (Account memory) {
        uint256 count = account.positions.length;
        int256 cash = account.cash;
        uint256 isKept = 0;
        for (uint256 i = 0; i < count; i++) {
            Position memory position = account.positions[i];
            uint256 price = settlementPriceOf(state, position.series);
            int256 next = price == 0 ? cash : cash + payout(position, price);
            bool fits = next <= int256(MAX_CASH) && next >= -int256(MAX_CASH);
            if (price != 0 && fits) cash = next;
            else isKept |= 1 << i;
        }
        return isKept == (1 << count) - 1 ? account : Accounts.copy(account, cash, isKept);
    }

    /// @dev Micro-USDC that a position pays at its settlement price: exact, because the price is a whole number of micro-USDC per lot.
    function payout(Position memory position, uint256 price) private pure returns (int256) {
        int256 lots = int256(lotsPerUnit(Series.underlyingOf(position.series)));
        return FixedPoint.mulDivDown(position.size, int256(intrinsic(position.series, price)), lots);
    }

    /// @notice Counts the positions that `fold` took out of their expiries: those it kept are in the same order.
    function release(State.Body memory state, Account memory before, Account memory folded) internal pure {
        uint256 kept = 0;
        for (uint256 i = 0; i < before.positions.length; i++) {
            uint256 series = before.positions[i].series;
            if (kept < folded.positions.length && folded.positions[kept].series == series) {
                kept += 1;
                continue;
            }
            uint256 slot = Series.expirySlotOf(series);
            Expiry memory expiry = State.expiry(state, slot);
            expiry.openPositions -= 1;
            State.putExpiry(state, slot, expiry);
        }
    }

    /// @notice Settle: folds an account's settled positions. From anyone.
    function settle(State.Body memory state, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.SETTLE);
        (bool ok, uint256 index) = Messages.parseSettle(payload);
        if (!ok) return refuse(out, Result.Malformed);
        out.account = index;
        Account memory account = State.account(state, index);
        if (!Accounts.exists(account)) return refuse(out, Result.NoAccount);
        Account memory folded = fold(state, account);
        if (folded.positions.length == account.positions.length) return refuse(out, Result.NothingToSettle);

        // After this point the message must succeed.
        out.amount = folded.cash - account.cash;
        release(state, account, folded);
        State.putAccount(state, index, folded);
    }

    /// @notice Premium in micro-USDC of lots at a price in ticks: exact.
    function premium(uint256 price, uint256 size) internal pure returns (int256) {
        return int256(price * size * TICK_LOT);
    }

    function refuse(Outcome memory out, Result result) internal pure returns (Outcome memory) {
        out.result = result;
        return out;
    }
}
