using System.Numerics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <summary>
/// Who writes in a channel, since the start of this process: which numbers were read, and in which periods. Bounded:
/// where a channel has more writers, the one that was quiet for longest is forgotten, those the owner knows last, and
/// only what is told about gaps is lost.
/// </summary>
internal sealed class ChannelSenders
{
    /// <summary>Writers remembered; arbitrary.</summary>
    private const int MaxSenders = 256;

    /// <summary>Numbers below the highest that are told apart.</summary>
    private const int Window = 64;

    /// <summary>
    /// Days that the period moves at most in a day of running time, beside that day. Arbitrary; clocks differ.
    /// </summary>
    private const int MaxStep = 3;

    /// <summary>Strangers who have to agree before a period is held on to. Arbitrary.</summary>
    private const int MinAgreed = 3;

    private readonly Dictionary<NodeAddress, Sender> _senders = [];
    private long _turn;
    private Agreed? _agreed;

    /// <summary>A period that was held on to.</summary>
    /// <param name="Period">The period.</param>
    /// <param name="At">Since when.</param>
    /// <param name="OfKnown">It is that of people the owner knows.</param>
    private readonly record struct Agreed(ushort Period, Instant At, bool OfKnown);

    private sealed class Sender(byte[] key, uint first)
    {
        public byte[] Key { get; } = key;

        public uint First { get; set; } = first;

        public uint Highest { get; set; } = first;

        // Bit i: the number Highest - i was read.
        public ulong Read { get; set; } = 1;

        /// <summary>The period of its newest message, by its number; 0 if it did not know any.</summary>
        public ushort Period { get; set; }

        /// <summary>The owner knows it.</summary>
        public bool IsKnown { get; set; }

        public long Turn { get; set; }
    }

    /// <summary>How many there are.</summary>
    internal int Count => _senders.Count;

    /// <summary>Messages that others have and this node does not, as far as numbers tell.</summary>
    internal int Missing => _senders.Values.Sum(static s => Expected(s) - BitOperations.PopCount(s.Read));

    /// <summary>
    /// The period in which most write, for a node without a clock: the median of the newest of each writer, the earlier
    /// of two. Identities are free, so where people write whom the owner knows, only they count. And it moves by a few
    /// days in a day of running time, however many say something else: others refuse what is more than ten days away.
    /// </summary>
    internal ushort? PeriodAt(Instant now)
    {
        bool ofKnown = _senders.Values.Any(static s => s is { IsKnown: true, Period: > 0 });
        ushort[] periods =
            [.. _senders.Values.Where(s => s.Period > 0 && s.IsKnown == ofKnown).Select(static s => s.Period).Order()];
        if (periods.Length == 0)
            return _agreed?.Period;
        ushort median = periods[(periods.Length - 1) / 2];
        // Those the owner knows set right what strangers said.
        if (_agreed is not { } agreed || (ofKnown && !agreed.OfKnown))
        {
            if (ofKnown || periods.Length >= MinAgreed)
                _agreed = new Agreed(median, now, ofKnown);
            return median;
        }

        long days = (now - agreed.At).Ticks / TimeSpan.TicksPerDay;
        long period = Math.Clamp(median, agreed.Period - MaxStep, agreed.Period + MaxStep + days);
        if (days > 0)
            _agreed = agreed with { Period = (ushort)Math.Clamp(period, 1, ushort.MaxValue), At = now };
        return (ushort)Math.Clamp(period, 1, ushort.MaxValue);
    }

    /// <summary>The public key of a writer who was named by 8 bytes; null if it is not known.</summary>
    internal byte[]? KeyOf(Abbreviation name)
    {
        foreach ((NodeAddress address, Sender sender) in _senders)
        {
            if (Abbreviation.Of(address) == name)
                return sender.Key;
        }

        return null;
    }

    /// <summary>A message was read; true if it came after a later one of its writer.</summary>
    internal bool Note(in NodeAddress address, ReadOnlySpan<byte> key, bool isKnown, ushort period, uint sequence)
    {
        if (!_senders.TryGetValue(address, out Sender? sender))
        {
            if (_senders.Count >= MaxSenders)
                _senders.Remove(_senders.MinBy(static s => (s.Value.IsKnown, s.Value.Turn)).Key);
            _senders.Add(address, sender = new Sender(key.ToArray(), sequence));
        }

        sender.Turn = ++_turn;
        sender.IsKnown = isKnown;
        if (sequence >= sender.Highest)
            sender.Period = period;
        if (sequence > sender.Highest)
        {
            uint ahead = sequence - sender.Highest;
            sender.Read = ahead >= Window ? 1 : sender.Read << (int)ahead | 1;
            sender.Highest = sequence;
            return false;
        }

        uint behind = sender.Highest - sequence;
        if (behind < Window)
            sender.Read |= 1UL << (int)behind;
        sender.First = Math.Min(sender.First, sequence);
        return behind > 0;
    }

    private static int Expected(Sender sender) => (int)Math.Min(Window, (long)sender.Highest - sender.First + 1);
}
