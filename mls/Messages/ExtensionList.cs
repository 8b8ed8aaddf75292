using System.Collections;
using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// Extension extensions<V>; no type twice               RFC 9420, sections 7.2 and 13.4
/// <summary>A list of extensions, none of them of the same type.</summary>
public sealed class ExtensionList : IReadOnlyList<Extension>
{
    /// <summary>No extensions.</summary>
    public static readonly ExtensionList Empty = new(default, []);

    /// <summary>From this many on, duplicates are looked for in a set instead of in pairs.</summary>
    private const int PairwiseLimit = 16;

    private readonly Extension[] _items;

    /// <summary>Makes a list.</summary>
    /// <exception cref="ArgumentException">A type appears twice.</exception>
    public ExtensionList(IEnumerable<Extension> extensions)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        _items = [.. extensions];
        if (_items.DistinctBy(e => e.Type).Count() != _items.Length)
            throw new ArgumentException("An extension type appears twice (RFC 9420, section 13.4).",
                nameof(extensions));
        using MlsWriter writer = new();
        foreach (Extension extension in _items)
        {
            writer.UInt16(extension.Type);
            writer.Vector(extension.Data);
        }
        Body = writer.ToArray();
    }

    private ExtensionList(ReadOnlyMemory<byte> body, Extension[] items)
    {
        Body = body;
        _items = items;
    }

    /// <summary>The encoding without the vector's header.</summary>
    internal ReadOnlyMemory<byte> Body { get; }

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public Extension this[int index] => _items[index];

    /// <summary>Finds an extension by type.</summary>
    public bool TryFind(ushort type, out ReadOnlyMemory<byte> data)
    {
        foreach (Extension extension in _items)
        {
            if (extension.Type == type)
            {
                data = extension.Data;
                return true;
            }
        }
        data = default;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<Extension> GetEnumerator() => ((IEnumerable<Extension>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    /// <summary>Whether two lists encode alike.</summary>
    internal bool SameAs(ExtensionList other) => Body.Span.SequenceEqual(other.Body.Span);

    internal static bool TryRead(ref MlsReader reader, out ExtensionList list)
    {
        list = Empty;
        return TrySkip(ref reader, out ReadOnlyMemory<byte> body) && TryParse(body, out list);
    }

    /// <summary>Checks a list and takes it as bytes, to be parsed when somebody asks.</summary>
    internal static bool TrySkip(ref MlsReader reader, out ReadOnlyMemory<byte> body)
    {
        if (!reader.TryReadVector(out body))
            return false;
        MlsReader items = new(body);
        Span<ushort> seen = stackalloc ushort[PairwiseLimit];
        HashSet<ushort>? many = null;
        for (int count = 0; !items.AtEnd; count++)
        {
            if (!items.TryReadUInt16(out ushort type) || !items.TryReadVector(out _))
                return false;
            if (count == PairwiseLimit)
                many = [.. seen];
            if (many is null ? seen[..count].Contains(type) : !many.Add(type))
                return false;
            if (many is null)
                seen[count] = type;
        }
        return true;
    }

    /// <summary>Parses what <see cref="TrySkip"/> has checked.</summary>
    internal static ExtensionList Parse(ReadOnlyMemory<byte> body) =>
        TryParse(body, out ExtensionList list) ? list
            : throw new InvalidOperationException("The list was checked before.");

    internal void Write(MlsWriter writer) => writer.Vector(Body);

    private static bool TryParse(ReadOnlyMemory<byte> body, out ExtensionList list)
    {
        list = Empty;
        if (body.IsEmpty)
            return true;
        List<Extension> items = [];
        MlsReader reader = new(body);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadUInt16(out ushort type) || !reader.TryReadVector(out ReadOnlyMemory<byte> data))
                return false;
            items.Add(new Extension(type, data));
        }
        list = new ExtensionList(body, [.. items]);
        return true;
    }
}
