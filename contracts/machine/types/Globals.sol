// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";

/// @notice What belongs to no account: money in micro-USDC, counters, and who may report prices.
struct Globals {
    int256 fees;
    int256 insurance;
    int256 deficit;
    uint256 withdrawals;
    uint256 accounts;
    bytes32 domainSeparator;
    uint256 quorum;
    /// n x address, as they stand: only a report asks for them.
    bytes reporters;
}

library GlobalsCell {
    uint256 private constant FIXED = 65;

    function empty() internal pure returns (Globals memory globals) {}

    /// @notice fees i64 | insurance i64 | deficit i64 | withdrawals u32 | accounts u32 | domain separator 32 | quorum u8 | reporters n x 20
    function encode(Globals memory globals) internal pure returns (bytes memory data) {
        data = abi.encodePacked(
            int64(globals.fees),
            int64(globals.insurance),
            int64(globals.deficit),
            uint32(globals.withdrawals),
            uint32(globals.accounts),
            globals.domainSeparator,
            uint8(globals.quorum)
        );
        data = bytes.concat(data, globals.reporters);
    }

    function decode(bytes memory data) internal pure returns (Globals memory globals) {
        if (data.length == 0) return empty();
        globals.fees = Bytes.int_(data, 0, 8);
        globals.insurance = Bytes.int_(data, 8, 8);
        globals.deficit = Bytes.int_(data, 16, 8);
        globals.withdrawals = Bytes.uint_(data, 24, 4);
        globals.accounts = Bytes.uint_(data, 28, 4);
        globals.domainSeparator = bytes32(Bytes.uint_(data, 32, 32));
        globals.quorum = Bytes.uint_(data, 64, 1);
        globals.reporters = Bytes.slice(data, FIXED, data.length - FIXED);
    }

    /// @notice The address of a reporter, or zero when there is none at this place.
    function reporterAt(Globals memory globals, uint256 place) internal pure returns (address) {
        return 20 * place + 20 > globals.reporters.length ? address(0) : Bytes.address_(globals.reporters, 20 * place);
    }
}
