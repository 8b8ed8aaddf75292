using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Patient;

/// <summary>Where a reservation is, in the words of commands.</summary>
public enum ReservationState : byte
{
    /// <summary>Asked; the practice has said nothing, or collects requests.</summary>
    Requested = 1,

    /// <summary>Drawn: the practice looks at it, or holds it until the patient acknowledges.</summary>
    Offered = 2,

    /// <summary>The patient has the slot.</summary>
    Booked = 3,

    /// <summary>Somebody else was drawn; this one waits in case the slot becomes free.</summary>
    Waiting = 4,

    /// <summary>The practice refused, or wants a PIN.</summary>
    Refused = 5,

    /// <summary>The practice withdrew the slot.</summary>
    Withdrawn = 6,

    /// <summary>Cancelled by either side.</summary>
    Cancelled = 7,

    /// <summary>An offer was not acknowledged in time, or the slot is over.</summary>
    Expired = 8,

    /// <summary>The patient came.</summary>
    Kept = 9,

    /// <summary>The patient did not come.</summary>
    NoShow = 10,
}

/// <summary>Whom a refusal is to be made out to; it never leaves the patient's node, only its hash does.</summary>
/// <param name="Name">The name.</param>
/// <param name="Born">The birth date.</param>
/// <param name="Salt">16 random bytes.</param>
public sealed record Person(string Name, DateOnly Born, byte[] Salt)
{
    /// <summary>Size of the salt in bytes.</summary>
    public const int SaltSize = 16;

    /// <summary>The first 15 bytes of SHA-256 over salt, name, a zero and the birth date as YYYY-MM-DD.</summary>
    public byte[] Hash()
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(
            Name + "\0" + Born.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        return System.Security.Cryptography.SHA256.HashData([.. Salt, .. text])[..SlotReserve.PersonSize];
    }
}

/// <summary>What a practice signed about a refusal, and the key that opens it.</summary>
/// <param name="Record">The gossip record.</param>
/// <param name="Key">The entry's key, 32 bytes.</param>
/// <param name="Before">No place before this, in minutes since 2020-01-01 UTC; 0: not said.</param>
public sealed record RefusalStatement(byte[] Record, byte[] Key, uint Before);

/// <summary>A slot that this patient asked for.</summary>
public sealed class Reservation : IStoredItem
{
    private const byte Version = 1;

    internal Reservation(RequestId id, byte[] root, byte[] author, byte place, Slot slot) =>
        (Id, Root, Author, Place, Slot) = (id, root, author, place, slot);

    /// <summary>Names it.</summary>
    public RequestId Id { get; }

    /// <summary>The practice's public key, 32 bytes.</summary>
    public byte[] Author { get; }

    /// <summary>Which of the practice's places.</summary>
    public byte Place { get; }

    /// <summary>The slot.</summary>
    public Slot Slot { get; }

    /// <summary>The practice's name when it was asked.</summary>
    public string Practice { get; internal init; } = "";

    /// <summary>How the practice is reached.</summary>
    public string Contact { get; internal init; } = "";

    /// <summary>Where it is.</summary>
    public string Plz { get; internal init; } = "";

    /// <summary>Who it was known to be when it was asked.</summary>
    public Level Level { get; internal init; }

    /// <summary>Where it is.</summary>
    public ReservationState State { get; internal set; } = ReservationState.Requested;

    /// <summary>The practice's last word; null: none came.</summary>
    public SlotAnswer? Answer { get; internal set; }

    /// <summary>
    /// Offered: until when it is held for an acknowledgement. In minutes since 2020-01-01 UTC; 0: nothing to do.
    /// </summary>
    public uint Until { get; internal set; }

    /// <summary>Six digits that the practice sees too.</summary>
    public string Code => AnswerKeys.Code(Root);

    /// <summary>When it was made, in running seconds.</summary>
    public long Made { get; internal init; }

    /// <summary>Whom a refusal is made out to; null for nobody.</summary>
    public Person? Person { get; internal init; }

    /// <summary>The practice's signed refusal; null for none.</summary>
    public RefusalStatement? Statement { get; internal set; }

    /// <summary>What is to be sent until the practice says that it came; 0: nothing.</summary>
    internal SlotVerb Outgoing { get; set; }

    /// <summary>Its bytes.</summary>
    internal byte[] Message { get; set; } = [];

    /// <summary>When it is sent next, in running seconds.</summary>
    internal long SendAt { get; set; }

    /// <summary>How often it was sent.</summary>
    internal int Sends { get; set; }

    /// <summary>The sequence of the record that the last word came in.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>The key its requests are sealed to, as it was announced.</summary>
    internal byte[] RequestKey { get; init; } = [];

    /// <summary>The number of that key.</summary>
    internal ushort RequestKeyNumber { get; init; }

    internal byte[] Root { get; }

    /// <summary>The practice's address.</summary>
    public NodeAddress Address => NodeAddress.Of(Author);

    /// <summary>It can still become, or is, an appointment.</summary>
    public bool IsActive => State is ReservationState.Requested or ReservationState.Offered or ReservationState.Booked
        or ReservationState.Waiting;

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Reservation;

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

    /// <inheritdoc/>
    public byte[] Encode()
    {
        RowWriter writer = new RowWriter().Number(Version).Id(Id).Bytes(Root).Bytes(Author).Number(Place).Slot(Slot)
            .Text(Practice).Text(Contact)
            .Text(Plz).Number((ulong)Level).Number((ulong)State).Number((ulong)(Answer ?? 0)).Number(Until).Signed(Made)
            .Number((ulong)Outgoing)
            .Bytes(Message).Signed(SendAt).Number((ulong)Sends).Number(Sequence).Bytes(RequestKey)
            .Number(RequestKeyNumber).Flag(Person is not null);
        if (Person is { } person)
            writer.Text(person.Name).Number((ulong)person.Born.DayNumber).Bytes(person.Salt);
        writer.Flag(Statement is not null);
        if (Statement is { } statement)
            writer.Bytes(statement.Record).Bytes(statement.Key).Number(statement.Before);
        return writer.ToArray();
    }

    /// <summary>Takes back one that was kept; null if the row is damaged.</summary>
    public static Reservation? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        RequestId id = RequestId.Read(reader.Bytes(RequestId.Size));
        byte[] root = reader.Bytes(AnswerKeys.RootSize), author = reader.Bytes(Ed25519.PublicKeySize);
        byte place = (byte)reader.Number();
        if (!reader.Slot(out Slot slot))
            return null;
        var read = new Reservation(id, root, author, place, slot)
        {
            Practice = reader.Text(),
            Contact = reader.Text(),
            Plz = reader.Text(),
            Level = (Level)reader.Number(),
            State = (ReservationState)reader.Number(),
            Answer = reader.Number() is var answer && answer > 0 ? (SlotAnswer)answer : null,
            Until = (uint)reader.Number(),
            Made = reader.Signed(),
            Outgoing = (SlotVerb)reader.Number(),
            Message = reader.Bytes(),
            SendAt = reader.Signed(),
            Sends = (int)Math.Min(reader.Number(), int.MaxValue),
            Sequence = reader.Number(),
            RequestKey = reader.Bytes(X25519.PublicKeySize),
            RequestKeyNumber = (ushort)reader.Number(),
            Person = ReadPerson(ref reader),
            Statement = ReadStatement(ref reader),
        };
        return reader.IsDone && read.State is >= ReservationState.Requested and <= ReservationState.NoShow
            ? read : null;
    }

    private static Person? ReadPerson(ref RowReader reader) => !reader.Flag() ? null : new Person(
        reader.Text(), DateOnly.FromDayNumber((int)Math.Min(reader.Number(), (ulong)DateOnly.MaxValue.DayNumber)),
        reader.Bytes(Person.SaltSize));

    private static RefusalStatement? ReadStatement(ref RowReader reader) =>
        !reader.Flag() ? null
            : new RefusalStatement(reader.Bytes(), reader.Bytes(ChaChaPoly.KeySize), (uint)reader.Number());
}
