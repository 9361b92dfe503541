// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";

contract StakeRegistry is IStakeRegistry, ReentrancyGuardTransient {
    /// What somebody signs with in this epoch, and from `fromEpoch` on. One slot, so a committee needs no settling: a boundary that passes is the settlement.
    struct Power {
        uint96 current;
        uint96 next;
        uint64 fromEpoch;
    }

    /// Reward of whoever shows evidence: a quarter. Never more than half, so that nobody gains by slashing himself.
    uint256 public constant REWARD_DIVISOR = 4;

    address public immutable EVIDENCE;
    /// Who says which accounts may hold stake. It cannot touch any.
    address public immutable GOVERNOR;
    uint64 public immutable UNBONDING_SECONDS;
    uint64 public immutable EPOCH_SECONDS;
    /// When epoch 0 began.
    uint64 public immutable STARTED_AT;

    mapping(address => Validator) private validators;
    mapping(address => Standing) public standings;
    mapping(address => Power) private powers;
    Power private total;

    /// @param committee the members of epoch 0, who share the ETH sent: they may sign at once
    constructor(address evidence, address governor, uint64 unbondingSeconds, uint64 epochSeconds, address[] memory committee) payable {
        require(epochSeconds > 0, EpochTooShort(epochSeconds));
        EVIDENCE = evidence;
        GOVERNOR = governor;
        UNBONDING_SECONDS = unbondingSeconds;
        EPOCH_SECONDS = epochSeconds;
        STARTED_AT = uint64(block.timestamp);
        for (uint256 i = 0; i < committee.length; i++) {
            address member = committee[i];
            standings[member] = Standing.Member;
            emit StandingSet(member, Standing.Member);
            add(member, msg.value / committee.length);
            uint96 power = validators[member].stake;
            powers[member] = Power(power, power, 0);
        }
        total = Power(total.next, total.next, 0);
    }

    /// @inheritdoc IStakeRegistry
    function stake(address validator) external payable {
        require(standings[validator] != Standing.None, NotAValidator(validator));
        add(validator, msg.value);
    }

    /// @inheritdoc IStakeRegistry
    function startUnbonding() external {
        Validator storage validator = validators[msg.sender];
        uint96 amount = validator.stake;
        require(amount > 0, NothingStaked(msg.sender));
        validator.stake = 0;
        validator.leaving += amount;
        // SAFETY: who leaves signs until the epoch ends, so the time in which evidence reaches him begins there.
        validator.leavesAt = uint56(nextEpochAt() + UNBONDING_SECONDS);
        reckon(msg.sender);
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
        validator.stake = 0;
        validator.leaving = 0;
        validator.isSlashed = true;
        drop(account);
        uint256 reward = amount / REWARD_DIVISOR;
        emit Slashed(account, amount, reporter, reward);
        // The rest is burnt by staying here: nothing pays out what is in nobody's record.
        pay(reporter, reward);
    }

    /// @inheritdoc IStakeRegistry
    function setStanding(address account, Standing standing) external {
        require(msg.sender == GOVERNOR, OnlyGovernor(msg.sender));
        standings[account] = standing;
        reckon(account);
        emit StandingSet(account, standing);
    }

    /// @inheritdoc IStakeRegistry
    function requireQuorum(bytes32 digest, bytes[] calldata signatures) external view {
        uint256 signed = 0;
        address before = address(0);
        uint256 now_ = epoch();
        for (uint256 i = 0; i < signatures.length; i++) {
            address signer = ECDSA.recover(digest, signatures[i]);
            require(signer > before, SignersNotAscending(signer, before));
            uint256 power = at(powers[signer], now_);
            require(power > 0, NotAValidator(signer));
            signed += power;
            before = signer;
        }
        uint256 all = at(total, now_);
        require(signed * 3 > all * 2, NoQuorum(signed, all));
    }

    /// @inheritdoc IStakeRegistry
    function validatorOf(address validator) external view returns (Validator memory) {
        return validators[validator];
    }

    /// @inheritdoc IStakeRegistry
    function powerOf(address account) external view returns (uint256 current, uint256 next) {
        return (at(powers[account], epoch()), powers[account].next);
    }

    /// @inheritdoc IStakeRegistry
    function totalPower() external view returns (uint256 current, uint256 next) {
        return (at(total, epoch()), total.next);
    }

    /// @inheritdoc IStakeRegistry
    function epoch() public view returns (uint64) {
        return (uint64(block.timestamp) - STARTED_AT) / EPOCH_SECONDS;
    }

    /// @inheritdoc IStakeRegistry
    function nextEpochAt() public view returns (uint64) {
        return STARTED_AT + (epoch() + 1) * EPOCH_SECONDS;
    }

    function add(address account, uint256 amount) private {
        Validator storage validator = validators[account];
        require(!validator.isSlashed, IsSlashed(account));
        require(amount > 0, NothingStaked(account));
        validator.stake += uint96(amount);
        reckon(account);
        emit Staked(account, amount);
    }

    /// @dev Gives an account the power of its stake from the next epoch on.
    function reckon(address account) private {
        uint256 next = standings[account] == Standing.Member ? validators[account].stake : 0;
        Power storage power = powers[account];
        uint256 before = power.next;
        if (next == before) return;
        change(power, next);
        change(total, total.next - before + next);
    }

    function change(Power storage power, uint256 next) private {
        uint64 now_ = epoch();
        // INVARIANT: this epoch's power stays what it was when the epoch began.
        if (power.fromEpoch <= now_) {
            power.current = power.next;
            power.fromEpoch = now_ + 1;
        }
        power.next = uint96(next);
    }

    /// @dev The one change that does not wait for the epoch: who is slashed signs nothing more.
    function drop(address account) private {
        uint256 now_ = epoch();
        Power memory power = powers[account];
        if (power.current == 0 && power.next == 0) return;
        Power memory all = total;
        uint96 current = power.fromEpoch <= now_ ? power.next : power.current;
        all.current = (all.fromEpoch <= now_ ? all.next : all.current) - current;
        all.next -= power.next;
        total = all;
        delete powers[account];
    }

    function at(Power storage power, uint256 epoch_) private view returns (uint256) {
        return power.fromEpoch <= epoch_ ? power.next : power.current;
    }

    function pay(address payable to, uint256 amount) private {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, PaymentFailed(to, amount));
    }
}
