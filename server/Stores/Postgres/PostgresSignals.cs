using System.Globalization;
using System.Threading.Channels;
using Npgsql;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// What processes over one database tell each other, by NOTIFY. That messages arrived is told after the commit, at most
/// once in 2 ms with hashes of inboxes: a NOTIFY inside a transaction makes all commits of the database wait for each
/// other. Sessions end rarely, and are told inside. Nothing depends on it alone: whoever waits also polls.
/// </summary>
internal sealed class PostgresSignals : IOtherProcesses, IAsyncDisposable
{
    /// <summary>The statement that tells something ($1).</summary>
    internal const string Notify = $"SELECT pg_notify('{Channel}', $1)";

    private const string Channel = "qpc_server";
    private const char InboxesMark = 'i', EndedMark = 'e';
    private const int InstanceLength = 16, HashLength = 16;

    // PostgreSQL's bound of a payload is 8,000 bytes.
    private const int MaxHashes = 480;

    // Arbitrary: beyond it nobody is told, and who waits polls.
    private const int MaxPending = 65_536;

    private const int KeepAliveSeconds = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100), MaxRetry = TimeSpan.FromSeconds(2);

    private readonly Channel<InboxHash> _pending = System.Threading.Channels.Channel.CreateBounded<InboxHash>(
        new BoundedChannelOptions(MaxPending) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PostgresDatabase _database;
    private readonly TimeProvider _time;
    private readonly string _instance;
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlDataSource _listening;
    private Task _loops = Task.CompletedTask;

    /// <param name="database">Where.</param>
    /// <param name="instance">A number of this process that no other one has.</param>
    /// <param name="time">The clock.</param>
    internal PostgresSignals(PostgresDatabase database, ulong instance, TimeProvider time)
    {
        _database = database;
        _time = time;
        _instance = instance.ToString("x16", CultureInfo.InvariantCulture);
        NpgsqlConnectionStringBuilder text = database.Connection.Build();
        (text.Pooling, text.KeepAlive, text.MaxAutoPrepare) = (false, KeepAliveSeconds, 0);
        _listening = PostgresDatabase.Source(text);
    }

    /// <inheritdoc/>
    public Action<InboxHash> Arrived { get; set; } = _ => { };

    /// <inheritdoc/>
    public Action<IdentityKey, DeviceId> SessionsEnded { get; set; } = (_, _) => { };

    /// <inheritdoc/>
    public Action Missed { get; set; } = () => { };

    /// <inheritdoc/>
    public Action<string> Lost { get; set; } = _ => { };

    /// <summary>Begins to listen.</summary>
    /// <exception cref="StoreException">The database cannot be reached.</exception>
    internal async Task StartAsync()
    {
        NpgsqlConnection listener;
        try
        {
            listener = await ListenAsync();
        }
        catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
        {
            throw PostgresFaults.Of(e, _database.Connection);
        }

        _loops = Task.WhenAll(Task.Run(() => ReceiveAsync(listener)), Task.Run(SendAsync));
    }

    /// <summary>Tells the others, soon, that messages reached an inbox.</summary>
    internal void Tell(InboxId inbox) => _pending.Writer.TryWrite(InboxHash.Of(inbox));

    /// <summary>The payload that tells that sessions have ended, for a transaction.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="device">Of which device; zero for all.</param>
    internal string Ended(IdentityKey identity, DeviceId device) =>
        $"{_instance}{EndedMark}" + Convert.ToHexStringLower(identity.ToArray())
            + Convert.ToHexStringLower(device.ToArray());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        await _listening.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Reads what another process told; what is none of it changes nothing.</summary>
    internal void Read(string payload)
    {
        if (payload.Length <= InstanceLength || payload.StartsWith(_instance, StringComparison.Ordinal))
            return;
        ReadOnlySpan<char> body = payload.AsSpan(InstanceLength + 1);
        if (payload[InstanceLength] == InboxesMark)
        {
            for (; body.Length >= HashLength; body = body[HashLength..])
            {
                if (ulong.TryParse(body[..HashLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                    out ulong hash))
                    Arrived(new InboxHash(hash));
            }
        }
        else if (payload[InstanceLength] == EndedMark)
        {
            byte[] bytes = new byte[IdentityKey.Size + DeviceId.Size];
            if (Convert.FromHexString(body, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
                && written >= IdentityKey.Size
                && IdentityKey.TryRead(bytes.AsSpan(0, IdentityKey.Size), out IdentityKey identity)
                && DeviceId.TryRead(bytes.AsSpan(IdentityKey.Size, written - IdentityKey.Size), out DeviceId device))
                SessionsEnded(identity, device);
        }
    }

    private async Task SendAsync()
    {
        HashSet<InboxHash> told = [];
        try
        {
            while (await _pending.Reader.WaitToReadAsync(_stop.Token))
            {
                told.Clear();
                while (told.Count < MaxHashes && _pending.Reader.TryRead(out InboxHash hash))
                    told.Add(hash);
                string payload = $"{_instance}{InboxesMark}{string.Concat(told.Select(h => h.ToString()))}";
                try
                {
                    await _database.RunAsync(opened => opened.ExecuteAsync(Notify, payload));
                }
                catch (StoreException)
                {
                    // Who waits polls; the loop that listens says that the database is gone.
                }

                await Task.Delay(Pause, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task ReceiveAsync(NpgsqlConnection listener)
    {
        TimeSpan retry = FirstRetry;
        while (true)
        {
            try
            {
                while (true)
                    await listener.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                await listener.DisposeAsync();
                return;
            }
            catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
            {
                Lost(PostgresFaults.Of(e, _database.Connection).Message);
                await listener.DisposeAsync();
            }

            while (true)
            {
                await Task.Delay(retry, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_stop.IsCancellationRequested)
                    return;
                try
                {
                    listener = await ListenAsync();
                    break;
                }
                catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
                {
                    retry = TimeSpan.FromTicks(Math.Min(2 * retry.Ticks, MaxRetry.Ticks));
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }

            retry = FirstRetry;
            // What was told in the meantime is lost: all is read again.
            Missed();
        }
    }

    private async Task<NpgsqlConnection> ListenAsync()
    {
        NpgsqlConnection listener = await _listening.OpenConnectionAsync(_stop.Token);
        try
        {
            listener.Notification += (_, told) => Read(told.Payload);
            await using NpgsqlCommand listen = new($"LISTEN {Channel}", listener);
            await listen.ExecuteNonQueryAsync(_stop.Token);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }
}
