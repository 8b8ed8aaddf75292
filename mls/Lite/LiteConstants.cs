namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>Numbers of docs/mls-lite.md.</summary>
public static class LiteConstants
{
    /// <summary>Members of a group at most: the sender index has five bits.</summary>
    public const int MaxMembers = 32;

    /// <summary>Counters end here (21 bits); a sender must rekey before.</summary>
    public const int MaxCounter = (1 << 21) - 1;

    /// <summary>
    /// The last epoch that a group may reach. Numbers are chosen by whoever rekeys or invites; beyond this one nothing
    /// is believed, so that no arithmetic on them can overflow.
    /// </summary>
    public const uint MaxEpoch = int.MaxValue;

    /// <summary>Size of an epoch secret and of every key in bytes.</summary>
    public const int SecretSize = 32;

    /// <summary>Size of a group id in bytes.</summary>
    public const int GroupIdSize = 8;

    /// <summary>Size of the epoch tag that starts every message, in bytes.</summary>
    public const int EpochTagSize = 2;

    /// <summary>Longest content of one message in bytes (arbitrary: a few radio frames).</summary>
    public const int MaxContent = 4096;

    // Tuning.

    /// <summary>Skipped message keys kept for each sender: how far messages may arrive out of order.</summary>
    public const int OutOfOrderWindow = 32;

    /// <summary>How many messages of one sender may be missing before one that is still accepted.</summary>
    public const int ForwardLimit = 1000;

    /// <summary>Epochs that are still read beside the newest.</summary>
    public const int PastEpochs = 2;
}
