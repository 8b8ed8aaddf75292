using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>
/// A request at a practice.
/// <code>
///  Received --draw--> Drawn --practice--> Offered (asks first) --patient--> Booked --> Kept | NoShow
///     |                 |   '-----------------------------------------------^
///     '--not drawn--> Waiting --next--> Drawn
///  from any of them: Refused, Withdrawn, Cancelled, Expired
/// </code>
/// </summary>
internal sealed class DeskRequest(byte place, RequestId id, byte[] root, SlotId slot) : IStoredItem
{
    private const byte Version = 1;

    internal byte Place { get; } = place;

    internal RequestId Id { get; } = id;

    /// <summary>The root of its answers, 32 bytes. Secret.</summary>
    internal byte[] Root { get; } = root;

    internal SlotId Slot { get; } = slot;

    /// <summary>Where it is.</summary>
    internal SlotAnswer State { get; set; } = SlotAnswer.Received;

    internal SlotFlags Flags { get; init; }

    internal string Note { get; init; } = "";

    /// <summary>The hash of the person that a refusal is made out to; empty for none.</summary>
    internal byte[] Person { get; init; } = [];

    /// <summary>The patient was here before: an earlier request was kept.</summary>
    internal bool IsKnown { get; init; }

    /// <summary>It carried the right PIN.</summary>
    internal bool HasPin { get; set; }

    /// <summary>When it came, in running seconds.</summary>
    internal long Came { get; init; }

    /// <summary>When its state changed, in running seconds.</summary>
    internal long Changed { get; set; }

    /// <summary>Offered: until when; refused: no place before. In minutes since 2020-01-01 UTC.</summary>
    internal uint Until { get; set; }

    /// <summary>The person said that it comes.</summary>
    internal bool Attends { get; set; }

    /// <summary>It was booked by itself, and the person was not here before.</summary>
    internal bool IsAutoStranger { get; set; }

    /// <summary>
    /// Its place in the draw: a keyed hash of its id, so that a repeat changes nothing. Computed, not kept.
    /// </summary>
    internal ulong Rank { get; set; }

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Request;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key
    {
        get
        {
            byte[] key = new byte[RequestId.Size];
            Id.Write(key);
            return key.AsMemory(0, RequestId.Size - 1);
        }
    }

    /// <summary>It takes part in the draw, or waits.</summary>
    internal bool IsPending => State is SlotAnswer.Received or SlotAnswer.Waiting;

    /// <summary>It has the slot.</summary>
    internal bool IsHolder => State is SlotAnswer.Drawn or SlotAnswer.Offered or SlotAnswer.Booked;

    /// <inheritdoc/>
    public byte[] Encode() => new RowWriter().Number(Version).Number(Place).Id(Id).Bytes(Root).Number(Slot.Value)
        .Number((ulong)State)
        .Number((ulong)Flags).Text(Note).Bytes(Person).Flag(IsKnown).Flag(HasPin).Signed(Came).Signed(Changed)
        .Number(Until).Flag(Attends)
        .Flag(IsAutoStranger).ToArray();

    internal static DeskRequest? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        byte place = (byte)reader.Number();
        RequestId id = RequestId.Read(reader.Bytes(RequestId.Size));
        byte[] root = reader.Bytes(Requests.AnswerKeys.RootSize);
        var slot = new SlotId((uint)reader.Number());
        var state = (SlotAnswer)reader.Number();
        var read = new DeskRequest(place, id, root, slot)
        {
            State = state,
            Flags = (SlotFlags)reader.Number(),
            Note = reader.Text(),
            Person = reader.Bytes(),
            IsKnown = reader.Flag(),
            HasPin = reader.Flag(),
            Came = reader.Signed(),
            Changed = reader.Signed(),
            Until = (uint)reader.Number(),
            Attends = reader.Flag(),
            IsAutoStranger = reader.Flag(),
        };
        return reader.IsDone && state is >= SlotAnswer.Received and <= SlotAnswer.PinNeeded ? read : null;
    }
}
