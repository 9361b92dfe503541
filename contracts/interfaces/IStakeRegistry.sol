// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The validators, their stake, the committee of an epoch, and whether more than two thirds of its power signed something.
interface IStakeRegistry {
    /// What an account may do: nothing, hold stake that evidence can reach (a price reporter), or sign in the committee with the power of its stake.
    enum Standing {
        None,
        Bonded,
        Member
    }

    struct Validator {
        /// Wei. LIMIT: 2^96 wei are more ETH than there are, and the four fields fit one slot.
        uint96 stake;
        /// Stake that is leaving, and from when it may be taken out.
        uint96 leaving;
        uint56 leavesAt;
        /// Slashed validators sign no more.
        bool isSlashed;
    }

    event Staked(address indexed validator, uint256 amount);
    event UnbondingStarted(address indexed validator, uint256 amount, uint64 leavesAt);
    event Withdrawn(address indexed validator, uint256 amount);
    event Slashed(address indexed validator, uint256 amount, address indexed reporter, uint256 reward);

    event StandingSet(address indexed account, Standing standing);
    /// @notice The committee of this epoch, and of those after it until it changes, was written down: `data` is a contract whose code is a zero byte and,
    /// ascending, each member's address and power in 20 and 12 bytes.
    event CommitteeWritten(uint64 indexed epoch, address data);

    error AdmittedTwice(address account);
    error EpochTooShort(uint64 epochSeconds);
    error OnlyGovernor(address caller);
    error NothingStaked(address validator);
    error StillBonded(uint64 leavesAt);
    error IsSlashed(address validator);
    error OnlyEvidence(address caller);
    error TooManyMembers(uint256 limit);
    error NotWritten();
    error SignaturesNotWhole(uint256 length);
    error SignersNotAscending(address signer, address before);
    error NotAValidator(address signer);
    error NoQuorum(uint256 signed, uint256 total);
    error PaymentFailed(address to, uint256 amount);

    /// @notice Adds the ETH sent to the stake of an account that has a standing. It can be slashed at once, and gives power from the next epoch on.
    function stake(address validator) external payable;

    /// @notice Starts to take the caller's whole stake out: it gives no power from the next epoch on, and stays slashable until it is withdrawn, which is the
    /// unbonding time after that epoch began at the earliest.
    function startUnbonding() external;

    /// @notice Pays out what has left.
    function withdraw() external;

    /// @notice Takes a validator's stake, leaving stake included, and its power at once; a fixed share goes to the reporter, the rest is burnt: it stays in the
    /// contract for ever. Only SlashingEvidence.
    function slash(address validator, address payable reporter) external;

    /// @notice Admits an account, or dismisses it from the next epoch on. Its stake stays its own. Only the governor.
    function setStanding(address account, Standing standing) external;

    /// @notice Reverts unless signatures over the digest are of more than two thirds of this epoch's power: 64 bytes each (r and vs of ERC-2098, low s), in
    /// strictly ascending order of signer. Writes the epoch's committee down when nobody did yet.
    function requireQuorum(bytes32 digest, bytes calldata signatures) external;

    /// @notice Writes this epoch's committee down, so that the next certificate need not. Anyone; nothing happens when it stands.
    function writeCommittee() external returns (address data);

    function validatorOf(address validator) external view returns (Validator memory);

    /// @notice Wei that the account signs with in this epoch, and in the next one as things stand.
    function powerOf(address account) external view returns (uint256 current, uint256 next);

    /// @notice Wei that the committee signs with in this epoch, and in the next one as things stand.
    function totalPower() external view returns (uint256 current, uint256 next);

    /// @notice Epochs since the deployment. The committee changes between them only.
    function epoch() external view returns (uint64);

    /// @notice When the next epoch begins, in seconds.
    function nextEpochAt() external view returns (uint64);
}
