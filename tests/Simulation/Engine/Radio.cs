using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What all radios of a network have in common.</summary>
/// <param name="BitsPerSecond">Bit rate on the air.</param>
/// <param name="Preamble">Time that each frame takes besides its bits.</param>
/// <param name="Slot">Unit of the random wait after the channel was found busy.</param>
/// <param name="Collisions">Frames that overlap at a receiver destroy each other.</param>
public sealed record RadioModel(long BitsPerSecond, TimeSpan Preamble, TimeSpan Slot, bool Collisions)
{
    /// <summary>How long a frame is on the air.</summary>
    public TimeSpan AirTime(int bytes) => Preamble + TimeSpan.FromSeconds(bytes * 8.0 / BitsPerSecond);
}

/// <summary>A node's radio: it sends or listens, never both.</summary>
public sealed class Radio
{
    /// <summary>To all who hear it.</summary>
    public const int Everyone = -1;

    private readonly Queue<(int Frame, int Channel)>[] _queues =
        [.. Enumerable.Range(0, ClassQueues.Count).Select(_ => new Queue<(int, int)>())];

    /// <summary>When its last transmission began.</summary>
    public Instant From { get; set; } = new(-1);

    /// <summary>When its last transmission ends or ended.</summary>
    public Instant Until { get; set; } = new(-1);

    /// <summary>What it is sending.</summary>
    public (int Frame, int Channel)? OnAir { get; set; }

    /// <summary>It waits for the channel to be free.</summary>
    public bool Waiting { get; set; }

    /// <summary>Bytes in its queues.</summary>
    public int QueuedBytes { get; set; }

    /// <summary>Appends a frame to the queue of its class.</summary>
    public void Add(FrameClass frameClass, int frame, int channel) =>
        _queues[(int)frameClass].Enqueue((frame, channel));

    /// <summary>Takes the most urgent frame.</summary>
    public bool TryTake(out (int Frame, int Channel) next)
    {
        foreach (Queue<(int Frame, int Channel)> queue in _queues)
        {
            if (queue.TryDequeue(out next))
                return true;
        }

        next = default;
        return false;
    }
}
