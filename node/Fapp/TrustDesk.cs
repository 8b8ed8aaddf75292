using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Node.Fapp;

/// <summary>
/// Whom this node trusts: issuers of cards and what is blocked, both files of the operator, and organisations that the
/// owner named. When one of them changes, everybody is judged anew. For the loop only, but for what is read from files
/// at the start.
/// </summary>
internal sealed class TrustDesk : ILevels
{
    /// <summary>Organisations that a node may trust; arbitrary.</summary>
    internal const int MaxOrganisations = 64;

    private readonly SortedSet<string> _organisations = new(StringComparer.Ordinal);
    private AttestationBook _book;

    private TrustDesk(TrustAnchors anchors, BlockList blocked)
    {
        Anchors = anchors;
        Blocked = blocked;
        _book = new AttestationBook(anchors, blocked, []);
    }

    /// <summary>What a value of the store begins with that names an organisation.</summary>
    internal static ReadOnlySpan<byte> ValuePrefix => "fapp.list."u8;

    /// <summary>Issuers of cards.</summary>
    internal TrustAnchors Anchors { get; }

    /// <summary>Cards, keys and batches that count for nothing.</summary>
    internal BlockList Blocked { get; }

    /// <summary>Public keys of organisations, in hexadecimal digits.</summary>
    internal IReadOnlyCollection<string> Organisations => _organisations;

    /// <summary>Reads the operator's files.</summary>
    /// <param name="anchorsFile">Issuers of cards in PEM; null for none.</param>
    /// <param name="blockFile">What is blocked; null for nothing.</param>
    /// <param name="desk">The desk.</param>
    /// <param name="error">Why not, in one sentence.</param>
    internal static bool TryOpen(
        string? anchorsFile, string? blockFile, [NotNullWhen(true)] out TrustDesk? desk, out string? error)
    {
        desk = null;
        TrustAnchors? anchors = TrustAnchors.None;
        BlockList? blocked = BlockList.Empty;
        if (anchorsFile is not null
            && (!TryReadText(anchorsFile, out string pem, out error)
                || !TrustAnchors.TryLoad(pem, out anchors, out error)))
        {
            error = $"fappAnchorsFile {anchorsFile}: {error}";
            return false;
        }

        if (blockFile is not null
            && (!TryReadText(blockFile, out string text, out error)
                || !BlockList.TryLoad(text, out blocked, out error)))
        {
            error = $"fappBlockFile {blockFile}: {error}";
            return false;
        }

        error = null;
        desk = new TrustDesk(anchors, blocked);
        return true;
    }

    /// <summary>The name of the value that keeps an organisation.</summary>
    internal static byte[] NameOf(MeshKey organisation) => [.. ValuePrefix, .. organisation.ToArray()];

    /// <summary>Trusts an organisation, or no more; records have to be taken anew.</summary>
    internal void Set(MeshKey organisation, bool isTrusted)
    {
        if (isTrusted)
            _organisations.Add(organisation.ToString());
        else
            _organisations.Remove(organisation.ToString());
        _book = new AttestationBook(
            Anchors, Blocked, _organisations.Select(static o => MeshKey.TryParse(o, out MeshKey key) ? key : default));
    }

    /// <inheritdoc/>
    public bool Take(FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body) =>
        _book.Take(type, author, body);

    /// <inheritdoc/>
    public Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds) =>
        _book.Of(author, attestation, unixSeconds);

    /// <inheritdoc/>
    public IReadOnlyList<MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds) =>
        _book.RivalsOf(author, unixSeconds);

    private static bool TryReadText(string path, out string text, out string? error)
    {
        text = "";
        error = null;
        try
        {
            if (new FileInfo(path).Length > TrustAnchors.MaxFile)
            {
                error = $"it has more than {TrustAnchors.MaxFile} bytes";
                return false;
            }

            text = File.ReadAllText(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
            return false;
        }
    }
}
