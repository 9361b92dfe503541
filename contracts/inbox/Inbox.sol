// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";
import {MAX_PAYLOAD_BYTES} from "../machine/Constants.sol";
import {Machines} from "../machine/types/Machine.sol";
import {InboxAccumulator} from "../protocol/InboxAccumulator.sol";

contract Inbox is IInbox {
    /// @dev Accumulators 0 .. count. The first is 0.
    mapping(uint64 index => bytes32) private accumulators;
    /// @dev Times of messages, four to a slot: forced inclusion needs them, and a slot each would cost a deposit dear.
    mapping(uint64 group => uint256) private times;
    uint64 public count;
    address public immutable VAULT;

    constructor(address vault) {
        VAULT = vault;
    }

    /// @inheritdoc IInbox
    function force(bytes calldata payload) external returns (uint64 index) {
        require(payload.length > 0, EmptyPayload());
        require(payload.length <= MAX_PAYLOAD_BYTES, PayloadTooLong(payload.length, MAX_PAYLOAD_BYTES));
        return deliver(Machines.FORCED, msg.sender, payload);
    }

    /// @inheritdoc IInbox
    function enqueueDeposit(bytes calldata payload) external returns (uint64 index) {
        require(msg.sender == VAULT, OnlyVault(msg.sender));
        return deliver(Machines.DEPOSIT, msg.sender, payload);
    }

    /// @inheritdoc IInbox
    function accumulator(uint64 index) external view returns (bytes32) {
        return accumulators[index];
    }

    /// @inheritdoc IInbox
    function timestampOf(uint64 index) external view returns (uint64) {
        return uint64(times[index / 4] >> (64 * (index % 4)));
    }

    function deliver(uint256 kind, address sender, bytes calldata payload) private returns (uint64 index) {
        index = count;
        count = index + 1;
        uint64 timestamp = uint64(block.timestamp);
        times[index / 4] |= uint256(timestamp) << (64 * (index % 4));
        bytes32 hash = InboxAccumulator.messageHash(kind, sender, timestamp, index, payload);
        accumulators[index + 1] = InboxAccumulator.accumulate(accumulators[index], hash);
        emit MessageDelivered(index, uint8(kind), sender, timestamp, payload);
    }
}
