using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  18 | number 8 | suite 2 | KeyPackage (MLSMessage)
//
/// <summary>
/// Asks whoever founds the pair of both to found it, now, with this KeyPackage; sealed. Only the lower of two addresses
/// founds, so that two that begin at once end in one group.
/// </summary>
/// <param name="Seen">The number of the last founding that the sender knows; 0 for none.</param>
/// <param name="Suite">The cipher suite.</param>
/// <param name="KeyPackage">A KeyPackage of the sender.</param>
internal readonly record struct PairOffer(ulong Seen, CipherSuite Suite, ReadOnlyMemory<byte> KeyPackage)
{
    /// <summary>The first byte.</summary>
    internal const byte Mark = 18;

    internal byte[] Write()
    {
        var writer = new FrameWriter();
        writer.Byte(Mark);
        writer.UInt64(Seen);
        writer.UInt16((ushort)Suite);
        writer.Raw(KeyPackage.Span);
        return writer.ToArray();
    }

    /// <summary>Reads one; false if it is none, or its number leaves no successor.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out PairOffer offer)
    {
        offer = default;
        var reader = new FrameReader(bytes);
        if (!reader.TryByte(out byte mark) || mark != Mark
            || !reader.TryUInt64(out ulong seen) || seen >= PairExtension.MaxNumber
            || !reader.TryUInt16(out ushort suite) || reader.AtEnd || reader.Left > OrderWithKeys.MaxKeyPackage
            || !reader.TryTake(reader.Left, out ReadOnlySpan<byte> package))
            return false;
        offer = new PairOffer(seen, (CipherSuite)suite, package.ToArray());
        return true;
    }
}
