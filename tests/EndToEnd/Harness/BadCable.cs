using System.Diagnostics;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A cable that loses a part of the packets and delays the others, in each direction. <c>tc netem</c> does the same,
/// but not every kernel has it; here each end is a tun device, and the test carries the packets across:
/// <code>
///   tun on a -> lose -> wait -> tun on b
/// </code>
/// </summary>
internal sealed class BadCable : IDisposable
{
    private const int LargestPacket = 2048;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly TunDevice _a;
    private readonly TunDevice _b;
    private readonly double _loss;
    private readonly TimeSpan _delay;
    private readonly Thread[] _carriers;
    private volatile bool _stopped;
    private volatile int _largest = LargestPacket;
    private long _lost;

    internal BadCable(
        string machineA, string addressA, string machineB, string addressB, double loss, TimeSpan delay, int seed)
    {
        _loss = loss;
        _delay = delay;
        _a = new TunDevice(machineA, addressA, addressB);
        _b = new TunDevice(machineB, addressB, addressA);
        _carriers = [new Thread(() => Carry(_a, _b, new Random(seed))),
            new Thread(() => Carry(_b, _a, new Random(seed + 1)))];
        foreach (Thread carrier in _carriers)
            carrier.Start();
    }

    /// <summary>Larger packets are lost, and nobody is told.</summary>
    internal int Largest
    {
        set => _largest = value;
    }

    /// <summary>Packets that did not arrive.</summary>
    internal long Lost => Interlocked.Read(ref _lost);

    public void Dispose()
    {
        _stopped = true;
        foreach (Thread carrier in _carriers)
            carrier.Join();
        _a.Dispose();
        _b.Dispose();
    }

    private void Carry(TunDevice from, TunDevice to, Random random)
    {
        var underWay = new Queue<(long SentAt, byte[] Packet)>();
        byte[] buffer = new byte[LargestPacket];
        while (!_stopped)
        {
            TimeSpan wait = underWay.Count == 0 ? Beat : _delay - Stopwatch.GetElapsedTime(underWay.Peek().SentAt);
            if (from.Read(buffer, wait > TimeSpan.Zero ? wait : TimeSpan.Zero) is var size and > 0)
            {
                if (size > _largest || random.NextDouble() < _loss)
                    Interlocked.Increment(ref _lost);
                else
                    underWay.Enqueue((Stopwatch.GetTimestamp(), buffer[..size]));
            }

            while (underWay.Count > 0 && Stopwatch.GetElapsedTime(underWay.Peek().SentAt) >= _delay)
                to.Write(underWay.Dequeue().Packet);
        }
    }
}
