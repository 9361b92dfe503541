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

    /// A committee as the code of a contract, from which a certificate reads all members at once. SAFETY: it holds for the epochs in which every power is what
    /// it was when it was written, and no longer.
    struct Written {
        address data;
        uint96 untilEpoch;
    }

    uint256 private constant SIGNATURE_BYTES = 64;
    /// @dev Half the order of secp256k1: with a higher s every signature would have a twin.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    /// LIMIT: so many members can be written down in one transaction with room.
    uint256 public constant MAX_MEMBERS = 64;
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
    /// @dev Everybody who has power or may get some, in no order; and who has had neither for an epoch, until the next committee is written.
    address[] private members;
    mapping(address => bool) private isListed;
    Written private written;

    /// @param committee the members of epoch 0: they may sign at once
    /// @param bonded others whose stake evidence can reach; all share the ETH sent
    constructor(
        address evidence,
        address governor,
        uint64 unbondingSeconds,
        uint64 epochSeconds,
        address[] memory committee,
        address[] memory bonded
    ) payable {
        require(epochSeconds > 0, EpochTooShort(epochSeconds));
        EVIDENCE = evidence;
        GOVERNOR = governor;
        UNBONDING_SECONDS = unbondingSeconds;
        EPOCH_SECONDS = epochSeconds;
        STARTED_AT = uint64(block.timestamp);
        for (uint256 i = 0; i < committee.length; i++) {
            address member = committee[i];
            standings[member] = Standing.Member;
            list(member);
            emit StandingSet(member, Standing.Member);
            add(member, msg.value / (committee.length + bonded.length));
            uint96 power = validators[member].stake;
            powers[member] = Power(power, power, 0);
        }
        total = Power(total.next, total.next, 0);
        for (uint256 i = 0; i < bonded.length; i++) {
            // SAFETY: a member among them would lose its voice.
            require(standings[bonded[i]] == Standing.None, AdmittedTwice(bonded[i]));
            standings[bonded[i]] = Standing.Bonded;
            emit StandingSet(bonded[i], Standing.Bonded);
            add(bonded[i], msg.value / (committee.length + bonded.length));
        }
        writeCommittee();
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
        if (standing == Standing.Member) list(account);
        reckon(account);
        emit StandingSet(account, standing);
    }

    /// @inheritdoc IStakeRegistry
    function requireQuorum(bytes32 digest, bytes calldata signatures) external {
        require(signatures.length % SIGNATURE_BYTES == 0, SignaturesNotWhole(signatures.length));
        (uint256 place, uint256 last) = read(writeCommittee());
        (uint256 buffer, uint256 at_) = prepare(digest, signatures);
        uint256 end = at_ + signatures.length;
        // LIMIT: powers add up to fewer wei than there are ETH, so sums of whole words have the sum of the powers in their lowest 96 bits.
        uint256 all = 0;
        uint256 signed = 0;
        unchecked {
            for (; at_ < end; at_ += SIGNATURE_BYTES) {
                uint256 signer = recover(buffer, at_);
                uint256 word;
                // Members and signers both ascend, so one walk along the committee finds everybody; behind it stands what is above every address.
                do {
                    word = wordAt(place);
                    place += 32;
                    all += word;
                } while (word >> 96 < signer);
                if (word >> 96 != signer) refuse(signer, at_ == end - signatures.length ? 0 : recover(buffer, at_ - SIGNATURE_BYTES));
                signed += word;
            }
            for (; place < last; place += 32) all += wordAt(place);
        }
        require(uint256(uint96(signed)) * 3 > uint256(uint96(all)) * 2, NoQuorum(uint96(signed), uint96(all)));
    }

    /// @inheritdoc IStakeRegistry
    function writeCommittee() public returns (address data) {
        Written memory last = written;
        uint64 now_ = epoch();
        if (last.data != address(0) && now_ < last.untilEpoch) return last.data;
        forgetDeparted(now_);
        data = write(committeeAt(now_));
        // What changes at a boundary that is known ends it there.
        written = Written(data, total.fromEpoch > now_ ? total.fromEpoch : type(uint96).max);
        emit CommitteeWritten(now_, data);
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
        if (written.untilEpoch > total.fromEpoch) written.untilEpoch = total.fromEpoch;
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
        // SAFETY: what is written says that he may still sign.
        delete written;
    }

    function list(address account) private {
        if (isListed[account]) return;
        // SAFETY: what nobody signed recovers to the zero address.
        require(account != address(0), NotAValidator(account));
        if (members.length == MAX_MEMBERS) forgetDeparted(epoch());
        require(members.length < MAX_MEMBERS, TooManyMembers(MAX_MEMBERS));
        isListed[account] = true;
        members.push(account);
    }

    /// @dev Takes out of the list who has no power now and may get none.
    function forgetDeparted(uint64 now_) private {
        for (uint256 i = members.length; i > 0; i--) {
            address member = members[i - 1];
            bool stays = standings[member] == Standing.Member && !validators[member].isSlashed;
            if (stays || at(powers[member], now_) > 0) continue;
            members[i - 1] = members[members.length - 1];
            members.pop();
            isListed[member] = false;
        }
    }

    /// @dev Address and power of everybody who has some in this epoch, ascending.
    function committeeAt(uint64 now_) private view returns (uint256[] memory committee) {
        uint256 count = members.length;
        committee = new uint256[](count);
        uint256 size = 0;
        for (uint256 i = 0; i < count; i++) {
            uint256 power = at(powers[members[i]], now_);
            if (power == 0) continue;
            uint256 word = (uint256(uint160(members[i])) << 96) | power;
            uint256 place = size;
            for (; place > 0 && committee[place - 1] > word; place--) committee[place] = committee[place - 1];
            committee[place] = word;
            size += 1;
        }
        assembly ("memory-safe") {
            mstore(committee, size)
        }
    }

    /// @dev Creates the contract whose code is a zero byte, so that nobody can call it, and these words.
    function write(uint256[] memory words) private returns (address data) {
        bytes memory code = abi.encodePacked(uint8(0), words);
        // PUSH2 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes before the code.
        bytes memory creation = abi.encodePacked(hex"61", uint16(code.length), hex"80600a5f395ff3", code);
        assembly ("memory-safe") {
            data := create(0, add(creation, 32), mload(creation))
        }
        require(data != address(0), NotWritten());
    }

    /// @dev Where the signatures begin in calldata, and four words of memory as the precompile for recoveries takes them, the digest in the first.
    function prepare(bytes32 digest, bytes calldata signatures) private pure returns (uint256 buffer, uint256 at_) {
        assembly ("memory-safe") {
            buffer := mload(64)
            mstore(buffer, digest)
            mstore(64, add(buffer, 128))
            at_ := signatures.offset
        }
    }

    /// @dev The address that signed with the 64 bytes of calldata at `at_`, 0 when nobody did. The set accepted is that of OpenZeppelin's ECDSA over this form; its
    /// own detours would cost a tenth of a certificate.
    function recover(uint256 buffer, uint256 at_) private view returns (uint256 signer) {
        uint256 s;
        assembly ("memory-safe") {
            calldatacopy(add(buffer, 64), at_, 64)
            s := mload(add(buffer, 96))
            mstore(add(buffer, 32), add(27, shr(255, s)))
            s := shr(1, shl(1, s))
            mstore(add(buffer, 96), s)
            // The precompile returns nothing for what nobody signed.
            mstore(0, 0)
            pop(staticcall(gas(), 1, buffer, 128, 0, 32))
            signer := mload(0)
        }
        require(s <= HALF_ORDER, ECDSA.ECDSAInvalidSignatureS(bytes32(s)));
    }

    /// @dev Says why a signature's signer was not found behind the one before it.
    function refuse(uint256 signer, uint256 before) private pure {
        require(signer > before, SignersNotAscending(address(uint160(signer)), address(uint160(before))));
        revert NotAValidator(address(uint160(signer)));
    }

    function wordAt(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(place)
        }
    }

    /// @dev Where the words of a committee begin and end in memory. Behind them stands a word above every address.
    function read(address data) private view returns (uint256 first, uint256 last) {
        uint256 length = data.code.length - 1;
        assembly ("memory-safe") {
            first := mload(64)
            last := add(first, length)
            mstore(64, add(last, 32))
            extcodecopy(data, first, 1, length)
            mstore(last, not(0))
        }
    }

    function at(Power storage power, uint256 epoch_) private view returns (uint256) {
        return power.fromEpoch <= epoch_ ? power.next : power.current;
    }

    function pay(address payable to, uint256 amount) private {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, PaymentFailed(to, amount));
    }
}
