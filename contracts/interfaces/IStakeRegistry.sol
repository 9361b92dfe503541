// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The validators, their stake, and whether more than two thirds of it signed something.
interface IStakeRegistry {
    struct Validator {
        uint128 stake;
        /// Stake that is leaving, and from when it may be taken out.
        uint128 leaving;
        uint64 leavesAt;
        /// Slashed validators sign no more.
        bool isSlashed;
    }

    event Staked(address indexed validator, uint256 amount);
    event UnbondingStarted(address indexed validator, uint256 amount, uint64 leavesAt);
    event Withdrawn(address indexed validator, uint256 amount);
    event Slashed(address indexed validator, uint256 amount, address indexed reporter, uint256 reward);

    error NothingStaked(address validator);
    error StillBonded(uint64 leavesAt);
    error IsSlashed(address validator);
    error OnlyEvidence(address caller);
    error SignersNotAscending(address signer, address before);
    error NotAValidator(address signer);
    error NoQuorum(uint256 signed, uint256 total);
    error PaymentFailed(address to, uint256 amount);

    /// @notice Adds the ETH sent to a validator's stake. Stake counts at once; a new validator is a matter of the deployment (see admit in the constructor).
    function stake(address validator) external payable;

    /// @notice Starts to take the caller's whole stake out: it stops counting now, and stays slashable until it leaves.
    function startUnbonding() external;

    /// @notice Pays out what has left.
    function withdraw() external;

    /// @notice Takes a validator's stake, leaving stake included; a fixed share goes to the reporter, the rest is burnt. Only SlashingEvidence.
    function slash(address validator, address payable reporter) external;

    /// @notice Reverts unless signatures over the digest, in ascending order of signer, are of more than two thirds of the stake.
    function requireQuorum(bytes32 digest, bytes[] calldata signatures) external view;

    function validatorOf(address validator) external view returns (Validator memory);

    function totalStake() external view returns (uint256);
}
