using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  16 | suite 2                            asks for a KeyPackage
//  17 | suite 2 | KeyPackage (MLSMessage)  gives one
//
/// <summary>
/// A question for a KeyPackage, or the answer; sealed, so that the asker is known and relays see nothing.
/// </summary>
/// <param name="IsAnswer">It is the answer.</param>
/// <param name="Suite">The cipher suite.</param>
/// <param name="KeyPackage">The KeyPackage, in an answer.</param>
internal readonly record struct KeyPackageFrame(bool IsAnswer, CipherSuite Suite, ReadOnlyMemory<byte> KeyPackage)
{
    internal const byte Question = 16;
    internal const byte Answer = 17;

    internal int Size => 1 + sizeof(ushort) + KeyPackage.Length;

    internal byte[] Write()
    {
        var writer = new FrameWriter();
        writer.Byte(IsAnswer ? Answer : Question);
        writer.UInt16((ushort)Suite);
        writer.Raw(KeyPackage.Span);
        return writer.ToArray();
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out KeyPackageFrame frame)
    {
        frame = default;
        var reader = new FrameReader(bytes);
        if (!reader.TryByte(out byte kind) || kind is not (Question or Answer) || !reader.TryUInt16(out ushort suite)
            || reader.Left > OrderWithKeys.MaxKeyPackage || reader.AtEnd == (kind == Answer)
            || !reader.TryTake(reader.Left, out ReadOnlySpan<byte> package))
            return false;
        frame = new KeyPackageFrame(kind == Answer, (CipherSuite)suite, package.ToArray());
        return true;
    }
}
