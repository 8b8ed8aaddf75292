using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 4:
//
//  52 | receiver's address 16 | count 1 | { message 16 | proof 24 }
//
/// <summary>
/// That messages arrived, with proofs that only their receiver can make (docs/reference/protocol.md, section 4.2). No
/// MLS
/// message begins with its first byte.
/// </summary>
/// <param name="Receiver">Who has them.</param>
/// <param name="Proofs">Which, each with its proof of 24 bytes.</param>
internal sealed record ServerReceipt(NodeAddress Receiver, IReadOnlyList<(EnvelopeId Message, byte[] Proof)> Proofs)
{
    /// <summary>The first byte.</summary>
    internal const byte Mark = 0x52;

    /// <summary>Messages that one is for, at most.</summary>
    internal const int MaxProofs = 64;

    private const int HeadSize = 1 + NodeAddress.Size + 1;
    private const int EntrySize = EnvelopeId.Size + Receipt.ProofSize;

    /// <summary>Its bytes.</summary>
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[HeadSize + Proofs.Count * EntrySize];
        bytes[0] = Mark;
        Receiver.Write(bytes.AsSpan(1));
        bytes[HeadSize - 1] = (byte)Proofs.Count;
        int at = HeadSize;
        foreach ((EnvelopeId message, byte[] proof) in Proofs)
        {
            message.Write(bytes.AsSpan(at));
            proof.CopyTo(bytes.AsSpan(at + EnvelopeId.Size));
            at += EntrySize;
        }

        return bytes;
    }

    /// <summary>Reads one; null if it is none.</summary>
    internal static ServerReceipt? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadSize || bytes[0] != Mark || bytes[HeadSize - 1] is 0 or > MaxProofs
            || bytes.Length != HeadSize + bytes[HeadSize - 1] * EntrySize)
            return null;
        var proofs = new (EnvelopeId, byte[])[bytes[HeadSize - 1]];
        for (int i = 0; i < proofs.Length; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(HeadSize + i * EntrySize, EntrySize);
            proofs[i] = (EnvelopeId.Read(entry), entry[EnvelopeId.Size..].ToArray());
        }

        return new ServerReceipt(NodeAddress.Read(bytes[1..]), proofs);
    }
}
