using System.Buffers.Binary;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>A slot of this practice, and who has it.</summary>
internal sealed class DeskSlot(byte place, Slot slot) : IStoredItem
{
    /// <summary>
    /// Ids of requests that were finished and forgotten, which must not come back while the slot is there; arbitrary.
    /// </summary>
    internal const int MaxDone = 256;

    private const byte Version = 1;

    internal byte Place { get; } = place;

    internal Slot Slot { get; } = slot;

    /// <summary>The practice took it back.</summary>
    internal bool IsWithdrawn { get; set; }

    /// <summary>It was in the last announce.</summary>
    internal bool IsListed { get; set; }

    /// <summary>When one is drawn, in running seconds; 0: nobody asked yet, or it was drawn.</summary>
    internal long DrawAt { get; set; }

    /// <summary>It was drawn: who comes now waits.</summary>
    internal bool IsDrawn { get; set; }

    /// <summary>Who has it; null: nobody.</summary>
    internal RequestId? Holder { get; set; }

    /// <summary>Valid requests since <see cref="CountedSince"/>: what the alarm looks at.</summary>
    internal int Valid { get; set; }

    /// <summary>In running seconds.</summary>
    internal long CountedSince { get; set; }

    /// <summary>Requests that were finished and forgotten.</summary>
    internal List<ulong> Done { get; } = [];

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Slot;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key
    {
        get
        {
            byte[] key = new byte[1 + SlotId.Size];
            key[0] = Place;
            BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), Slot.Id.Value);
            return key;
        }
    }

    /// <summary>Nobody has it, and it was not taken back.</summary>
    internal bool IsOpen => !IsWithdrawn && Holder is null;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        RowWriter writer = new RowWriter().Number(Version).Number(Place).Slot(Slot).Flag(IsWithdrawn).Flag(IsListed)
            .Signed(DrawAt).Flag(IsDrawn)
            .Flag(Holder is not null).Id(Holder ?? default).Number((ulong)Valid).Signed(CountedSince).Count(Done.Count);
        foreach (ulong done in Done)
            writer.Number(done);
        return writer.ToArray();
    }

    internal static DeskSlot? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        byte place = (byte)reader.Number();
        if (!reader.Slot(out Slot slot))
            return null;
        var read = new DeskSlot(place, slot)
        {
            IsWithdrawn = reader.Flag(),
            IsListed = reader.Flag(),
            DrawAt = reader.Signed(),
            IsDrawn = reader.Flag(),
        };
        bool isHeld = reader.Flag();
        RequestId holder = RequestId.Read(reader.Bytes(RequestId.Size));
        read.Holder = isHeld ? holder : null;
        read.Valid = (int)Math.Min(reader.Number(), int.MaxValue);
        read.CountedSince = reader.Signed();
        int done = reader.Count(MaxDone);
        for (int i = 0; i < done; i++)
            read.Done.Add(reader.Number());
        return reader.IsDone ? read : null;
    }
}
