using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>What a practice keeps once: what its owner set, its keys, its numbers and its schedule.</summary>
internal sealed class DeskHead(byte place, PracticeSetup setup, byte[] drawKey) : IStoredItem
{
    /// <summary>Size of <see cref="DrawKey"/> in bytes.</summary>
    internal const int DrawKeySize = 32;

    /// <summary>Keys kept at once; arbitrary: rotation needs two.</summary>
    internal const int MaxKeys = 8;

    private const byte Version = 1;

    internal byte Place { get; } = place;

    internal PracticeSetup Setup { get; set; } = setup;

    /// <summary>Decides draws: nobody else foresees them, and a repeat changes none. Secret.</summary>
    internal byte[] DrawKey { get; } = drawKey;

    /// <summary>The sequence of the last record.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>The next publication, in running seconds.</summary>
    internal long PublishAt { get; set; }

    /// <summary>New slots go out without waiting for <see cref="PublishAt"/>; in running seconds, 0 for none.</summary>
    internal long AnnounceAt { get; set; }

    /// <summary>Entries of a record: 16, 32 or 64.</summary>
    internal int Entries { get; set; } = SlotConfirm.MinEntries;

    /// <summary>Shards: two to the power of this.</summary>
    internal int ShardBits { get; set; }

    /// <summary>Since when the size is what it is, in running seconds.</summary>
    internal long SizeSince { get; set; }

    /// <summary>Answers or slots were published, and have not been followed by an empty publication yet.</summary>
    internal bool HasPublished { get; set; }

    /// <summary>Newest last.</summary>
    internal List<RequestKey> Keys { get; } = [];

    internal RequestKey CurrentKey => Keys[^1];

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Practice;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key => new[] { Place };

    /// <inheritdoc/>
    public byte[] Encode()
    {
        RowWriter writer = new RowWriter().Number(Version).Number(Place).Bytes(Setup.Announce.Encode())
            .Number((ulong)Setup.Modality).Signed(Setup.Draw)
            .Flag(Setup.IsAuto).Text(Setup.Pin).Flag(Setup.KeepsNotes).Bytes(DrawKey).Number(Sequence).Signed(PublishAt)
            .Signed(AnnounceAt)
            .Number((ulong)Entries).Number((ulong)ShardBits).Signed(SizeSince).Flag(HasPublished).Count(Keys.Count);
        foreach (RequestKey key in Keys)
            writer.Number(key.Number).Number(key.Effort).Bytes(key.Secret).Signed(key.Since).Signed(key.Announced);
        return writer.ToArray();
    }

    internal static DeskHead? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        byte place = (byte)reader.Number();
        if (SlotAnnounce.TryRead(reader.Bytes()) is not { } announce)
            return null;
        var setup = new PracticeSetup
        {
            Announce = announce,
            Modality = (Modality)reader.Number(),
            Draw = reader.Signed(),
            IsAuto = reader.Flag(),
            Pin = reader.Text(),
            KeepsNotes = reader.Flag(),
        };
        var head = new DeskHead(place, setup, reader.Bytes(DrawKeySize))
        {
            Sequence = reader.Number(),
            PublishAt = reader.Signed(),
            AnnounceAt = reader.Signed(),
            Entries = (int)reader.Number(),
            ShardBits = (int)reader.Number(),
            SizeSince = reader.Signed(),
            HasPublished = reader.Flag(),
        };
        int keys = reader.Count(MaxKeys);
        for (int i = 0; i < keys; i++)
        {
            var key = new RequestKey((ushort)reader.Number(), (byte)reader.Number(),
                reader.Bytes(Identity.X25519.SecretKeySize))
            {
                Since = reader.Signed(),
                Announced = reader.Signed(),
            };
            head.Keys.Add(key);
        }

        bool isSound = reader.IsDone && keys > 0 && head.Entries is 16 or 32 or 64
            && head.ShardBits is >= 0 and <= SlotConfirm.MaxShardBits;
        return isSound ? head : null;
    }
}
