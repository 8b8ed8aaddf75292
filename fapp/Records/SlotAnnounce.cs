using System.Buffers;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 2.2: a map; what is zero or empty is left out, unknown keys are skipped
//
//  0 version     1 name       2 contact      3 plz         4 provider    5 profession   6 procedures    7 ages
//  8 payers      9 languages  10 accessible  11 slots      12 key g      13 number of g 14 attestation  15 link
//  16 effort     17 wishes

/// <summary>
/// What a practice offers: the body of a record of type <see cref="FappRecordType.Announce"/>, its place a number of 8
/// bits.
/// </summary>
public sealed record SlotAnnounce
{
    /// <summary>Longest name in bytes of UTF-8.</summary>
    public const int MaxName = 40;

    /// <summary>Longest contact in bytes of UTF-8.</summary>
    public const int MaxContact = 80;

    /// <summary>Longest link in bytes.</summary>
    public const int MaxLink = 120;

    /// <summary>Most languages.</summary>
    public const int MaxLanguages = 8;

    /// <summary>
    /// Longest language tag in bytes (BCP 47, section 4.4.1 recommends room for 35; a dozen holds what is spoken).
    /// </summary>
    public const int MaxLanguage = 12;

    /// <summary>Most slots.</summary>
    public const int MaxSlots = 40;

    /// <summary>Most bytes of the whole gossip record.</summary>
    public const int MaxRecord = 2 << 10;

    /// <summary>
    /// Most leading zero bits that a puzzle may ask for: 65,536 hashes, some 30 ms of a computer, a third of a second
    /// of a router. The
    /// patient's node solves it on its loop, and a hostile practice may announce any effort.
    /// </summary>
    public const int MaxEffort = 16;

    /// <summary>Size of an attestation's hash: the first 16 bytes of SHA-256 over its body.</summary>
    public const int AttestationHashSize = 16;

    private const int Version = 1;

    /// <summary>The practice's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it is reached: a telephone number, an address.</summary>
    public string Contact { get; init; } = "";

    /// <summary>Where it is.</summary>
    public required PostalCode Plz { get; init; }

    /// <summary>Who offers.</summary>
    public Provider Provider { get; init; }

    /// <summary>The profession.</summary>
    public Profession Profession { get; init; }

    /// <summary>The procedures.</summary>
    public Procedures Procedures { get; init; }

    /// <summary>Who is treated.</summary>
    public AgeGroups Ages { get; init; }

    /// <summary>Who pays.</summary>
    public Payers Payers { get; init; }

    /// <summary>Tags of BCP 47.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>What there is for those who need it.</summary>
    public Accessibility Accessibility { get; init; }

    /// <summary>What is free.</summary>
    public IReadOnlyList<Slot> Slots { get; init; } = [];

    /// <summary>The X25519 public key that requests are sealed to, 32 bytes.</summary>
    public required byte[] RequestKey { get; init; }

    /// <summary>The number of that key.</summary>
    public ushort RequestKeyNumber { get; init; }

    /// <summary>Which attestation is the author's; empty for none.</summary>
    public byte[] Attestation { get; init; } = [];

    /// <summary>A link to a profile; a text, never followed unasked.</summary>
    public string Link { get; init; } = "";

    /// <summary>Leading zero bits that a request's puzzle has to show: 0 to <see cref="MaxEffort"/>.</summary>
    public byte Effort { get; init; }

    /// <summary>How the practice wants to be asked.</summary>
    public Wishes Wishes { get; init; }

    /// <summary>Reads a body; null if it is cut, of another version, or breaks a bound.</summary>
    public static SlotAnnounce? TryRead(ReadOnlySpan<byte> body) => new Reader(body).Read();

    /// <summary>What is wrong with the announce, in one sentence; null if nothing is.</summary>
    public string? Explain() => TryRead(Encode()) is null
        ? DisplayName.Explain(Name, MaxName) ?? DisplayName.Explain(Contact, MaxContact)
        ?? DisplayName.Explain(Link, MaxLink)
            ?? "a value is out of its bounds"
        : GossipRecord.SizeOf(FappRecord.Overhead + Encode().Length) > MaxRecord
            ? $"it has more than {MaxRecord} bytes: fewer slots or shorter texts fit" : null;

    /// <summary>Writes the body.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(Pairs());
        Number(writer, 0, Version);
        Text(writer, 1, Name);
        Text(writer, 2, Contact);
        Text(writer, 3, Plz.ToString());
        Number(writer, 4, (int)Provider);
        Number(writer, 5, (int)Profession);
        Number(writer, 6, (int)Procedures);
        Number(writer, 7, (int)Ages);
        Number(writer, 8, (int)Payers);
        if (Languages.Count > 0)
        {
            writer.Write(9);
            writer.WriteArrayHeader(Languages.Count);
            foreach (string language in Languages)
                writer.Write(language);
        }

        Number(writer, 10, (int)Accessibility);
        if (Slots.Count > 0)
        {
            writer.Write(11);
            writer.WriteArrayHeader(Slots.Count);
            foreach (Slot slot in Slots)
                slot.Write(writer);
        }

        Bytes(writer, 12, RequestKey);
        Number(writer, 13, RequestKeyNumber);
        Bytes(writer, 14, Attestation);
        Text(writer, 15, Link);
        Number(writer, 16, Effort);
        Number(writer, 17, (int)Wishes);
        return output.WrittenSpan.ToArray();
    }

    private int Pairs()
    {
        int pairs = 2 + (RequestKey.Length > 0 ? 1 : 0) + (Languages.Count > 0 ? 1 : 0) + (Slots.Count > 0 ? 1 : 0);
        foreach (string text in (ReadOnlySpan<string>)[Name, Contact, Link])
            pairs += text.Length > 0 ? 1 : 0;
        foreach (int number in (ReadOnlySpan<int>)[
            (int)Provider, (int)Profession, (int)Procedures, (int)Ages, (int)Payers, (int)Accessibility,
            RequestKeyNumber, Effort,
            (int)Wishes, Attestation.Length])
            pairs += number > 0 ? 1 : 0;
        return pairs;
    }

    private static void Number(in MessagePackWriter writer, int key, int value)
    {
        if (value == 0)
            return;
        writer.Write(key);
        writer.Write(value);
    }

    private static void Text(in MessagePackWriter writer, int key, string value)
    {
        if (value.Length == 0)
            return;
        writer.Write(key);
        writer.Write(value);
    }

    private static void Bytes(in MessagePackWriter writer, int key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return;
        writer.Write(key);
        writer.WriteBinary(value);
    }

    /// <summary>Reads the pairs one by one into the fields.</summary>
    private ref struct Reader(ReadOnlySpan<byte> body)
    {
        private MessagePackReader _reader = new(body);
        private uint _version, _provider, _profession, _procedures, _ages, _payers, _accessibility, _number,
        _effort, _wishes;
        private string _name = "", _contact = "", _link = "";
        private PostalCode? _plz;
        private List<string>? _languages;
        private List<Slot>? _slots;
        private byte[] _key = [], _attestation = [];

        internal SlotAnnounce? Read()
        {
            if (!_reader.TryReadMapHeader(out int pairs))
                return null;
            long last = -1;
            for (int i = 0; i < pairs; i++)
            {
                // Ascending keys: no key twice, one encoding of one announce.
                if (!_reader.TryReadUInt32(uint.MaxValue, out uint key) || key <= last || !TryReadValue(key))
                    return null;
                last = key;
            }

            bool isWhole = _reader.AtEnd && _version == Version && _name.Length > 0 && _plz is not null
                && _key.Length == X25519.PublicKeySize && !X25519.IsSmallOrder(_key);
            return isWhole ? Build() : null;
        }

        private readonly SlotAnnounce Build() => new()
        {
            Name = _name,
            Contact = _contact,
            Plz = _plz!.Value,
            Provider = (Provider)_provider,
            Profession = (Profession)_profession,
            Procedures = (Procedures)_procedures,
            Ages = (AgeGroups)_ages,
            Payers = (Payers)_payers,
            Languages = _languages ?? (IReadOnlyList<string>)[],
            Accessibility = (Accessibility)_accessibility,
            Slots = _slots ?? (IReadOnlyList<Slot>)[],
            RequestKey = _key,
            RequestKeyNumber = (ushort)_number,
            Attestation = _attestation,
            Link = _link,
            Effort = (byte)_effort,
            Wishes = (Wishes)_wishes,
        };

        private bool TryReadValue(uint key) => key switch
        {
            0 => _reader.TryReadUInt32(byte.MaxValue, out _version),
            1 => TryReadText(MaxName, out _name),
            2 => TryReadText(MaxContact, out _contact),
            3 => TryReadPlz(),
            4 => _reader.TryReadUInt32(byte.MaxValue, out _provider),
            5 => _reader.TryReadUInt32(byte.MaxValue, out _profession),
            6 => _reader.TryReadUInt32(ushort.MaxValue, out _procedures),
            7 => _reader.TryReadUInt32(byte.MaxValue, out _ages),
            8 => _reader.TryReadUInt32(ushort.MaxValue, out _payers),
            9 => TryReadLanguages(),
            10 => _reader.TryReadUInt32(ushort.MaxValue, out _accessibility),
            11 => TryReadSlots(),
            12 => TryReadBytes(X25519.PublicKeySize, ref _key),
            13 => _reader.TryReadUInt32(ushort.MaxValue, out _number),
            14 => TryReadBytes(AttestationHashSize, ref _attestation),
            15 => TryReadText(MaxLink, out _link),
            16 => _reader.TryReadUInt32(MaxEffort, out _effort),
            17 => _reader.TryReadUInt32(byte.MaxValue, out _wishes),
            _ => _reader.TrySkip(),
        };

        private bool TryReadText(int most, out string text)
        {
            bool isText = _reader.TryReadString(out ReadOnlySpan<byte> utf8) && DisplayName.IsValid(utf8, most);
            text = isText ? Encoding.UTF8.GetString(utf8) : "";
            return isText;
        }

        private bool TryReadPlz()
        {
            if (!_reader.TryReadString(out ReadOnlySpan<byte> utf8) || !PostalCode.TryRead(utf8, out PostalCode code))
                return false;
            _plz = code;
            return true;
        }

        private bool TryReadLanguages()
        {
            if (!_reader.TryReadArrayHeader(out int count) || count > MaxLanguages)
                return false;
            _languages = new List<string>(count);
            for (int i = 0; i < count; i++)
            {
                if (!_reader.TryReadString(out ReadOnlySpan<byte> tag) || tag.Length is 0 or > MaxLanguage
                    || !IsTag(tag))
                    return false;
                _languages.Add(Encoding.ASCII.GetString(tag));
            }

            return true;
        }

        private bool TryReadSlots()
        {
            if (!_reader.TryReadArrayHeader(out int count) || count > MaxSlots)
                return false;
            _slots = new List<Slot>(count);
            for (int i = 0; i < count; i++)
            {
                if (!Slot.TryRead(ref _reader, out Slot slot) || Has(_slots, slot.Id))
                    return false;
                _slots.Add(slot);
            }

            return true;
        }

        private bool TryReadBytes(int size, ref byte[] bytes)
        {
            if (!_reader.TryReadBinary(out ReadOnlySpan<byte> read) || read.Length != size)
                return false;
            bytes = read.ToArray();
            return true;
        }

        private static bool Has(List<Slot> slots, SlotId id)
        {
            foreach (Slot slot in slots)
            {
                if (slot.Id == id)
                    return true;
            }

            return false;
        }

        private static bool IsTag(ReadOnlySpan<byte> tag)
        {
            foreach (byte letter in tag)
            {
                if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '-')
                    return false;
            }

            return true;
        }
    }
}
