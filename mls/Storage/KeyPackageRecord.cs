using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Storage;

// uint8 version = 3; uint8 last_resort; uint64 keep until, in milliseconds of the client's ageing; opaque
// init_private<V>; opaque leaf_private<V>; opaque key_package<V>; uint32 count of states joined with it, each:
// state[32]. Version 2 lacks the time.
/// <summary>A key package of our own with its private keys, until somebody uses it.</summary>
internal sealed class KeyPackageRecord(UnverifiedKeyPackage keyPackage, byte[] initKey, byte[] leafKey, bool lastResort)
    : IDisposable
{
    private const byte FormatVersion = 3;
    private const byte Timeless = 2;

    /// <summary>
    /// How many joins are remembered. A key package that serves so often should have been replaced long ago.
    /// </summary>
    private const int MaxJoined = 1024;

    internal UnverifiedKeyPackage KeyPackage { get; } = keyPackage;

    internal byte[] InitKey { get; } = initKey;

    internal byte[] LeafKey { get; } = leafKey;

    internal bool LastResort { get; } = lastResort;

    /// <summary>
    /// When its keys are deleted, by <see cref="MlsClientOptions.Ageing"/>; null if a version wrote it that did not
    /// say.
    /// </summary>
    internal DateTimeOffset? KeepUntil { get; set; }

    /// <summary>The end of its lifetime, by the calendar.</summary>
    internal DateTimeOffset NotAfter => At(KeyPackage.Leaf.NotAfter, DateTimeOffset.FromUnixTimeSeconds,
        DateTimeOffset.MaxValue.ToUnixTimeSeconds());

    /// <summary>How long it may be used in all.</summary>
    internal TimeSpan Lifetime => KeyPackage.Leaf.NotAfter <= KeyPackage.Leaf.NotBefore ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(
            KeyPackage.Leaf.NotAfter - KeyPackage.Leaf.NotBefore, (ulong)TimeSpan.MaxValue.TotalSeconds / 2));

    /// <summary>
    /// The states that were joined with it: none is joined twice, because the ratchets of the second time would begin
    /// anew.
    /// </summary>
    internal List<StateId> Joined { get; } = [];

    internal void AddJoined(StateId state)
    {
        Joined.Add(state);
        if (Joined.Count > MaxJoined)
            Joined.RemoveAt(0);
    }

    internal byte[] ToBytes()
    {
        using MlsWriter writer = new();
        writer.Byte(KeepUntil is null ? Timeless : FormatVersion);
        writer.Presence(LastResort);
        if (KeepUntil is { } until)
            writer.UInt64((ulong)until.ToUnixTimeMilliseconds());
        writer.Vector(InitKey);
        writer.Vector(LeafKey);
        writer.Vector(KeyPackage.Encoded);
        writer.UInt32((uint)Joined.Count);
        foreach (StateId state in Joined)
            state.Write(writer.Take(StateId.Size));
        return writer.ToArray();
    }

    internal static KeyPackageRecord? Read(byte[] bytes)
    {
        MlsReader reader = new(bytes);
        ulong keepUntil = 0;
        if (!reader.TryReadByte(out byte version) || version is not (FormatVersion or Timeless)
            || !reader.TryReadPresence(out bool lastResort)
            || (version != Timeless && !reader.TryReadUInt64(out keepUntil))
            || !reader.TryReadVector(out ReadOnlyMemory<byte> init)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> leaf)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> encoded) || !reader.TryReadUInt32(out uint joined))
        {
            return null;
        }

        // A copy, because the caller zeroes the buffer.
        MlsReader inner = new(encoded.ToArray());
        if (!UnverifiedKeyPackage.TryRead(ref inner, out UnverifiedKeyPackage keyPackage))
            return null;
        KeyPackageRecord record = new(keyPackage, init.ToArray(), leaf.ToArray(), lastResort)
        {
            KeepUntil = version == Timeless ? null : At(
                keepUntil, DateTimeOffset.FromUnixTimeMilliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()),
        };
        for (uint i = 0; i < joined; i++)
        {
            if (!reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> state))
                return null;
            record.Joined.Add(new StateId(state));
        }
        return record;
    }

    private static DateTimeOffset At(ulong value, Func<long, DateTimeOffset> read, long most) =>
        value <= (ulong)most ? read((long)value) : DateTimeOffset.MaxValue;

    public void Dispose()
    {
        Secrets.Zero(InitKey);
        Secrets.Zero(LeafKey);
    }
}
