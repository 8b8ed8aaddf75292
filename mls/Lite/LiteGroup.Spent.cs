namespace QuicProChat.Mesh.Mls.Lite;

// A counter is spent when its message was made, whether or not the owner managed to store the state afterwards.
public sealed partial class LiteGroup
{
    /// <summary>The counter that this node's next message takes, in the epoch that it sends in.</summary>
    public int Counter => Sending.Ratchets[OwnIndex].Next;

    /// <summary>
    /// Messages that this node can still make in the epoch that it sends in. A rekey takes one of them, so do it while
    /// there are some.
    /// </summary>
    public int CountersLeft => LiteConstants.MaxCounter - Counter + 1;

    /// <summary>
    /// After a write that failed: this is the group as it was stored before, and takes over which counters of its own
    /// the later state has spent. What was made in between may have reached the disk all the same, so no key of it is
    /// ever used for something else.
    /// </summary>
    /// <param name="later">The same group, as it went on.</param>
    public void KeepSpent(LiteGroup later)
    {
        foreach (LiteEpoch epoch in _epochs)
        {
            if (later._epochs.Find(e => e.Id == epoch.Id) is { } same)
                epoch.Ratchets[OwnIndex].SkipTo(same.Ratchets[OwnIndex].Next);
        }
    }
}
