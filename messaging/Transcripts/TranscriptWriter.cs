using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Transcripts;

/// <summary>Makes the bytes of a transcript: a head, a record for each message, and an end.</summary>
public sealed class TranscriptWriter : IDisposable
{
    private readonly TranscriptSeal _seal;
    private long _count;

    /// <summary>Begins one.</summary>
    /// <param name="passphrase">UTF-8; the file opens with nothing else.</param>
    /// <param name="random">Draws the salt.</param>
    /// <param name="cost">Cost of the passphrase; <see cref="Argon2Cost.Default"/> if null.</param>
    public TranscriptWriter(ReadOnlySpan<byte> passphrase, RandomFill random, Argon2Cost? cost = null)
    {
        byte[] head = new byte[TranscriptSeal.HeadSize];
        _seal = TranscriptSeal.Begin(passphrase, cost ?? Argon2Cost.Default, random, head);
        Head = head;
    }

    /// <summary>What the file begins with.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>The bytes of a message.</summary>
    public byte[] Add(TranscriptRecord record)
    {
        _count++;
        byte[] plain = record.ToBytes();
        byte[] framed = _seal.Seal(plain);
        CryptographicOperations.ZeroMemory(plain);
        return framed;
    }

    /// <summary>The bytes of the end: a file without it was cut.</summary>
    public byte[] End()
    {
        byte[] end = new byte[TranscriptRecord.EndSize];
        end[0] = TranscriptRecord.End;
        BinaryPrimitives.WriteInt64BigEndian(end.AsSpan(1), _count);
        return _seal.Seal(end);
    }

    /// <inheritdoc/>
    public void Dispose() => _seal.Dispose();
}
