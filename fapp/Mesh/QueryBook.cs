using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// Queries under way: those of this node, which are on the disk too, those that it forwards, and how many it may still
/// answer. All
/// bounded, for identities are free. Who asked through this node is in memory only: no disk says who asked whom.
/// </summary>
internal sealed class QueryBook
{
    /// <summary>Queries of this node under way; arbitrary: a search and the answers of some practices.</summary>
    internal const int MaxOwn = 8;

    /// <summary>Queries of others under way; arbitrary.</summary>
    internal const int MaxForwarded = 256;

    /// <summary>Where there is no room, what is older than this gives way: nobody fills the table for a day.</summary>
    internal const long Protected = FappTime.Hour;

    /// <summary>
    /// Queries that are answered at once; arbitrary: a search costs milliseconds, and records are read from the disk.
    /// </summary>
    internal const int Burst = 16;

    /// <summary>Seconds for each one more; arbitrary.</summary>
    internal const long OneEvery = 10;

    /// <summary>How long a query is remembered: as long as envelopes of radios are under way.</summary>
    private const long Remembered = FappTime.Day;

    private readonly Dictionary<RequestId, OwnQuery> _own = [];
    private readonly Dictionary<ulong, (NodeAddress Asker, long Until)> _forwarded = [];
    private long _answers = Burst;
    private long _filledAt;

    /// <summary>What has to be written before anything is sent.</summary>
    internal ItemChanges Changes { get; } = new();

    /// <summary>Takes back a query that was under way; null if the row is damaged.</summary>
    internal OwnQuery? Restore(ReadOnlySpan<byte> row) => OwnQuery.TryDecode(row) is { } query
        ? _own[query.Id] = query : null;

    /// <summary>A write failed: they are read back from what is on disk.</summary>
    internal void ForgetOwn()
    {
        _own.Clear();
        Changes.Take();
    }

    /// <summary>Remembers a query of this node; false: too many are under way.</summary>
    internal bool TryAdd(MadeQuery made, FappTime now)
    {
        Forget(now);
        var query = new OwnQuery(made.Id, made.Key, now.Running + Remembered);
        if (_own.Count >= MaxOwn || !_own.TryAdd(made.Id, query))
            return false;
        Changes.Add(query);
        return true;
    }

    /// <summary>Opens an answer to a query of this node, which is then over; null if it is none.</summary>
    internal SlotResponse? TryOpen(ReadOnlySpan<byte> answer)
    {
        RequestId id = SealedQuery.IdOf(answer);
        if (!_own.TryGetValue(id, out OwnQuery? query)
            || SealedQuery.TryOpenAnswer(query.Secret, answer) is not { } response)
            return null;
        Remove(query);
        return response;
    }

    /// <summary>Remembers who asked; null: too many are under way.</summary>
    internal ulong? Remember(in NodeAddress asker, RandomFill random, FappTime now)
    {
        Forget(now);
        if (_forwarded.Count >= MaxForwarded)
        {
            (ulong oldest, (_, long until)) = _forwarded.MinBy(static q => q.Value.Until);
            if (until - Remembered + Protected > now.Running)
                return null;
            _forwarded.Remove(oldest);
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        random(bytes);
        ulong token = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return _forwarded.TryAdd(token, (asker, now.Running + Remembered)) ? token : null;
    }

    /// <summary>Who asked the query with a token; it has one answer.</summary>
    internal NodeAddress? AskerOf(ulong token) => _forwarded.Remove(token, out (NodeAddress Asker, long Until) query)
        ? query.Asker : null;

    /// <summary>Whether another query may be answered now.</summary>
    internal bool MayAnswer(FappTime now)
    {
        long more = Math.Max(0, now.Running - _filledAt) / OneEvery;
        if (more > 0)
            (_answers, _filledAt) = (Math.Min(Burst, _answers + more), now.Running);
        if (_answers == 0)
            return false;
        _answers--;
        return true;
    }

    private void Remove(OwnQuery query)
    {
        CryptographicOperations.ZeroMemory(query.Secret);
        _own.Remove(query.Id);
        Changes.Remove(query);
    }

    private void Forget(FappTime now)
    {
        foreach (OwnQuery query in _own.Values.Where(q => now.Running >= q.Until).ToArray())
            Remove(query);
        foreach (ulong token in _forwarded.Where(q => now.Running >= q.Value.Until).Select(static q => q.Key).ToArray())
            _forwarded.Remove(token);
    }
}
