namespace QuicProChat.Mesh.Server.Push;

/// <summary>Wake-ups of devices, since the start.</summary>
internal sealed class PushCounters
{
    private long _handed;
    private long _dropped;
    private long _restarts;

    internal long Handed => Interlocked.Read(ref _handed);

    internal long Dropped => Interlocked.Read(ref _dropped);

    internal long Restarts => Interlocked.Read(ref _restarts);

    internal void CountHanded() => Interlocked.Increment(ref _handed);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void CountRestart() => Interlocked.Increment(ref _restarts);
}
