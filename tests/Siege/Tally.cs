namespace QuicProChat.Mesh.Siege;

/// <summary>What one kind of attack did.</summary>
internal sealed class Tally(string attack)
{
    private long _frames;
    private long _bytes;
    private long _links;
    private long _refused;
    private long _ended;
    private long _milliseconds;

    internal string Attack => attack;

    /// <summary>Bytes written at once: a frame, or a part of one.</summary>
    internal void Sent(int bytes)
    {
        Interlocked.Increment(ref _frames);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>A link came up.</summary>
    internal void Linked() => Interlocked.Increment(ref _links);

    /// <summary>A connection was refused, or ended before it was a link.</summary>
    internal void Refused() => Interlocked.Increment(ref _refused);

    /// <summary>The node ended a link.</summary>
    internal void HungUp() => Interlocked.Increment(ref _ended);

    /// <summary>Time that links of this attack stood, added up.</summary>
    internal void Lasted(TimeSpan time) => Interlocked.Add(ref _milliseconds, (long)time.TotalMilliseconds);

    /// <summary>A line of JSON.</summary>
    public override string ToString() =>
        $$"""{"attack":"{{attack}}","links":{{_links}},"refused":{{_refused}},"hungUp":{{_ended}},"frames":{{_frames}},"bytes":{{_bytes}},"linkSeconds":{{_milliseconds / 1000}}}""";
}
