using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// A change of a group's members that the server has to take: what is wanted, so that it can be committed again where
/// another
/// commit came first. The commit itself is the MLS library's pending one.
/// </summary>
internal sealed class ServerChange
{
    /// <summary>Bytes of a KeyPackage, at most.</summary>
    internal const int MaxKeyPackage = 16 << 10;

    /// <summary>KeyPackages of those who are to be added, as MLSMessages.</summary>
    internal List<byte[]> Add { get; } = [];

    /// <summary>Keys of those who are to be removed.</summary>
    internal List<byte[]> Remove { get; } = [];

    /// <summary>Drawn for the names of the commit that is on its way.</summary>
    internal EnvelopeId Secret { get; set; }

    /// <summary>When that was made.</summary>
    internal DateTimeOffset At { get; set; }

    /// <summary>Another commit came first: it is made again on the state that follows.</summary>
    internal bool IsStale { get; set; }

    // stale 1 | secret 16 | Unix ms 8 | keys to remove | count 1, blocks
    internal void Save(FrameWriter writer)
    {
        writer.Byte(IsStale ? (byte)1 : (byte)0);
        Secret.Write(writer.Take(EnvelopeId.Size));
        writer.UInt64((ulong)Math.Max(0, At.ToUnixTimeMilliseconds()));
        ServerOutbox.WriteKeys(writer, Remove);
        writer.Byte((byte)Add.Count);
        foreach (byte[] package in Add)
            writer.Block(package);
    }

    internal static ServerChange? Load(ref FrameReader reader)
    {
        var change = new ServerChange();
        if (!reader.TryByte(out byte stale) || stale > 1
            || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> secret) || !reader.TryUInt64(out ulong at)
            || at > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !ServerOutbox.TryReadKeys(ref reader, change.Remove) || !reader.TryByte(out byte count))
            return null;
        change.IsStale = stale == 1;
        change.Secret = EnvelopeId.Read(secret);
        change.At = DateTimeOffset.FromUnixTimeMilliseconds((long)at);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryBlock(MaxKeyPackage, out ReadOnlySpan<byte> package))
                return null;
            change.Add.Add(package.ToArray());
        }

        return change;
    }
}
