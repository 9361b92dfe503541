// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PPM, lotsPerUnit} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {State} from "../state/State.sol";
import {Account, Position} from "../types/Account.sol";
import {Expiry} from "../types/Expiry.sol";
import {Series} from "../types/Series.sol";
import {Underlying} from "../types/Underlying.sol";
import {Parameters} from "./Parameters.sol";
import {Scenarios, Shocks} from "./Scenarios.sol";
import {Valuations} from "./Valuations.sol";

/// @notice Micro-USDC. `oldestPriceTime` is the time of the oldest price used, in seconds.
struct Assessment {
    int256 equity;
    int256 initial;
    int256 maintenance;
    uint256 oldestPriceTime;
}

/// @notice What an account has above its initial margin before and after a trade.
struct TradeAssessment {
    int256 excessBefore;
    int256 excessAfter;
    uint256 oldestPriceTime;
}

/// @notice Portfolio margin (docs/spec/margin.md): an account's requirement is, per underlying, the worst loss over the scenarios plus contingencies.
/// Positions are sorted by series, so an underlying's positions stand together, and within them those of one expiry and kind.
library Margin {
    /// No price is older than this: what an account without positions has.
    uint256 internal constant NO_PRICE = 1_099_511_627_775;

    /// @dev Sums over the positions of one underlying, before and after the trade.
    struct Totals {
        /// By scenario, lots times value, of all series but the traded one.
        int256[] sums;
        /// Values of the traded series by scenario, empty when it is not of this underlying, and the lots of it that are held.
        int256[] traded;
        int256 held;
        /// Lots of the expiry and kind at hand.
        int256 groupBefore;
        int256 groupAfter;
        int256 shortBefore;
        int256 shortAfter;
        /// Sum of lots * missing confidence.
        int256 doubtBefore;
        int256 doubtAfter;
    }

    struct Outcome {
        int256 equityBefore;
        int256 equityAfter;
        int256 initialBefore;
        int256 initialAfter;
        uint256 oldestPriceTime;
    }

    struct Trade {
        uint256 series;
        int256 size;
        bool isPending;
    }

    /// @dev The expiry that the last position had: neighbours share it, and what it costs to prepare.
    struct Current {
        bool any;
        uint256 series;
        uint256 indexPrice;
        uint256 indexConfidence;
        uint256 slot;
        Expiry expiry;
        /// What scenarios make of the expiry, once somebody has asked for it.
        bool isPrepared;
        Shocks shocks;
    }

    /// @notice The account's equity and margin as it stands.
    function assess(State.Body memory state, Account memory account) internal pure returns (Assessment memory assessment) {
        Outcome memory result = compute(state, account, 0, 0, 0);
        assessment.equity = result.equityBefore;
        assessment.initial = result.initialBefore;
        assessment.maintenance = FixedPoint.mulDivUp(result.initialBefore, Parameters.MAINTENANCE_RATE, int256(PPM));
        assessment.oldestPriceTime = result.oldestPriceTime;
    }

    /// @notice The account's excess over initial margin without and with a trade of `size` lots that changes its cash by `cash`, in one pass.
    function assessTrade(
        State.Body memory state,
        Account memory account,
        uint256 series,
        int256 size,
        int256 cash
    ) internal pure returns (TradeAssessment memory assessment) {
        Outcome memory result = compute(state, account, series, size, cash);
        assessment.excessBefore = result.equityBefore - result.initialBefore;
        assessment.excessAfter = result.equityAfter - result.initialAfter;
        assessment.oldestPriceTime = result.oldestPriceTime;
    }

    /// @notice What positions, sorted by series, are worth at their marks, in micro-USDC. ROUNDING: down, by underlying. Requires that their values
    /// are kept.
    function markOf(State.Body memory state, Position[] memory positions) internal pure returns (int256 worth) {
        int256 sum = 0;
        for (uint256 i = 0; i < positions.length; i++) {
            uint256 series = positions[i].series;
            sum += positions[i].size * Valuations.markOf(state, series);
            uint256 underlying = Series.underlyingOf(series);
            if (i + 1 < positions.length && Series.underlyingOf(positions[i + 1].series) == underlying) continue;
            worth = FixedPoint.saturate(worth + quotient(sum, int256(lotsPerUnit(underlying))));
            sum = 0;
        }
    }

    function compute(
        State.Body memory state,
        Account memory account,
        uint256 tradedSeries,
        int256 tradedSize,
        int256 tradedCash
    ) private pure returns (Outcome memory result) {
        result.equityBefore = account.cash;
        result.equityAfter = account.cash + tradedCash;
        result.oldestPriceTime = NO_PRICE;
        Totals memory totals;
        totals.sums = new int256[](Parameters.SCENARIOS);
        Trade memory trade = Trade(tradedSeries, tradedSize, tradedSize != 0);
        Current memory current;
        uint256 i = 0;
        while (i < account.positions.length || trade.isPending) {
            Position memory position;
            bool isLeft = i < account.positions.length;
            if (isLeft) position = account.positions[i];
            bool isTrade = trade.isPending && (!isLeft || tradedSeries <= position.series);
            uint256 series = isTrade ? tradedSeries : position.series;
            bool isHeld = isLeft && position.series == series;
            if (isHeld) i += 1;
            if (isTrade) trade.isPending = false;
            moveTo(state, result, totals, current, trade, series);
            add(state, totals, current, isHeld ? position.size : int256(0), isTrade ? tradedSize : int256(0));
        }
        if (!current.any) return result;
        closeGroup(totals);
        closeUnderlying(result, totals, current, trade);
    }

    /// @dev Closes what the series does not belong to, and reads what it does.
    function moveTo(
        State.Body memory state,
        Outcome memory result,
        Totals memory totals,
        Current memory current,
        Trade memory trade,
        uint256 series
    ) private pure {
        uint256 underlying = Series.underlyingOf(series);
        if (current.any && groupOf(series) != groupOf(current.series)) closeGroup(totals);
        if (!current.any || underlying != Series.underlyingOf(current.series)) {
            if (current.any) closeUnderlying(result, totals, current, trade);
            Underlying memory cell = State.underlying(state, underlying);
            current.indexPrice = cell.indexPrice;
            current.indexConfidence = cell.confidence;
            if (cell.time < result.oldestPriceTime) result.oldestPriceTime = cell.time;
        }
        uint256 slot = Series.expirySlotOf(series);
        if (!current.any || slot != current.slot) {
            current.expiry = State.expiry(state, slot);
            current.isPrepared = false;
            current.slot = slot;
        }
        current.any = true;
        current.series = series;
        if (current.expiry.time < result.oldestPriceTime) result.oldestPriceTime = current.expiry.time;
    }

    function shocksOf(State.Body memory state, Current memory current) private pure returns (Shocks memory) {
        if (!current.isPrepared) {
            current.shocks = Scenarios.shocksOf(
                current.expiry,
                Valuations.movesOf(state, Series.underlyingOf(current.series), current.expiry)
            );
            current.isPrepared = true;
        }
        return current.shocks;
    }

    /// @dev Underlying, day and kind of a series: its id without the strike.
    function groupOf(uint256 series) private pure returns (uint256) {
        return series - Series.strikeOf(series);
    }

    /// @dev SAFETY: unchecked: |lots| <= 2^25 and values < 2^51, summed over at most 65 series.
    function add(State.Body memory state, Totals memory totals, Current memory current, int256 before, int256 tradedSize) private pure {
        unchecked {
            if (tradedSize == 0) {
                addValue(state, totals.sums, before, current);
            } else {
                totals.traded = new int256[](Parameters.SCENARIOS);
                totals.held = before;
                Valuations.addTo(totals.traded, 1, state.table, current.series, current.expiry, shocksOf(state, current));
            }
            int256 afterwards = before + tradedSize;
            // A short future is hedged or not like a long one: only short options gap.
            if (Series.kindOf(current.series) != Series.FUTURE) {
                totals.groupBefore += before;
                totals.groupAfter += afterwards;
            }
            uint256 confidence = current.expiry.confidence < current.indexConfidence ? current.expiry.confidence : current.indexConfidence;
            int256 missing = int256(PPM) - int256(confidence);
            totals.doubtBefore += (before < 0 ? -before : before) * missing;
            totals.doubtAfter += (afterwards < 0 ? -afterwards : afterwards) * missing;
        }
    }

    /// @dev SAFETY: unchecked, as `add`.
    function addValue(State.Body memory state, int256[] memory sums, int256 lots, Current memory current) private pure {
        if (state.keptSeries.length == 0) {
            Valuations.addTo(sums, lots, state.table, current.series, current.expiry, shocksOf(state, current));
            return;
        }
        (int256[] memory values, bool isNew) = Valuations.kept(state, current.series);
        if (isNew) Valuations.addTo(values, 1, state.table, current.series, current.expiry, shocksOf(state, current));
        unchecked {
            for (uint256 scenario = 0; scenario < Parameters.SCENARIOS; scenario++) sums[scenario] += lots * values[scenario];
        }
    }

    /// @dev Ends an expiry and kind: what it is net short counts.
    function closeGroup(Totals memory totals) private pure {
        if (totals.groupBefore < 0) totals.shortBefore -= totals.groupBefore;
        if (totals.groupAfter < 0) totals.shortAfter -= totals.groupAfter;
        totals.groupBefore = 0;
        totals.groupAfter = 0;
    }

    /// @dev Ends an underlying: its worst scenario and contingencies go to the result.
    /// SAFETY: unchecked, as `add`; quotients and results are at most 2^52, requirements before they saturate at most 2^54.
    function closeUnderlying(Outcome memory result, Totals memory totals, Current memory current, Trade memory trade) private pure {
        unchecked {
            int256 lots = int256(lotsPerUnit(Series.underlyingOf(current.series)));
            int256[] memory sums = totals.sums;
            int256[] memory traded = totals.traded;
            bool isTraded = traded.length != 0;
            if (isTraded)
                for (uint256 scenario = 0; scenario < Parameters.SCENARIOS; scenario++) sums[scenario] += totals.held * traded[scenario];
            int256 mark = sums[Parameters.MARK_SCENARIO];
            int256 tradedMark = isTraded ? traded[Parameters.MARK_SCENARIO] : int256(0);
            result.equityBefore = FixedPoint.saturate(result.equityBefore + quotient(mark, lots));
            int256 worstBefore = 0;
            int256 worstAfter = 0;
            for (uint256 scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
                int256 sum = sums[scenario] - mark;
                int256 change = damped(scenario, quotient(sum, lots));
                if (change < worstBefore) worstBefore = change;
                if (!isTraded) continue;
                int256 changeAfter = damped(scenario, quotient(sum + trade.size * (traded[scenario] - tradedMark), lots));
                if (changeAfter < worstAfter) worstAfter = changeAfter;
            }
            int256 requiredBefore = FixedPoint.saturate(
                contingencies(totals.shortBefore, totals.doubtBefore, current.indexPrice, lots) - worstBefore
            );
            result.initialBefore = FixedPoint.saturate(result.initialBefore + requiredBefore);
            if (isTraded) {
                int256 marked = quotient(mark + trade.size * tradedMark, lots);
                result.equityAfter = FixedPoint.saturate(result.equityAfter + marked);
                int256 requiredAfter = FixedPoint.saturate(
                    contingencies(totals.shortAfter, totals.doubtAfter, current.indexPrice, lots) - worstAfter
                );
                result.initialAfter = FixedPoint.saturate(result.initialAfter + requiredAfter);
            } else {
                result.equityAfter = FixedPoint.saturate(result.equityAfter + quotient(mark, lots));
                result.initialAfter = FixedPoint.saturate(result.initialAfter + requiredBefore);
            }
            totals.sums = new int256[](Parameters.SCENARIOS);
            totals.traded = new int256[](0);
            totals.held = 0;
            totals.shortBefore = 0;
            totals.shortAfter = 0;
            totals.doubtBefore = 0;
            totals.doubtAfter = 0;
        }
    }

    /// @notice Tails count in part. ROUNDING: down, so a loss is not made smaller.
    function damped(uint256 scenario, int256 change) internal pure returns (int256) {
        if (scenario < Parameters.SCENARIOS - Parameters.TAILS) return change;
        uint256 tail = scenario - (Parameters.SCENARIOS - Parameters.TAILS);
        return FixedPoint.mulDivDown(change, Parameters.tailDamping(tail), int256(PPM));
    }

    /// @notice Charges in micro-USDC on lots net short, and on lots times missing confidence. ROUNDING: up.
    function contingencies(int256 short, int256 doubt, uint256 indexPrice, int256 lots) internal pure returns (int256) {
        int256 onShort = FixedPoint.saturate(
            FixedPoint.mulDivUp(int256(indexPrice), short * Parameters.NET_SHORT_RATE, int256(PPM) * lots)
        );
        int256 doubtLots = FixedPoint.mulDivUp(doubt, Parameters.CONFIDENCE_RATE, int256(PPM));
        return FixedPoint.saturate(onShort + FixedPoint.saturate(FixedPoint.mulDivUp(int256(indexPrice), doubtLots, int256(PPM) * lots)));
    }

    /// @notice floor(sum / lots): micro-USDC of lots times micro-USDC per unit. ROUNDING: down, against the account.
    function quotient(int256 sum, int256 lots) internal pure returns (int256) {
        return FixedPoint.saturate(FixedPoint.mulDivDown(sum, 1, lots));
    }
}
