// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice What belongs to no account: money in micro-USDC, counters, and who may report prices.
struct Globals {
    int256 fees;
    int256 insurance;
    /// What accounts, fees and insurance hold beyond `backing`.
    int256 deficit;
    /// What the vault holds for them: deposits less withdrawals.
    int256 backing;
    /// Seconds: the newest state that a quorum of reporters attested, and since when there was no hole between attestations.
    uint256 attestedAt;
    uint256 attestedSince;
    uint256 withdrawals;
    uint256 accounts;
    bytes32 domainSeparator;
    uint256 quorum;
    /// n x address, as they stand: only a report asks for them.
    bytes reporters;
}

library GlobalsCell {
    uint256 private constant FIXED = 83;

    function empty() internal pure returns (Globals memory globals) {}

    /// @notice fees i64 | insurance i64 | deficit i64 | backing i64 | attestedAt u40 | attestedSince u40 | withdrawals u32 | accounts u32 |
    /// domain separator 32 | quorum u8 | reporters n x 20
    function encode(Globals memory globals) internal pure returns (bytes memory data) {
        data = new bytes(FIXED);
        uint256 word = (Bytes.low(globals.fees) << 192) | (Bytes.low(globals.insurance) << 128);
        Bytes.put(data, 0, word | (Bytes.low(globals.deficit) << 64) | Bytes.low(globals.backing));
        word = (globals.attestedAt << 216) | (globals.attestedSince << 176);
        Bytes.put(data, 32, word | (globals.withdrawals << 144) | (globals.accounts << 112));
        Bytes.put(data, 50, uint256(globals.domainSeparator));
        data[82] = bytes1(uint8(globals.quorum));
        data = bytes.concat(data, globals.reporters);
    }

    function decode(bytes memory data) internal pure returns (Globals memory globals) {
        if (data.length == 0) return empty();
        globals.fees = Bytes.int_(data, 0, 8);
        globals.insurance = Bytes.int_(data, 8, 8);
        globals.deficit = Bytes.int_(data, 16, 8);
        globals.backing = Bytes.int_(data, 24, 8);
        globals.attestedAt = Bytes.uint_(data, 32, 5);
        globals.attestedSince = Bytes.uint_(data, 37, 5);
        globals.withdrawals = Bytes.uint_(data, 42, 4);
        globals.accounts = Bytes.uint_(data, 46, 4);
        globals.domainSeparator = bytes32(Bytes.uint_(data, 50, 32));
        globals.quorum = Bytes.uint_(data, 82, 1);
        globals.reporters = Bytes.slice(data, FIXED, data.length - FIXED);
    }

    /// @notice The address of a reporter, or zero when there is none at this place.
    function reporterAt(Globals memory globals, uint256 place) internal pure returns (address) {
        return 20 * place + 20 > globals.reporters.length ? address(0) : Bytes.address_(globals.reporters, 20 * place);
    }
}
