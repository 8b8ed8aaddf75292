using System.Buffers;
using System.Text;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Search;

// docs/reference/fapp.md, section 2.5: what a SlotQuery carries, and what a standing search keeps: a map; what is not
// asked is left out
//
// 0 version   1 prefix   2 plz   3 km   4 procedures   5 payers   6 modalities   7 phases   8 from   9 to   10 language
// 11 level
//  12 settings   13 accessibility   14 ages

/// <summary>
/// What somebody looks for. It never leaves the node, but sealed to a relay from where only radios reach.
/// </summary>
public sealed record SlotFilter
{
    /// <summary>Farthest distance in kilometres.</summary>
    public const int MaxWithin = 1000;

    private const int Version = 1;

    /// <summary>The first digits of the PLZ; empty: anywhere.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>From where distances count; null: they do not.</summary>
    public PostalCode? Near { get; init; }

    /// <summary>How far from there, in kilometres; 0: any distance.</summary>
    public int Within { get; init; }

    /// <summary>One of these; none: any.</summary>
    public Procedures Procedures { get; init; }

    /// <summary>One of these; none: any.</summary>
    public Payers Payers { get; init; }

    /// <summary>One of these, a bit for each number; 0: any. Hybrid fits Praxis and Video.</summary>
    public int Modalities { get; init; }

    /// <summary>One of these, a bit for each number; 0: any.</summary>
    public int Phases { get; init; }

    /// <summary>One of these, a bit for each number; 0: any.</summary>
    public int Settings { get; init; }

    /// <summary>Not before, in minutes since 2020-01-01 UTC; 0: any.</summary>
    public uint From { get; init; }

    /// <summary>Not after, in minutes since 2020-01-01 UTC; 0: any.</summary>
    public uint To { get; init; }

    /// <summary>A language tag; empty: any.</summary>
    public string Language { get; init; } = "";

    /// <summary>All of these; none: any.</summary>
    public Accessibility Accessibility { get; init; }

    /// <summary>One of these; none: any.</summary>
    public AgeGroups Ages { get; init; }

    /// <summary>At least this. What nobody vouches for is hidden unless it is asked for.</summary>
    public Level Level { get; init; } = Level.Contested;

    /// <summary>Whether a practice comes into question; the dear questions are the caller's.</summary>
    public bool Fits(SlotAnnounce announce) =>
        announce.Plz.HasPrefix(Prefix) && Has((int)Procedures, (int)announce.Procedures)
            && Has((int)Payers, (int)announce.Payers)
        && Has((int)Ages, (int)announce.Ages) && (Accessibility & ~announce.Accessibility) == 0
        && (Language.Length == 0 || announce.Languages.Contains(Language, StringComparer.OrdinalIgnoreCase));

    /// <summary>Whether a slot comes into question.</summary>
    public bool Fits(in Slot slot) =>
        Has(Phases, 1 << (int)slot.Phase.Known()) && Has(Settings, 1 << (int)slot.Setting.Known())
            && Has(Modalities, BitsOf(slot.Modality))
        && slot.Start >= From && (To == 0 || slot.Start <= To);

    /// <summary>Writes it.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        int[] numbers = [Within, (int)Procedures, (int)Payers, Modalities, Phases];
        writer.WriteMapHeader(1 + (Prefix.Length > 0 ? 1 : 0) + (Near is null ? 0 : 1) + numbers.Count(n => n != 0)
            + (From > 0 ? 1 : 0)
            + (To > 0 ? 1 : 0) + (Language.Length > 0 ? 1 : 0) + 1 + (Settings != 0 ? 1 : 0)
            + (Accessibility != 0 ? 1 : 0) + (Ages != 0 ? 1 : 0));
        Number(writer, 0, Version);
        Text(writer, 1, Prefix);
        Text(writer, 2, Near?.ToString() ?? "");
        for (int i = 0; i < numbers.Length; i++)
            Number(writer, 3 + i, (uint)numbers[i]);
        Number(writer, 8, From);
        Number(writer, 9, To);
        Text(writer, 10, Language);
        writer.Write(11);
        writer.Write((int)Level);
        Number(writer, 12, (uint)Settings);
        Number(writer, 13, (uint)Accessibility);
        Number(writer, 14, (uint)Ages);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads one; null if it is malformed or of another version.</summary>
    public static SlotFilter? TryRead(ReadOnlySpan<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        if (!reader.TryReadMapHeader(out int pairs))
            return null;
        uint version = 0, level = 0;
        var filter = new SlotFilter();
        long last = -1;
        for (int i = 0; i < pairs; i++)
        {
            if (!reader.TryReadUInt32(uint.MaxValue, out uint key) || key <= last)
                return null;
            last = key;
            uint number = 0;
            string text = "";
            PostalCode near = default;
            bool isRead = key switch
            {
                0 => reader.TryReadUInt32(byte.MaxValue, out version),
                1 => TryReadText(ref reader, PostalCode.Size, out text) && text.All(char.IsAsciiDigit),
                2 => TryReadText(ref reader, PostalCode.Size, out text) && PostalCode.TryParse(text, out near),
                3 => reader.TryReadUInt32(MaxWithin, out number),
                4 or 5 or 13 => reader.TryReadUInt32(ushort.MaxValue, out number),
                6 or 7 or 12 or 14 => reader.TryReadUInt32(byte.MaxValue, out number),
                8 or 9 => reader.TryReadUInt32(uint.MaxValue, out number),
                10 => TryReadText(ref reader, SlotAnnounce.MaxLanguage, out text),
                11 => reader.TryReadUInt32((uint)Level.Card, out level),
                _ => reader.TrySkip(),
            };
            if (!isRead)
                return null;
            filter = With(filter, key, number, text, near);
        }

        return reader.AtEnd && version == Version ? filter with { Level = (Level)level } : null;
    }

    private static SlotFilter With(SlotFilter filter, uint key, uint number, string text, PostalCode near) => key switch
    {
        1 => filter with { Prefix = text },
        2 => filter with { Near = near },
        3 => filter with { Within = (int)number },
        4 => filter with { Procedures = (Procedures)number },
        5 => filter with { Payers = (Payers)number },
        6 => filter with { Modalities = (int)number },
        7 => filter with { Phases = (int)number },
        8 => filter with { From = number },
        9 => filter with { To = number },
        10 => filter with { Language = text },
        12 => filter with { Settings = (int)number },
        13 => filter with { Accessibility = (Accessibility)number },
        14 => filter with { Ages = (AgeGroups)number },
        _ => filter,
    };

    private static bool Has(int asked, int there) => asked == 0 || (asked & there) != 0;

    private static int BitsOf(Modality modality) => modality.Known() switch
    {
        Modality.Praxis => 1 << (int)Modality.Praxis,
        Modality.Video => 1 << (int)Modality.Video,
        Modality.Hybrid => 1 << (int)Modality.Praxis | 1 << (int)Modality.Video | 1 << (int)Modality.Hybrid,
        Modality.Other => 1,
        _ => 0,
    };

    private static bool TryReadText(ref MessagePackReader reader, int most, out string text)
    {
        bool isText = reader.TryReadString(out ReadOnlySpan<byte> utf8) && utf8.Length > 0
            && DisplayName.IsValid(utf8, most);
        text = isText ? Encoding.UTF8.GetString(utf8) : "";
        return isText;
    }

    private static void Number(in MessagePackWriter writer, int key, uint value)
    {
        if (value == 0)
            return;
        writer.Write(key);
        writer.Write((ulong)value);
    }

    private static void Text(in MessagePackWriter writer, int key, string value)
    {
        if (value.Length == 0)
            return;
        writer.Write(key);
        writer.Write(value);
    }
}
