using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// An own commit on its way. Send <see cref="Message"/>; when it is the one that the group follows, merge it and send
/// <see cref="Welcome"/>; when another one wins, merge that and this is gone.
/// </summary>
public sealed class PendingCommit
{
    internal PendingCommit(byte[] message, byte[]? welcome, GroupEpoch next, MlsIdentity identity, CommitSummary summary)
    {
        Message = message;
        Welcome = welcome;
        Next = next;
        Identity = identity;
        Summary = summary;
    }

    /// <summary>The MLSMessage with the commit, for the group.</summary>
    public byte[] Message { get; }

    /// <summary>The MLSMessage with the Welcome, for everybody whom the commit adds; null if it adds nobody.</summary>
    public byte[]? Welcome { get; }

    /// <summary>What the commit does.</summary>
    public CommitSummary Summary { get; }

    internal GroupEpoch Next { get; }

    internal MlsIdentity Identity { get; }

    internal StagedCommit ToStaged(GroupEpoch from) => new(from, Next, Summary, isOwn: true);
}
