using System.Buffers;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Attestation;

// docs/reference/fapp.md: the body of an attestation and of a revocation, a map; what is not there is left out
//
//  0 version 1    1 subject bin(32)    2 from u16    3 until u16    4 certificate bin    5 signer info bin

/// <summary>
/// What an attestation or a revocation says, apart from who signed the record around it. With a certificate a card says
/// it (of the record's author, unless it names a subject); without, the record's author says it of the subject.
/// </summary>
public sealed record Claim
{
    private const int Version = 1;

    /// <summary>Of which key; null for the author's own.</summary>
    public MeshKey? Subject { get; init; }

    /// <summary>
    /// The first day on which it holds, in days since 1970-01-01 UTC; of a revocation, the last day that it takes back.
    /// </summary>
    public ushort From { get; init; }

    /// <summary>The last day on which it holds; of a revocation as <see cref="From"/>.</summary>
    public ushort Until { get; init; }

    /// <summary>The card's certificate in DER; empty where no card says it.</summary>
    public byte[] Certificate { get; init; } = [];

    /// <summary>
    /// The card's signature: a CMS SignerInfo in DER, over the <see cref="Statement"/> that follows from the fields.
    /// </summary>
    public byte[] SignerInfo { get; init; } = [];

    /// <summary>Whether a card says it.</summary>
    public bool IsByCard => Certificate.Length > 0;

    /// <summary>Reads a body; null if it is cut, of another version, or breaks a bound.</summary>
    public static Claim? TryRead(ReadOnlySpan<byte> body)
    {
        var reader = new MessagePackReader(body);
        if (!reader.TryReadMapHeader(out int pairs))
            return null;
        uint version = 0, from = 0, until = 0;
        MeshKey? subject = null;
        byte[] certificate = [], signerInfo = [];
        long last = -1;
        for (int i = 0; i < pairs; i++)
        {
            // Ascending keys: none is there twice.
            if (!reader.TryReadUInt32(uint.MaxValue, out uint key) || key <= last)
                return null;
            last = key;
            bool read = key switch
            {
                0 => reader.TryReadUInt32(byte.MaxValue, out version),
                1 => TryReadKey(ref reader, out subject),
                2 => reader.TryReadUInt32(ushort.MaxValue, out from),
                3 => reader.TryReadUInt32(ushort.MaxValue, out until),
                4 => TryReadBytes(ref reader, CardCertificate.MaxSize, out certificate),
                5 => TryReadBytes(ref reader, CardSignature.MaxSize, out signerInfo),
                _ => reader.TrySkip(),
            };
            if (!read)
                return null;
        }

        bool isWhole = reader.AtEnd && version == Version && until >= from
            && certificate.Length > 0 == signerInfo.Length > 0 && (certificate.Length > 0 || subject is not null);
        return isWhole
            ? new Claim
            {
                Subject = subject,
                From = (ushort)from,
                Until = (ushort)until,
                Certificate = certificate,
                SignerInfo = signerInfo
            }
            : null;
    }

    /// <summary>Writes the body.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(3 + (Subject is null ? 0 : 1) + (IsByCard ? 2 : 0));
        writer.Write(0);
        writer.Write(Version);
        if (Subject is { } subject)
        {
            writer.Write(1);
            writer.WriteBinary(subject.ToArray());
        }

        writer.Write(2);
        writer.Write((int)From);
        writer.Write(3);
        writer.Write((int)Until);
        if (IsByCard)
        {
            writer.Write(4);
            writer.WriteBinary(Certificate);
            writer.Write(5);
            writer.WriteBinary(SignerInfo);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>By what an announce names an attestation: the first 16 bytes of SHA-256 over its body.</summary>
    public byte[] Hash() => HashOf(Encode());

    /// <summary>As <see cref="Hash"/>, of a body as it came.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, digest);
        return digest[..SlotAnnounce.AttestationHashSize].ToArray();
    }

    private static bool TryReadKey(ref MessagePackReader reader, out MeshKey? key)
    {
        bool isKey = reader.TryReadBinary(out ReadOnlySpan<byte> bytes) && bytes.Length == MeshKey.Size;
        key = isKey ? MeshKey.Read(bytes) : null;
        return isKey;
    }

    private static bool TryReadBytes(ref MessagePackReader reader, int most, out byte[] bytes)
    {
        bool fits = reader.TryReadBinary(out ReadOnlySpan<byte> read) && read.Length is > 0 && read.Length <= most;
        bytes = fits ? read.ToArray() : [];
        return fits;
    }
}
