using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// Who may use the page. A link holds a token that opens one session and lasts a minute; the session has a token of its
/// own, which the page keeps in its tab. Both are 32 random bytes, of which only the digest is kept here. Sessions
/// outlive a restart: their digests are in the store. For any thread.
/// </summary>
internal sealed class PageAccess
{
    /// <summary>How long a link opens a session.</summary>
    internal static readonly TimeSpan LinkLife = TimeSpan.FromSeconds(60);

    /// <summary>How long a session lasts after it was last opened, by the calendar. Arbitrary.</summary>
    internal static readonly TimeSpan SessionLife = TimeSpan.FromDays(7);

    /// <summary>Links that nobody followed yet; arbitrary. The oldest gives way.</summary>
    internal const int MaxLinks = 8;

    /// <summary>Sessions that may be opened again; arbitrary. That which was opened longest ago gives way.</summary>
    internal const int MaxSessions = 32;

    /// <summary>What the names of its values in the store begin with.</summary>
    internal static ReadOnlySpan<byte> ValuePrefix => "page-session/"u8;

    private const int TokenBytes = 32;
    private const int DigestBytes = 32;
    private const int RowBytes = DigestBytes + sizeof(long);

    /// <summary>Characters of a token: base64url without padding.</summary>
    private const int TokenLength = (TokenBytes * 4 + 2) / 3;

    private readonly RandomFill _random;
    private readonly TimeProvider _time;
    private readonly IPageRecords _records;
    private readonly Lock _guard = new();
    private readonly List<(byte[] Digest, long MadeAt)> _links = [];
    private readonly List<(byte[] Digest, long OpenedAt)> _sessions = [];

    /// <param name="records">Where sessions are kept.</param>
    /// <param name="random">Makes tokens.</param>
    /// <param name="time">Ends them.</param>
    internal PageAccess(IPageRecords records, RandomFill random, TimeProvider time)
    {
        _records = records;
        _random = random;
        _time = time;
        foreach (byte[] row in records.Load())
        {
            if (row.Length == RowBytes && _sessions.Count < MaxSessions)
                _sessions.Add((row[..DigestBytes], BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(DigestBytes))));
        }
    }

    /// <summary>Makes the token of a link.</summary>
    internal string NewLink()
    {
        string token = NewToken(out byte[] digest);
        lock (_guard)
        {
            if (_links.Count == MaxLinks)
                _links.RemoveAt(0);
            _links.Add((digest, _time.GetTimestamp()));
        }

        return token;
    }

    /// <summary>
    /// Opens a session with what the page says first: <c>link TOKEN</c> or <c>session TOKEN</c>. Null if that opens
    /// nothing; else the session's token, a new one for a link.
    /// </summary>
    /// <param name="login">The first message.</param>
    internal async ValueTask<string?> OpenAsync(ReadOnlyMemory<byte> login)
    {
        if (Digest(login.Span, "link "u8) is { } link)
            return TakeLink(link) ? await NewSessionAsync().ConfigureAwait(false) : null;
        if (Digest(login.Span, "session "u8) is not { } session || !Refresh(session, out byte[] row))
            return null;
        await _records.SaveAsync(session, row).ConfigureAwait(false);
        return Encoding.ASCII.GetString(login.Span["session ".Length..]);
    }

    /// <summary>Forgets all links and sessions; whoever is there has to come by a new link.</summary>
    internal async ValueTask CloseAllAsync()
    {
        byte[][] digests;
        lock (_guard)
        {
            _links.Clear();
            digests = [.. _sessions.Select(static s => s.Digest)];
            _sessions.Clear();
        }

        foreach (byte[] digest in digests)
            await _records.ForgetAsync(digest).ConfigureAwait(false);
    }

    private async ValueTask<string> NewSessionAsync()
    {
        string token = NewToken(out byte[] digest);
        byte[]? displaced = null;
        long now = Now;
        lock (_guard)
        {
            if (_sessions.Count == MaxSessions)
            {
                int oldest = 0;
                for (int i = 1; i < _sessions.Count; i++)
                    oldest = _sessions[i].OpenedAt < _sessions[oldest].OpenedAt ? i : oldest;
                displaced = _sessions[oldest].Digest;
                _sessions.RemoveAt(oldest);
            }

            _sessions.Add((digest, now));
        }

        if (displaced is not null)
            await _records.ForgetAsync(displaced).ConfigureAwait(false);
        await _records.SaveAsync(digest, Row(digest, now)).ConfigureAwait(false);
        return token;
    }

    private bool TakeLink(byte[] digest)
    {
        lock (_guard)
        {
            _links.RemoveAll(l => _time.GetElapsedTime(l.MadeAt) > LinkLife);
            int at = _links.FindIndex(l => CryptographicOperations.FixedTimeEquals(l.Digest, digest));
            if (at < 0)
                return false;
            _links.RemoveAt(at);
            return true;
        }
    }

    private bool Refresh(byte[] digest, out byte[] row)
    {
        row = [];
        long now = Now;
        lock (_guard)
        {
            int at = _sessions.FindIndex(s => CryptographicOperations.FixedTimeEquals(s.Digest, digest));
            // A clock that was set back makes no session older, and none younger.
            if (at < 0 || now - _sessions[at].OpenedAt > (long)SessionLife.TotalSeconds)
                return false;
            _sessions[at] = (digest, now);
        }

        row = Row(digest, now);
        return true;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private static byte[] Row(byte[] digest, long openedAt)
    {
        byte[] row = new byte[RowBytes];
        digest.CopyTo(row, 0);
        BinaryPrimitives.WriteInt64BigEndian(row.AsSpan(DigestBytes), openedAt);
        return row;
    }

    private string NewToken(out byte[] digest)
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        _random(token);
        string text = Base64Url.EncodeToString(token);
        CryptographicOperations.ZeroMemory(token);
        digest = DigestOf(Encoding.ASCII.GetBytes(text));
        return text;
    }

    private static byte[]? Digest(ReadOnlySpan<byte> login, ReadOnlySpan<byte> word) =>
        login.Length == word.Length + TokenLength && login.StartsWith(word) ? DigestOf(login[word.Length..]) : null;

    private static byte[] DigestOf(ReadOnlySpan<byte> token)
    {
        byte[] digest = new byte[DigestBytes];
        Blake2b.Hash(token, digest);
        return digest;
    }
}
