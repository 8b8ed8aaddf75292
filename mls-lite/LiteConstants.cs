namespace QuicProChat.Mesh.MlsLite;

/// <summary>Numbers of docs/reference/mls-lite.md.</summary>
public static class LiteConstants
{
    /// <summary>Members that a group with invitations has at most. Arbitrary: indices reach further.</summary>
    public const int MaxMembers = 32;

    /// <summary>The highest index of a member; in twins of MLS states a leaf may be as high.</summary>
    public const int MaxIndex = 254;

    /// <summary>The last counter of a stream; a sender begins another stream after it.</summary>
    public const int MaxCounter = (1 << LeafPath.CounterBits) - 1;

    /// <summary>
    /// The last epoch that a group may reach. Numbers are chosen by whoever rekeys or invites; beyond this one nothing
    /// is believed, so that no arithmetic on them can overflow.
    /// </summary>
    public const uint MaxEpoch = int.MaxValue;

    /// <summary>How far after the epoch that carries it a rekey may begin one.</summary>
    public const uint MaxEpochStep = 1000;

    /// <summary>Size of an epoch secret and of every key in the tree in bytes.</summary>
    public const int SecretSize = 32;

    /// <summary>Size of an epoch's id in bytes: signatures cover it, and it orders epochs of one number.</summary>
    public const int EpochIdSize = 32;

    /// <summary>Size of a group id in bytes.</summary>
    public const int GroupIdSize = LiteGroupId.Size;

    /// <summary>Size of the tag that starts every message, in bytes.</summary>
    public const int TagSize = 2;

    /// <summary>Longest content of one message in bytes (arbitrary: a few radio frames).</summary>
    public const int MaxContent = 4096;

    // Tuning.

    /// <summary>Epochs that are still read beside the newest.</summary>
    public const int PastEpochs = 3;

    /// <summary>Streams of one sender that are readable in an epoch; the oldest gives way.</summary>
    public const int StreamsOfSender = 4;

    /// <summary>
    /// Subtrees kept for what one sender writes in one epoch without signature, and as many with; arbitrary.
    /// </summary>
    public const int MaxSubtrees = 192;

    /// <summary>
    /// Subtrees kept for the slots of one sender that were not used: enough for a start a day in a year.
    /// </summary>
    public const int MaxSlotSubtrees = 128;

    /// <summary>
    /// How long members are trusted to remember a stream that they were told of; then they are told again.
    /// </summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromDays(3);
}
