using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>
/// The log of keys of one account's server, as this node holds the server to it (<see cref="KeyLogWatch"/>): each key
/// of a name is proven, the whole log is read once and what is new of it every day, and heads that others were shown
/// are compared.
/// </summary>
/// <param name="watch">What is known of it.</param>
/// <param name="link">The account.</param>
/// <param name="keep">Writes what is known to the disk.</param>
/// <param name="time">The clock.</param>
/// <param name="warn">Tells the owner.</param>
internal sealed class KeyLogClient(
    KeyLogWatch watch, ServerLink link, Func<byte[], Task> keep, TimeProvider time, Action<string> warn)
{
    /// <summary>How often the log is read on.</summary>
    internal static readonly TimeSpan AuditPause = TimeSpan.FromDays(1);

    /// <summary>A log that could not be read is read again after this.</summary>
    private static readonly TimeSpan AgainPause = TimeSpan.FromMinutes(10);

    /// <summary>Heads of others are compared no more often than this. Arbitrary.</summary>
    private static readonly TimeSpan ComparePause = TimeSpan.FromMinutes(1);

    /// <summary>Pages that are read at once: some 400,000 entries. Arbitrary; the next day goes on.</summary>
    private const int MaxPages = 400;

    private readonly SemaphoreSlim _one = new(1);
    private readonly Lock _guard = new();
    private byte[] _head = watch.Head?.Bytes.ToArray() ?? [];
    private string? _problem = watch.Problem;
    private bool _isForked = watch.IsForked;
    private long? _compared;

    /// <summary>What is wrong with the log; null where nothing is.</summary>
    internal string? Problem
    {
        get
        {
            lock (_guard)
                return _problem;
        }
    }

    /// <summary>The server contradicted itself, and the owner has not accepted it: nothing goes to names.</summary>
    internal bool IsForked
    {
        get
        {
            lock (_guard)
                return _isForked;
        }
    }

    /// <summary>The last head, to be told to others; empty where there is none, or it is not to be told.</summary>
    internal byte[] Head
    {
        get
        {
            lock (_guard)
                return _isForked ? [] : _head;
        }
    }

    /// <summary>The proven key of a name.</summary>
    internal Task<ServerAnswer<byte[]>> FindUserAsync(string user) => AloneAsync(async () =>
    {
        if (watch.IsForked)
            return new ServerAnswer<byte[]>(ServerStatus.Forked, null);
        ServerAnswer<ResolveUserResponse> answer = await link.AskAsync(
            RpcMethod.ResolveUser, new ResolveUserRequest { Username = user, KnownSize = watch.Head?.Size ?? 0 },
            ResolveUserResponse.Parser, static r => r).ConfigureAwait(false);
        if (answer.Value is not { } resolved)
            return new ServerAnswer<byte[]>(answer.Status, null);
        KeyLogVerdict verdict = watch.TakeKey(user, resolved);
        await KeepAsync().ConfigureAwait(false);
        return verdict == KeyLogVerdict.Proven
            ? new ServerAnswer<byte[]>(ServerStatus.Done, resolved.IdentityKey.ToByteArray())
            : new ServerAnswer<byte[]>(StatusOf(verdict), null);
    });

    /// <summary>Reads the log on every day, until it is stopped.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            bool isRead;
            try
            {
                isRead = await AuditAsync(stop).ConfigureAwait(false);
            }
            catch (ControlException)
            {
                // The disk takes nothing, which the store says: it is read again later.
                isRead = false;
            }

            await Task.Delay(isRead ? AuditPause : AgainPause, time, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads the log to its end; false where that did not go.</summary>
    internal async Task<bool> AuditAsync(CancellationToken stop)
    {
        for (int pages = 0; pages < MaxPages && !stop.IsCancellationRequested; pages++)
        {
            (bool goesOn, bool isLast) = await AloneAsync(() => PageAsync(null)).ConfigureAwait(false);
            if (!goesOn || isLast)
                return goesOn;
        }

        return false;
    }

    /// <summary>
    /// Compares a head that somebody else was shown with what this node was shown. What is not the server's is dropped;
    /// there is at most one question in a minute.
    /// </summary>
    /// <returns>False where it was dropped.</returns>
    internal async Task<bool> CompareAsync(ReadOnlyMemory<byte> head)
    {
        // What others made up keeps nobody's head from being compared.
        if (!watch.IsOfServer(head.Span))
            return false;
        lock (_guard)
        {
            if (_isForked || head.Span.SequenceEqual(_head)
                || (_compared is { } at && time.GetElapsedTime(at) < ComparePause))
                return false;
            _compared = time.GetTimestamp();
        }

        return await AloneAsync(async () =>
        {
            KeyLogVerdict verdict = watch.Compare(head.Span, out TreeHead? peer);
            await KeepAsync().ConfigureAwait(false);
            if (verdict != KeyLogVerdict.Proven || peer is null)
                return verdict != KeyLogVerdict.Unproven;
            return (await PageAsync(peer).ConfigureAwait(false)).GoesOn;
        }).ConfigureAwait(false);
    }

    /// <summary>The owner takes the log as the server shows it from now on.</summary>
    internal Task AcceptLogAsync() => AloneAsync(async () =>
    {
        watch.AcceptLog();
        await KeepAsync().ConfigureAwait(false);
        return true;
    });

    /// <summary>The owner takes the new key of a name; false if there is none.</summary>
    internal Task<bool> AcceptKeyAsync(string user) => AloneAsync(async () =>
    {
        bool isNew = watch.AcceptKey(user);
        await KeepAsync().ConfigureAwait(false);
        return isNew;
    });

    private static ServerStatus StatusOf(KeyLogVerdict verdict) => verdict switch
    {
        KeyLogVerdict.Proven => ServerStatus.Done,
        KeyLogVerdict.Unproven => ServerStatus.Unproven,
        KeyLogVerdict.Changed => ServerStatus.Changed,
        KeyLogVerdict.Forked => ServerStatus.Forked,
        _ => throw new InvalidOperationException($"There is no verdict {verdict}."),
    };

    private async Task<(bool GoesOn, bool IsLast)> PageAsync(TreeHead? peer)
    {
        if (watch.IsForked)
            return (false, false);
        ServerAnswer<AuditKeyTransparencyResponse> answer = await link.AskAsync(
            RpcMethod.AuditKeyTransparency, watch.NextPage(peer), AuditKeyTransparencyResponse.Parser, static r => r)
                .ConfigureAwait(false);
        if (answer.Value is not { } page)
            return (false, false);
        KeyLogVerdict verdict = watch.TakePage(page, out bool isLast, peer);
        await KeepAsync().ConfigureAwait(false);
        return (verdict == KeyLogVerdict.Proven, isLast);
    }

    // It is on the disk before it is told, so that a restart does not forget what the owner has seen; and a fork counts
    // also where the disk takes nothing.
    private async Task KeepAsync()
    {
        try
        {
            await keep(watch.Save()).ConfigureAwait(false);
        }
        finally
        {
            string? told;
            lock (_guard)
            {
                told = watch.Problem == _problem ? null : watch.Problem;
                (_head, _problem, _isForked) = (watch.Head?.Bytes.ToArray() ?? [], watch.Problem, watch.IsForked);
            }

            if (told is not null)
                warn(told);
        }
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> work)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }
}
