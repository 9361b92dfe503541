// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {EXPIRY_SECOND_OF_DAY, MAX_UNDERLYINGS, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS, lotsPerUnit} from "../machine/Constants.sol";
import {Signature} from "../machine/math/Signature.sol";
import {Messages, Report} from "../machine/step/Messages.sol";
import {Reporting} from "../machine/step/Reporting.sol";
import {Series} from "../machine/types/Series.sol";
import {Underlying} from "../machine/types/Underlying.sol";

contract PriceOracle is IPriceOracle {
    /// How far a report may be ahead of L1's clock.
    uint256 private constant MAX_DRIFT_SECONDS = 60;
    /// How long after an expiry anybody may still show the reports that its window misses, before the last price stands for what nobody reported.
    uint256 public constant HELD_AFTER_SECONDS = SECONDS_PER_DAY;
    /// How far the last price may lie before an expiry to stand for it.
    uint256 public constant MAX_HELD_SECONDS = SECONDS_PER_DAY;

    uint256 public immutable QUORUM;
    /// Separator of the Vault's domain, in which reporters sign.
    bytes32 public immutable DOMAIN_SEPARATOR;

    address[] public reporters;
    mapping(uint256 underlying => Feed) private feeds;
    mapping(uint256 underlying => mapping(uint256 day => uint256)) public settlementPrice;

    constructor(bytes32 domainSeparator, address[] memory reporters_, uint256 quorum) {
        DOMAIN_SEPARATOR = domainSeparator;
        reporters = reporters_;
        QUORUM = quorum;
    }

    /// @inheritdoc IPriceOracle
    function report(bytes calldata payload) external {
        (bool ok, Report memory message) = Messages.parseReport(payload);
        require(ok, MalformedReport());
        require(message.underlying < MAX_UNDERLYINGS, UnknownUnderlying(message.underlying));
        checkSignatures(message, payload);
        Feed storage feed = feeds[message.underlying];
        uint256 before = feed.time;
        require(message.time > before, StaleReport(message.time, before));
        require(message.time <= block.timestamp + MAX_DRIFT_SECONDS, ReportFromFuture(message.time));
        // What the machine would refuse fixes no price here either.
        require(Reporting.isSound(message), UnsoundPrice(message.indexPrice));
        if (Reporting.leavesGap(before, message.time)) giveUp(message.underlying, feed, message.time);
        Underlying memory underlying = underlyingOf(feed);
        (uint256 day, uint256 price) = Reporting.average(underlying, lotsPerUnit(message.underlying), message.time);
        // A window that was jumped over is no average of anything; and the held price of its day stands already.
        if (Reporting.leavesGap(before, message.time)) underlying.windowDay = 0;
        else if (price != 0) fix(message.underlying, day, price);
        feeds[message.underlying] = Feed(
            uint64(message.indexPrice),
            uint40(message.time),
            uint16(underlying.windowDay),
            uint128(underlying.accumulator),
            uint128(underlying.windowStart)
        );
        emit Reported(message.underlying, uint64(message.indexPrice), uint40(message.time));
    }

    /// @inheritdoc IPriceOracle
    function feedOf(uint256 underlying) external view returns (Feed memory) {
        return feeds[underlying];
    }

    /// @inheritdoc IPriceOracle
    function fixHeld(uint256 underlying, uint256 day) external {
        require(underlying < MAX_UNDERLYINGS, UnknownUnderlying(underlying));
        uint256 allowedAt = Series.expiryTimeOf(day) + HELD_AFTER_SECONDS;
        require(block.timestamp >= allowedAt, TooEarlyToHold(allowedAt));
        uint256 price = heldPrice(underlying, feeds[underlying], day);
        require(price != 0 && settlementPrice[underlying][day] == 0, NothingToHold(underlying, day));
        hold(underlying, day, price);
    }

    /// @dev Lets a report jump over windows, all of which are given up, and fixes the first one's price by what was known before.
    function giveUp(uint256 index, Feed storage feed, uint256 time) private {
        uint256 before = feed.time;
        // Nothing is known before the first report, and what it would be inside of it cannot begin.
        require(before != 0, ReportLeavesGap(time, before));
        uint256 windowOffset = EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS;
        // The last window that begins before the report, which must be given up like those before it.
        uint256 lastDay = (time - windowOffset - 1) / SECONDS_PER_DAY;
        // SAFETY: as long as a window may still be filled, nobody may jump out of it or over it, whatever he shows.
        require(block.timestamp >= Series.expiryTimeOf(lastDay) + HELD_AFTER_SECONDS, ReportLeavesGap(time, before));
        uint256 firstDay = (before + SECONDS_PER_DAY - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY;
        uint256 price = heldPrice(index, feed, firstDay);
        if (price != 0 && time > Series.expiryTimeOf(firstDay)) hold(index, firstDay, price);
    }

    /// @dev The average of a day's window where the last report, which must be of before the expiry and not long before it, stands for all that comes behind it; 0
    /// where there is none such.
    function heldPrice(uint256 index, Feed storage feed, uint256 day) private view returns (uint256 price) {
        uint256 expiryTime = Series.expiryTimeOf(day);
        if (feed.time == 0 || feed.time >= expiryTime || feed.time + MAX_HELD_SECONDS < expiryTime) return 0;
        (, price) = Reporting.average(underlyingOf(feed), lotsPerUnit(index), expiryTime);
    }

    function hold(uint256 underlying, uint256 day, uint256 price) private {
        emit PriceHeld(underlying, day, feeds[underlying].time);
        fix(underlying, day, price);
    }

    /// @dev INVARIANT: a price that is fixed never changes.
    function fix(uint256 underlying, uint256 day, uint256 price) private {
        if (settlementPrice[underlying][day] != 0) return;
        settlementPrice[underlying][day] = price;
        emit SettlementFixed(underlying, day, price);
    }

    function underlyingOf(Feed storage feed) private view returns (Underlying memory) {
        return Underlying(feed.indexPrice, feed.time, 0, feed.accumulator, feed.windowDay, feed.windowStart);
    }

    function checkSignatures(Report memory message, bytes memory payload) private view {
        require(message.signatureCount >= QUORUM, NoQuorum(message.signatureCount, QUORUM));
        bytes32 digest = Messages.reportDigest(DOMAIN_SEPARATOR, message);
        uint256 next = message.signaturesAt;
        for (uint256 bit = 0; bit < 16; bit++) {
            if ((message.signers >> bit) & 1 == 0) continue;
            bool known = bit < reporters.length && Signature.recover(digest, payload, next) == reporters[bit];
            require(known, NotAReporter(bit));
            next += Signature.LENGTH;
        }
    }
}
