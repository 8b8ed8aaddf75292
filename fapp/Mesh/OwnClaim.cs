using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>An attestation or revocation that this node signs, and publishes every day while it holds.</summary>
internal sealed class OwnClaim(FappRecordType type, Region region, ushort until, byte[] body) : IStoredItem
{
    /// <summary>Claims of a node; arbitrary: the members of a chamber's list.</summary>
    internal const int MaxClaims = 4096;

    private const byte Version = 1;
    private const int PlaceSize = 7;

    internal FappRecordType Type { get; } = type;

    internal Region Region { get; } = region;

    /// <summary>The last day on which it is published, in days since 1970-01-01.</summary>
    internal ushort Until { get; } = until;

    internal byte[] Body { get; } = body;

    /// <summary>The sequence of the last record.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>The next publication, in running seconds.</summary>
    internal long PublishAt { get; set; }

    /// <summary>
    /// The place of its record: the first 7 bytes of the hash of its body, which leave the first byte 0.
    /// </summary>
    internal ulong Place
    {
        get
        {
            ulong place = 0;
            foreach (byte b in SHA256.HashData(Body).AsSpan(0, PlaceSize))
                place = place << 8 | b;
            return place;
        }
    }

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Claim;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key => SHA256.HashData([(byte)Type, Region.Number, .. Body]).AsMemory(0, 15);

    /// <inheritdoc/>
    public byte[] Encode() => new RowWriter().Number(Version).Number((ulong)Type).Number(Region.Number).Number(Until)
        .Bytes(Body).Number(Sequence)
        .Signed(PublishAt).ToArray();

    internal static OwnClaim? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        var type = (FappRecordType)reader.Number();
        var region = new Region((byte)Math.Min(reader.Number(), Region.Count - 1));
        var read = new OwnClaim(type, region, (ushort)Math.Min(reader.Number(), ushort.MaxValue), reader.Bytes())
        {
            Sequence = reader.Number(),
            PublishAt = reader.Signed(),
        };
        return reader.IsDone && type is FappRecordType.Attestation or FappRecordType.Revocation ? read : null;
    }
}
