// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {MAX_PRICE, MAX_UNDERLYINGS, SECONDS_PER_DAY, lotsPerUnit} from "../machine/Constants.sol";
import {Signature} from "../machine/math/Signature.sol";
import {Messages, Report} from "../machine/step/Messages.sol";
import {Reporting} from "../machine/step/Reporting.sol";
import {Underlying} from "../machine/types/Underlying.sol";

contract PriceOracle is IPriceOracle {
    /// How far a report may be ahead of L1's clock.
    uint256 private constant MAX_DRIFT_SECONDS = 60;

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
        require(!Reporting.leavesGap(before, message.time), ReportLeavesGap(message.time, before));
        bool sound = message.indexPrice > 0 && message.indexPrice < MAX_PRICE && message.time >= SECONDS_PER_DAY;
        require(sound, UnsoundPrice(message.indexPrice));
        Underlying memory underlying = Underlying(feed.indexPrice, before, 0, feed.accumulator, feed.windowDay, feed.windowStart);
        (uint256 day, uint256 price) = Reporting.average(underlying, lotsPerUnit(message.underlying), message.time);
        if (price != 0) {
            settlementPrice[message.underlying][day] = price;
            emit SettlementFixed(message.underlying, day, price);
        }
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
