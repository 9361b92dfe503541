// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The append-only log of L1 messages: deposits and forced messages (docs/spec/rollup.md).
interface IInbox {
    /// @notice A message entered the log. The payload is here for nodes; the contract keeps only the accumulator.
    event MessageDelivered(uint64 indexed index, uint8 kind, address indexed sender, uint64 timestamp, bytes payload);

    error OnlyVault(address caller);
    error PayloadTooLong(uint256 length, uint256 limit);
    error EmptyPayload();

    /// @notice Puts a record's payload into the log under the caller's name: the machine takes it as signed when the caller owns the account.
    function force(bytes calldata payload) external returns (uint64 index);

    /// @notice Puts a deposit into the log. Only the Vault.
    function enqueueDeposit(bytes calldata payload) external returns (uint64 index);

    /// @notice How many messages there are.
    function count() external view returns (uint64);

    /// @notice Accumulator before message `index`; that of `count()` names the whole log.
    function accumulator(uint64 index) external view returns (bytes32);

    /// @notice Seconds at which message `index` entered.
    function timestampOf(uint64 index) external view returns (uint64);
}
