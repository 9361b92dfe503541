// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_ATTESTATION_AGE_SECONDS, MAX_CASH, MAX_MONEY, MAX_NETTED, MAX_POSITIONS, MAX_POSITION_LOTS, PPM} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {Result} from "../Result.sol";
import {Assessment, Margin} from "../risk/Margin.sol";
import {Parameters} from "../risk/Parameters.sol";
import {Valuations} from "../risk/Valuations.sol";
import {State} from "../state/State.sol";
import {Account, Accounts, Position} from "../types/Account.sol";
import {Expiry} from "../types/Expiry.sol";
import {Globals} from "../types/Globals.sol";
import {Guard, Guards} from "../types/Guard.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {SeriesCell} from "../types/SeriesCell.sol";
import {Authentication} from "./Authentication.sol";
import {Bid, DealMessages} from "./DealMessages.sol";
import {Messages} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";
import {Treasury} from "./Treasury.sol";

/// @notice Liquidation: the portfolio of an account below its maintenance margin is auctioned in parts, by anybody and to anybody. A bidder takes a share of
/// every position at its mark, less that share of a discount that grows with time: first it is the debtor's equity, then the insurance fund's money.
library Liquidation {
    /// @dev What a bid comes to: the accounts as they were, settled, and the bidder's as it will be.
    struct Deal {
        Account account;
        Account folded;
        Account bidder;
        Account debtorAccount;
        Account debtor;
        Position[] moved;
        int256 price;
        int256 covered;
    }

    /// @notice Liquidate, from anyone: begins the auction of an account below maintenance, whose orders are dead from then on; ends that of one which is
    /// not; and writes off what an account without positions owes.
    function liquidate(State.Body memory state, Machine memory machine, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.LIQUIDATE);
        (bool ok, uint256 index) = DealMessages.parseAccount(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = index;
        Account memory account = State.account(state, index);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        Account memory folded = Settlement.fold(state, account);
        bool isUnder = account.guards & Guards.AUCTION != 0;
        bool isFlat = folded.positions.length == 0;
        Globals memory globals = State.globals(state);
        bool isHealthy = folded.cash >= 0;
        if (!isFlat) {
            if (isStateStale(globals, machine.clock)) return Settlement.refuse(out, Result.StaleState);
            Assessment memory standing = Margin.assess(state, folded);
            Result agreed = agreedAt(globals, standing.oldestPriceTime, machine.clock);
            if (agreed != Result.Ok) return Settlement.refuse(out, agreed);
            isHealthy = standing.equity >= standing.maintenance;
        }
        if (isHealthy && !isUnder) return Settlement.refuse(out, Result.Healthy);
        if (!isHealthy && isUnder && !isFlat) return Settlement.refuse(out, Result.UnderAuction);
        int256 debt = isFlat && folded.cash < 0 ? -folded.cash : int256(0);
        if (Treasury.inside(globals) + debt > int256(MAX_MONEY)) return Settlement.refuse(out, Result.CashLimit);

        // After this point the message must succeed.
        Settlement.release(state, account, folded);
        if (debt > 0) {
            out.amount = debt;
            folded.cash = 0;
            Treasury.cover(globals, debt);
            State.putGlobals(state, globals);
        }
        if (!isHealthy && !isFlat) {
            folded.epoch += 1;
            setAuction(state, index, folded, machine.clock);
            out.order = machine.clock;
        } else if (isUnder) {
            setAuction(state, index, folded, 0);
        }
        State.putAccount(state, index, folded);
    }

    /// @notice Whether the state that reporters stand behind is too old to liquidate by.
    function isStateStale(Globals memory globals, uint256 clock) internal pure returns (bool) {
        return globals.attestedAt + MAX_ATTESTATION_AGE_SECONDS < clock;
    }

    /// @notice Whether prices of which the oldest is of `time` may decide a liquidation: Ok, StalePrice, or PriceBeforeResume when attestations came after a
    /// hole and one of the prices was agreed upon no later than they did. SAFETY: nobody is sold out by what was agreed before a halt.
    function agreedAt(Globals memory globals, uint256 time, uint256 clock) internal pure returns (Result) {
        if (Trades.isStale(time, clock)) return Result.StalePrice;
        return time <= globals.attestedSince ? Result.PriceBeforeResume : Result.Ok;
    }

    function setAuction(State.Body memory state, uint256 index, Account memory account, uint256 start) private pure {
        Guard memory guard = State.guard(state, index);
        guard.auctionStart = start;
        State.putGuard(state, index, guard);
        account.guards = Guards.bitsOf(guard);
    }

    /// @notice What the whole portfolio goes below its mark, in micro-USDC, after `elapsed` seconds: a part of the equity at first and all of it after
    /// SOLVENT_SECONDS; from then on, or at once where there is no equity, up to the maintenance margin beyond it. ROUNDING: down, for the debtor.
    function discountAt(Assessment memory standing, uint256 elapsed) internal pure returns (int256) {
        int256 equity = standing.equity;
        uint256 solvent = equity > 0 ? Parameters.SOLVENT_SECONDS : 0;
        if (elapsed < solvent) {
            int256 rest = int256(PPM) - Parameters.FIRST_DISCOUNT;
            int256 part = Parameters.FIRST_DISCOUNT + FixedPoint.mulDivDown(rest, int256(elapsed), int256(solvent));
            return FixedPoint.mulDivDown(equity, part, int256(PPM));
        }
        uint256 late = elapsed - solvent;
        if (late > Parameters.INSOLVENT_SECONDS) late = Parameters.INSOLVENT_SECONDS;
        int256 beyond = FixedPoint.mulDivDown(standing.maintenance, int256(late), int256(Parameters.INSOLVENT_SECONDS));
        return FixedPoint.saturate((equity > 0 ? equity : int256(0)) + beyond);
    }

    /// @notice The largest share, in millionths, that may go at a discount: what brings the rest to its initial margin. Requires equity below it.
    /// ROUNDING: up.
    function mostOf(Assessment memory standing, int256 discount) internal pure returns (int256) {
        if (discount >= standing.equity) return int256(PPM);
        return FixedPoint.mulDivUp(standing.initial - standing.equity, int256(PPM), standing.initial - discount);
    }

    /// @notice A share of every position. ROUNDING: away from 0, so that no part of a discount goes without its part of the risk.
    function portion(Position[] memory positions, int256 share) internal pure returns (Position[] memory moved) {
        moved = new Position[](positions.length);
        for (uint256 i = 0; i < positions.length; i++) {
            int256 size = positions[i].size;
            int256 lots = FixedPoint.mulDivUp(size < 0 ? -size : size, share, int256(PPM));
            moved[i] = Position(positions[i].series, size < 0 ? -lots : lots);
        }
    }

    /// @notice Bid: takes a share of a portfolio under auction.
    function bid(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.BID);
        (bool ok, Bid memory message) = DealMessages.parseBid(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.maker = message.debtor;
        out.order = message.nonce;
        Deal memory deal;
        deal.account = State.account(state, message.account);
        if (!Accounts.exists(deal.account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != deal.account.owner) {
            bytes32 digest = DealMessages.bidDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE;
            Result signed = Authentication.check(state, message.account, deal.account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(deal.account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        out.result = offer(state, machine, message, deal, out);
        if (out.result == Result.Ok) out.result = accept(state, machine, deal);
        if (out.result != Result.Ok) return out;

        // After this point the message must succeed.
        Settlement.release(state, deal.account, deal.folded);
        Settlement.release(state, deal.debtorAccount, deal.debtor);
        for (uint256 i = 0; i < deal.moved.length; i++) {
            handOver(state, deal.debtor, deal.folded, deal.moved[i].series, deal.moved[i].size);
        }
        Nonces.use(deal.bidder, message.nonce);
        State.putAccount(state, message.account, deal.bidder);
        if (deal.covered > 0) {
            Globals memory globals = State.globals(state);
            Treasury.cover(globals, deal.covered);
            State.putGlobals(state, globals);
        }
        deal.debtor.cash += deal.price + deal.covered;
        if (deal.debtor.positions.length == 0) setAuction(state, message.debtor, deal.debtor, 0);
        State.putAccount(state, message.debtor, deal.debtor);
    }

    /// @dev What is for sale, and at which price.
    function offer(
        State.Body memory state,
        Machine memory machine,
        Bid memory message,
        Deal memory deal,
        Outcome memory out
    ) private pure returns (Result) {
        deal.debtorAccount = State.account(state, message.debtor);
        if (deal.debtorAccount.guards & Guards.AUCTION == 0) return Result.NoAuction;
        Globals memory globals = State.globals(state);
        if (isStateStale(globals, machine.clock)) return Result.StaleState;
        deal.debtor = Settlement.fold(state, deal.debtorAccount);
        if (deal.debtor.positions.length == 0) return Result.NoAuction;
        // The bidder is given what the debtor holds: one valuation serves both.
        Valuations.keep(state, 2 * MAX_POSITIONS + 1);
        Assessment memory standing = Margin.assess(state, deal.debtor);
        Result agreed = agreedAt(globals, standing.oldestPriceTime, machine.clock);
        if (agreed != Result.Ok) return agreed;
        if (standing.equity >= standing.maintenance) return Result.Healthy;
        Guard memory guard = State.guard(state, message.debtor);
        uint256 start = guard.auctionStart > globals.attestedSince ? guard.auctionStart : globals.attestedSince;
        int256 discount = discountAt(standing, machine.clock - start);
        int256 share = mostOf(standing, discount);
        if (int256(message.share) < share) share = int256(message.share);
        out.size = uint256(share);
        deal.moved = portion(deal.debtor.positions, share);
        deal.price = FixedPoint.saturate(Margin.markOf(state, deal.moved) - FixedPoint.mulDivDown(discount, share, int256(PPM)));
        int256 beyond = FixedPoint.saturate(discount - standing.equity);
        if (beyond > 0) deal.covered = FixedPoint.mulDivUp(beyond, share, int256(PPM));
        out.amount = deal.price;
        out.remaining = uint256(deal.covered);
        if (deal.price > message.limit) return Result.BeyondLimit;
        if (deal.debtor.cash + deal.price + deal.covered > int256(MAX_CASH)) return Result.CashLimit;
        return Treasury.inside(globals) + deal.covered > int256(MAX_MONEY) ? Result.CashLimit : Result.Ok;
    }

    /// @dev Whether the bidder may take it.
    function accept(State.Body memory state, Machine memory machine, Deal memory deal) private pure returns (Result) {
        deal.folded = Settlement.fold(state, deal.account);
        deal.bidder = Accounts.duplicate(deal.folded);
        int256 cash = deal.bidder.cash - deal.price;
        if (cash > int256(MAX_CASH) || cash < -int256(MAX_CASH)) return Result.CashLimit;
        deal.bidder.cash = cash;
        if (!take(deal.bidder, deal.moved)) return Result.PositionLimit;
        Assessment memory standing = Margin.assess(state, deal.bidder);
        if (Trades.isStale(standing.oldestPriceTime, machine.clock)) return Result.StalePrice;
        return standing.equity < standing.initial ? Result.InsufficientMargin : Result.Ok;
    }

    /// @dev Adds what moved to the bidder's positions; whether that is within the limits.
    function take(Account memory bidder, Position[] memory moved) private pure returns (bool) {
        uint256 netted = 0;
        for (uint256 i = 0; i < moved.length; i++) {
            int256 size = moved[i].size;
            int256 held = Accounts.sizeOf(bidder, moved[i].series);
            int256 next = held + size;
            if (next > int256(MAX_POSITION_LOTS) || next < -int256(MAX_POSITION_LOTS)) return false;
            if (held != 0 && (held < 0) != (size < 0)) netted += 1;
            Accounts.setSize(bidder, moved[i].series, next);
        }
        return netted <= MAX_NETTED && bidder.positions.length <= MAX_POSITIONS;
    }

    /// @dev Lots of one series leave the debtor, and what hangs on them is counted anew. `bidder` is as he was before.
    function handOver(State.Body memory state, Account memory debtor, Account memory bidder, uint256 series, int256 size) private pure {
        int256 given = Accounts.sizeOf(debtor, series);
        int256 held = Accounts.sizeOf(bidder, series);
        Accounts.setSize(debtor, series, given - size);
        uint256 slot = Series.expirySlotOf(series);
        int256 opened = Trades.openedBy(given, -size) + Trades.openedBy(held, size);
        if (opened != 0) {
            Expiry memory expiry = State.expiry(state, slot);
            expiry.openPositions = uint256(int256(expiry.openPositions) + opened);
            State.putExpiry(state, slot, expiry);
        }
        // Lots that only change hands leave the open interest as it is: only where they close others is the series' cell opened.
        int256 change = Trades.longChange(given, -size) + Trades.longChange(held, size);
        if (change == 0) return;
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), series);
        uint256 seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
        SeriesCell memory cell = State.series(state, seriesIndex);
        cell.openInterest += change;
        State.putSeries(state, seriesIndex, cell);
    }
}
