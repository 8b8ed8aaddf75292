using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// Cards that count for nothing, whatever they sign: a text file that the operator replaces. One entry a line, '#'
/// begins a comment:
/// <code>
/// certificate SHA256                     one certificate
/// holder TELEMATIK-ID                    every card of a holder
/// authority SHA256                       every card of an authority
/// authority SHA256 FROM TO               those that it issued from one day to another, such as 2026-01-31
/// key HEX                                a mesh key
/// </code>
/// </summary>
public sealed class BlockList
{
    /// <summary>Most entries; arbitrary: whole batches are one entry each.</summary>
    public const int MaxEntries = 50_000;

    private readonly HashSet<CardHash> _cards = [];
    private readonly HashSet<MeshKey> _keys = [];
    private readonly List<Batch> _batches = [];

    private BlockList()
    {
    }

    /// <summary>Blocks nothing.</summary>
    public static BlockList Empty { get; } = new();

    /// <summary>How many entries there are.</summary>
    public int Count => _cards.Count + _keys.Count + _batches.Count;

    /// <summary>Reads the operator's file: the whole of it or, with the line that is wrong, nothing.</summary>
    public static bool TryLoad(
        string text, [NotNullWhen(true)] out BlockList? list, [NotNullWhen(false)] out string? fault)
    {
        var read = new BlockList();
        list = null;
        fault = null;
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            int comment = line.IndexOf('#');
            string[] words = (comment < 0 ? line : line[..comment]).ToString()
                .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length > 0 && !read.TryAdd(words))
                fault = $"line {number} of the block list is none of: certificate SHA256, holder TELEMATIK-ID, "
                    + "authority SHA256 [FROM TO], key HEX";
            else if (read.Count > MaxEntries)
                fault = $"the block list has more than {MaxEntries} entries";
            if (fault is not null)
                return false;
        }

        list = read;
        return true;
    }

    /// <summary>Whether a mesh key is blocked.</summary>
    internal bool Has(MeshKey key) => _keys.Contains(key);

    /// <summary>Whether a card is blocked by itself, its holder or its authority.</summary>
    internal bool Has(CardCertificate card, CardCertificate authority) =>
        _cards.Contains(card.Hash)
        || (card.Admission.TelematikId.Length > 0 && _cards.Contains(CardHash.OfHolder(card.Admission.TelematikId)))
        || _batches.Exists(b => b.Authority == authority.Hash && b.From <= card.NotBefore && card.NotBefore < b.Before);

    private bool TryAdd(string[] words)
    {
        switch (words)
        {
            case ["certificate", var hex] when CardHash.TryParse(hex, out CardHash certificate):
                _cards.Add(certificate);
                return true;
            case ["holder", var telematikId]:
                _cards.Add(CardHash.OfHolder(telematikId));
                return true;
            case ["key", var hex] when MeshKey.TryParse(hex, out MeshKey key):
                _keys.Add(key);
                return true;
            case ["authority", var hex] when CardHash.TryParse(hex, out CardHash authority):
                _batches.Add(new Batch(authority, DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
                return true;
            case ["authority", var hex, var from, var to] when CardHash.TryParse(hex, out CardHash authority)
                && TryReadDay(from, out DateTimeOffset first) && TryReadDay(to, out DateTimeOffset last)
                && first <= last:
                _batches.Add(new Batch(authority, first, last.AddDays(1)));
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadDay(string text, out DateTimeOffset day) => DateTimeOffset.TryParseExact(
        text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out day) && day.Year < 9999;

    private readonly record struct Batch(CardHash Authority, DateTimeOffset From, DateTimeOffset Before);
}
