// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";

contract StakeRegistry is IStakeRegistry, ReentrancyGuard {
    /// Reward of whoever shows evidence: a quarter. Never more than half, so that nobody gains by slashing himself.
    uint256 public constant REWARD_DIVISOR = 4;
    address private constant BURNT = 0x000000000000000000000000000000000000dEaD;

    address public immutable EVIDENCE;
    uint64 public immutable UNBONDING_SECONDS;

    mapping(address => Validator) private validators;
    mapping(address => bool) private admitted;
    uint256 public totalStake;

    /// @param committee the validators that may sign; their stake counts from when it is paid
    constructor(address evidence, uint64 unbondingSeconds, address[] memory committee) payable {
        EVIDENCE = evidence;
        UNBONDING_SECONDS = unbondingSeconds;
        for (uint256 i = 0; i < committee.length; i++) {
            admitted[committee[i]] = true;
            add(committee[i], msg.value / committee.length);
        }
    }

    /// @inheritdoc IStakeRegistry
    function stake(address validator) external payable {
        require(admitted[validator], NotAValidator(validator));
        add(validator, msg.value);
    }

    /// @inheritdoc IStakeRegistry
    function startUnbonding() external {
        Validator storage validator = validators[msg.sender];
        uint128 amount = validator.stake;
        require(amount > 0, NothingStaked(msg.sender));
        totalStake -= amount;
        validator.stake = 0;
        validator.leaving += amount;
        validator.leavesAt = uint64(block.timestamp) + UNBONDING_SECONDS;
        emit UnbondingStarted(msg.sender, amount, validator.leavesAt);
    }

    /// @inheritdoc IStakeRegistry
    function withdraw() external nonReentrant {
        Validator storage validator = validators[msg.sender];
        uint256 amount = validator.leaving;
        require(amount > 0, NothingStaked(msg.sender));
        require(block.timestamp >= validator.leavesAt, StillBonded(validator.leavesAt));
        validator.leaving = 0;
        emit Withdrawn(msg.sender, amount);
        pay(payable(msg.sender), amount);
    }

    /// @inheritdoc IStakeRegistry
    function slash(address account, address payable reporter) external nonReentrant {
        require(msg.sender == EVIDENCE, OnlyEvidence(msg.sender));
        Validator storage validator = validators[account];
        require(!validator.isSlashed, IsSlashed(account));
        uint256 amount = uint256(validator.stake) + validator.leaving;
        require(amount > 0, NothingStaked(account));
        totalStake -= validator.stake;
        validator.stake = 0;
        validator.leaving = 0;
        validator.isSlashed = true;
        uint256 reward = amount / REWARD_DIVISOR;
        emit Slashed(account, amount, reporter, reward);
        pay(reporter, reward);
        pay(payable(BURNT), amount - reward);
    }

    /// @inheritdoc IStakeRegistry
    function requireQuorum(bytes32 digest, bytes[] calldata signatures) external view {
        uint256 signed = 0;
        address before = address(0);
        for (uint256 i = 0; i < signatures.length; i++) {
            address signer = ECDSA.recover(digest, signatures[i]);
            require(signer > before, SignersNotAscending(signer, before));
            require(validators[signer].stake > 0, NotAValidator(signer));
            signed += validators[signer].stake;
            before = signer;
        }
        require(signed * 3 > totalStake * 2, NoQuorum(signed, totalStake));
    }

    /// @inheritdoc IStakeRegistry
    function validatorOf(address validator) external view returns (Validator memory) {
        return validators[validator];
    }

    function add(address account, uint256 amount) private {
        Validator storage validator = validators[account];
        require(!validator.isSlashed, IsSlashed(account));
        require(amount > 0, NothingStaked(account));
        validator.stake += uint128(amount);
        totalStake += amount;
        emit Staked(account, amount);
    }

    function pay(address payable to, uint256 amount) private {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, PaymentFailed(to, amount));
    }
}
