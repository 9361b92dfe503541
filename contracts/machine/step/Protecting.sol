// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FOREVER} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {GreekLetters, Greeks} from "../risk/Greeks.sol";
import {State} from "../state/State.sol";
import {Account} from "../types/Account.sol";
import {Guard, Protection} from "../types/Guard.sol";
import {Series} from "../types/Series.sol";

/// @notice Market-maker protection: what an account's protected orders traded lately, and what happens when it was too much. One maker trades a step, so a
/// trip is felt by the very next step of the same taker.
library Protecting {
    /// @dev What the window holds: lots, lots times millionths, micro-USDC per point of volatility.
    struct Levels {
        int256 quantity;
        int256 delta;
        int256 vega;
    }

    /// @notice Whether the account is protected in the series' underlying.
    function isProtected(Account memory account, uint256 series) internal pure returns (bool) {
        return (account.guards >> (1 + Series.underlyingOf(series))) & 1 == 1;
    }

    /// @notice Whether quotes of the account in the series' underlying are refused at this time. Requires `isProtected`.
    function isFrozen(State.Body memory state, uint256 index, uint256 series, uint256 clock) internal pure returns (bool) {
        return clock < protectionOf(State.guard(state, index), series).frozenUntil;
    }

    /// @notice Whether fills of that many lots, negative when sold, would trip the protection, if there is one.
    function wouldTrip(
        State.Body memory state,
        uint256 index,
        Account memory account,
        uint256 series,
        int256 lots,
        uint256 clock
    ) internal pure returns (bool) {
        if (!isProtected(account, series)) return false;
        Protection memory protection = protectionOf(State.guard(state, index), series);
        return isTripped(protection, levelsAfter(state, protection, series, lots, clock));
    }

    /// @notice Counts a fill of a protected order: lots, negative when sold. When that trips the protection the account's orders in the underlying are dead,
    /// and quotes are frozen. Returns whether it did. The caller puts the account.
    function record(
        State.Body memory state,
        uint256 index,
        Account memory account,
        uint256 series,
        int256 lots,
        uint256 clock
    ) internal pure returns (bool tripped) {
        if (!isProtected(account, series)) return false;
        Guard memory guard = State.guard(state, index);
        Protection memory protection = protectionOf(guard, series);
        Levels memory levels = levelsAfter(state, protection, series, lots, clock);
        tripped = isTripped(protection, levels);
        protection.time = clock;
        protection.quantity = tripped ? 0 : uint256(levels.quantity);
        protection.delta = tripped ? int256(0) : levels.delta;
        protection.vega = tripped ? int256(0) : levels.vega;
        if (tripped) {
            protection.frozenUntil = protection.freeze == 0 ? FOREVER : clock + protection.freeze;
            account.epochs[Series.underlyingOf(series)] += 1;
        }
        State.putGuard(state, index, guard);
    }

    function protectionOf(Guard memory guard, uint256 series) private pure returns (Protection memory) {
        return guard.protections[Series.underlyingOf(series)];
    }

    /// @dev The levels after a fill: what was there leaks away evenly over the window, and the fill is added.
    /// INVARIANT: at one time two fills of a series make the same levels as one of both.
    function levelsAfter(
        State.Body memory state,
        Protection memory protection,
        uint256 series,
        int256 lots,
        uint256 clock
    ) private pure returns (Levels memory levels) {
        int256 window = int256(protection.window);
        int256 elapsed = int256(clock) - int256(protection.time);
        int256 left = elapsed < window ? window - elapsed : int256(0);
        Greeks memory greeks = GreekLetters.greeksOf(state.table, series, State.expiry(state, Series.expirySlotOf(series)));
        int256 size = lots < 0 ? -lots : lots;
        levels.quantity = FixedPoint.saturate(FixedPoint.mulDivDown(int256(protection.quantity), left, window) + size);
        levels.delta = FixedPoint.saturate(FixedPoint.mulDivDown(protection.delta, left, window) + lots * greeks.delta);
        levels.vega = FixedPoint.saturate(FixedPoint.mulDivDown(protection.vega, left, window) + lots * greeks.vega);
    }

    function isTripped(Protection memory protection, Levels memory levels) private pure returns (bool) {
        return
            exceeds(levels.quantity, protection.quantityLimit) ||
            exceeds(levels.delta, protection.deltaLimit) ||
            exceeds(levels.vega, protection.vegaLimit);
    }

    /// @dev Whether a level is beyond its limit either way; a limit of 0 is none.
    function exceeds(int256 level, uint256 limit) private pure returns (bool) {
        return limit != 0 && (level < 0 ? -level : level) > int256(limit);
    }
}
