using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  21 | count 1 (1 to 64) | { envelope 16 | proof 24 }
//
/// <summary>
/// That texts arrived, for their author; sealed. Texts which the router brought are answered by its receipts.
/// </summary>
/// <param name="Proofs">Envelopes, each with the proof that its receipt would carry.</param>
internal sealed record ProofsFrame(IReadOnlyList<(EnvelopeId Envelope, byte[] Proof)> Proofs)
{
    internal const byte Mark = 21;

    /// <summary>Most that one tells of.</summary>
    internal const int MaxProofs = 64;

    private const int EntrySize = EnvelopeId.Size + Receipt.ProofSize;

    internal byte[] Write()
    {
        var writer = new FrameWriter();
        writer.Byte(Mark);
        writer.Byte((byte)Proofs.Count);
        foreach ((EnvelopeId envelope, byte[] proof) in Proofs)
        {
            envelope.Write(writer.Take(EnvelopeId.Size));
            writer.Raw(proof);
        }

        return writer.ToArray();
    }

    /// <summary>Reads one; null if it is none.</summary>
    internal static ProofsFrame? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new FrameReader(bytes);
        if (!reader.TryByte(out byte mark) || mark != Mark || !reader.TryByte(out byte count)
            || count is 0 or > MaxProofs || reader.Left != count * EntrySize)
            return null;
        var proofs = new (EnvelopeId, byte[])[count];
        for (int i = 0; i < count; i++)
        {
            _ = reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> id);
            _ = reader.TryTake(Receipt.ProofSize, out ReadOnlySpan<byte> proof);
            proofs[i] = (EnvelopeId.Read(id), proof.ToArray());
        }

        return new ProofsFrame(proofs);
    }
}
