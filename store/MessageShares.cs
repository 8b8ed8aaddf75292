using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// What the messages of each conversation take of the disk, about: requests and all others apart. Changes of a
/// transaction that is rolled back are undone.
/// </summary>
internal sealed class MessageShares
{
    /// <summary>A row's columns, its overhead and its entries in the indices. Measured: 200 to 300 bytes.</summary>
    private const int RowCost = 256;

    /// <summary>A longer text fills pages of its own.</summary>
    private const int LongestInRow = 512;

    private const int PageSize = 1024;

    /// <summary>The same as <see cref="CostOf"/> for SQLite.</summary>
    internal const string CostInSql =
        "CASE WHEN " + SizeInSql + " <= 512 THEN 256 + " + SizeInSql
        + " ELSE 256 + (" + SizeInSql + " + 1023) / 1024 * 1024 END";

    /// <summary>Sealed bytes of a row for SQLite.</summary>
    internal const string SizeInSql = "(length(text) + ifnull(length(extras), 0))";

    private readonly Dictionary<Key, Share> _shares = [];
    private readonly List<(Key Key, long Bytes, int Count)> _undo = [];
    private Share _requests;
    private Share _others;

    /// <summary>
    /// A conversation: with a node, or one with an id of its own (with zeros behind it); its requests are another.
    /// </summary>
    internal readonly record struct Key(NodeAddress With, ConversationId? Conversation, bool IsRequest)
    {
        internal static Key Of(StoredMessage message, bool isRequest) =>
            new(message.Conversation?.AsPeer ?? message.Peer, message.Conversation, isRequest);
    }

    /// <summary>What one takes.</summary>
    internal readonly record struct Share(long Bytes, int Count);

    /// <summary>All requests.</summary>
    internal Share Requests => _requests;

    /// <summary>All other messages.</summary>
    internal Share Others => _others;

    /// <summary>What a message with so many sealed bytes costs.</summary>
    internal static long CostOf(long sealedLength) =>
        RowCost + (sealedLength <= LongestInRow ? sealedLength : (sealedLength + PageSize - 1) / PageSize * PageSize);

    internal Share Of(in Key key) => _shares.GetValueOrDefault(key);

    /// <summary>Notes rows that came or (with a negative count) went.</summary>
    internal void Add(in Key key, long bytes, int count)
    {
        Change(key, bytes, count);
        _undo.Add((key, bytes, count));
    }

    internal void Commit() => _undo.Clear();

    internal void Rollback()
    {
        foreach ((Key key, long bytes, int count) in _undo)
            Change(key, -bytes, -count);
        _undo.Clear();
    }

    /// <summary>
    /// The conversation that takes most, of those that are requests or of the others; null if there is none.
    /// </summary>
    internal Key? Largest(bool requests)
    {
        Key? largest = null;
        long most = 0;
        foreach ((Key key, Share share) in _shares)
        {
            if (key.IsRequest == requests && share.Bytes > most)
                (largest, most) = (key, share.Bytes);
        }

        return largest;
    }

    private void Change(in Key key, long bytes, int count)
    {
        Share before = _shares.GetValueOrDefault(key);
        var after = new Share(before.Bytes + bytes, before.Count + count);
        if (after.Count > 0)
            _shares[key] = after;
        else
            _shares.Remove(key);
        if (key.IsRequest)
            _requests = new Share(_requests.Bytes + bytes, _requests.Count + count);
        else
            _others = new Share(_others.Bytes + bytes, _others.Count + count);
    }
}
