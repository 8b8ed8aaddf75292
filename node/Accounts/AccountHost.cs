using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>What the host needs of its node.</summary>
/// <param name="Identity">Whose accounts they are.</param>
/// <param name="Conversations">Where messages go.</param>
/// <param name="Write">Writes something and waits until it is on disk.</param>
/// <param name="ReadValue">Reads a value of the store by its name; null if there is none.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">Where it says what is wrong.</param>
/// <param name="Warn">Tells the owner what does not mend itself.</param>
internal sealed record AccountPlace(
    LocalIdentity Identity, ServerConversations Conversations, Func<Action<MeshStore>, Task> Write,
    Func<byte[], byte[]?> ReadValue, TimeProvider Time, ILogger Log, Action<string> Warn);

/// <summary>An account as it can be shown.</summary>
/// <param name="Record">What is kept of it.</param>
/// <param name="State">How the node stands with its server; null where it is logged out.</param>
/// <param name="Problem">Why, where that needs saying.</param>
internal sealed record AccountView(AccountRecord Record, LinkState? State, string? Problem);

/// <summary>The accounts of this node, and the connections to their servers.</summary>
/// <param name="place">The node.</param>
internal sealed partial class AccountHost(AccountPlace place) : IServerPort, IServerCaller, IAsyncDisposable
{
    /// <summary>Registration and login take two stretchings of the password at most, and some answers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What somebody waits for is given up after this.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(20);

    /// <summary>KeyPackages of one person in an answer, at most: as many as a person has devices.</summary>
    private const int MaxKeyPackages = 5;

    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changing = new(1);
    private readonly CancellationTokenSource _ending = new();

    private sealed record Account(AccountRecord Record, ServerLink? Link);

    /// <summary>How passwords are stretched; tests stretch less.</summary>
    internal OpaqueSettings Opaque { get; init; } = OpaqueSettings.Default;

    /// <summary>The accounts, by server.</summary>
    internal IReadOnlyList<AccountView> List() =>
        [.. _accounts.Values.OrderBy(a => a.Record.Server, StringComparer.Ordinal)
            .Select(ViewOf)];

    /// <summary>Takes back what was kept, and connects where this node is logged in.</summary>
    /// <param name="kept">The accounts.</param>
    /// <param name="logs">What is known of the logs of keys of their servers.</param>
    internal async Task StartAsync(
        IReadOnlyList<(byte[] Name, byte[] Value)> kept, IReadOnlyList<(byte[] Name, byte[] Value)> logs)
    {
        foreach ((byte[] name, byte[] value) in logs)
            _keyLogs[Convert.ToHexString(name)] = value;
        foreach ((_, byte[] value) in kept)
        {
            AccountRecord? record = AccountRecord.Read(value);
            CryptographicOperations.ZeroMemory(value);
            if (record is null)
            {
                place.Log.AccountDamaged();
                continue;
            }

            await place.Conversations.AddAccountAsync(record.Server, record.User, record.Certificate)
                .ConfigureAwait(false);
            _ = Begin(record);
        }
    }

    /// <summary>Registers a name at a server, and logs in.</summary>
    /// <param name="wanted">The account.</param>
    /// <param name="invite">An invitation; empty without one.</param>
    /// <param name="password">The password; whoever asked zeroes it.</param>
    /// <param name="cancellation">Gives up.</param>
    internal Task<AccountView> RegisterAsync(
        WantedAccount wanted, string invite, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        EnterAsync(
            wanted, null, password,
            (account, token) => account.RegisterAsync(wanted.User, password, place.Identity, invite, token),
            cancellation);

    /// <summary>Logs in.</summary>
    /// <param name="wanted">The account.</param>
    /// <param name="certificate">
    /// Where another node has the account's identity: its word that this one is a device of the account. Null: the one
    /// that is kept, or none.
    /// </param>
    /// <param name="password">The password; whoever asked zeroes it.</param>
    /// <param name="cancellation">Gives up.</param>
    internal Task<AccountView> LogInAsync(
        WantedAccount wanted, DeviceCertificate? certificate, ReadOnlyMemory<byte> password,
        CancellationToken cancellation)
    {
        if (certificate is not null && !certificate.IsOf(place.Identity.PublicKey.Span))
            throw ControlException.Refused(
                "the certificate is of another device: it has to be made for the card of this node");
        return EnterAsync(wanted, certificate, password, static (_, _) => Task.CompletedTask, cancellation);
    }

    /// <summary>Ends the connection and forgets the session; the account, its key and its conversations stay.</summary>
    internal Task<AccountView> LogOutAsync(string server, string user) => ChangeAsync(async () =>
    {
        Account account = Require(server, user);
        if (account.Link is null)
            throw ControlException.Refused($"this node is not logged in as {user} at {server}");
        await EndAsync(account).ConfigureAwait(false);
        AccountRecord record = account.Record with { Token = [] };
        await KeepAsync(record).ConfigureAwait(false);
        _accounts[server] = new Account(record, null);
        return new AccountView(record, null, null);
    });

    /// <summary>Deletes an account at its server, and forgets it here; messages stay.</summary>
    internal Task<AccountView> DeleteAsync(string server, string user, bool isLocal, CancellationToken cancellation) =>
        ChangeAsync(async () =>
        {
            Account account = Require(server, user);
            if (!isLocal)
            {
                if (account.Record.Certificate is not null)
                    throw ControlException.Refused(
                        "the first device deletes the account; --local forgets it on this one");
                if (account.Link is null)
                    throw ControlException.Refused(
                        $"log in first, or forget it here only (--local): {user} at {server}");
                using CancellationTokenSource either =
                    CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token);
                await RefusingAsync(() => account.Link.DeleteAsync(either.Token)).ConfigureAwait(false);
            }

            await EndAsync(account).ConfigureAwait(false);
            await place.Conversations.RemoveAccountAsync(server).ConfigureAwait(false);
            await place.Write(store =>
            {
                store.DeleteValue(AccountRecord.ValueName(server));
                store.DeleteValue(PeerKeys.ValueName(server));
                store.DeleteValue(AccountRecord.KeyLogName(server));
            }).ConfigureAwait(false);
            _keyLogs.TryRemove(Convert.ToHexString(AccountRecord.KeyLogName(server)), out _);
            _accounts.TryRemove(server, out _);
            return new AccountView(account.Record, null, null);
        });

    /// <inheritdoc/>
    public async Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages,
        CommitPlace? place) =>
        LinkOf(server) is { } link ? await link.StoreAsync(messages, place).ConfigureAwait(false)
            : new StoredAnswer(ServerStatus.Gone, 0);

    /// <inheritdoc/>
    public async Task<StoredAnswer> TryStoreAsync(string server, IReadOnlyList<ServerMessage> messages) =>
        LinkOf(server) is { } link ? await link.StoreAsync(messages, null, once: true).ConfigureAwait(false)
            : new StoredAnswer(ServerStatus.Gone, 0);

    /// <inheritdoc/>
    public Task<ServerAnswer<string>> FindNameAsync(string server, ReadOnlyMemory<byte> key, string domain) => AskAsync(
        server, RpcMethod.ResolveIdentity,
        new ResolveIdentityRequest { IdentityKey = ByteString.CopyFrom(key.Span), Domain = domain },
        ResolveIdentityResponse.Parser, static r => Username.IsValid(r.Username) ? r.Username : null);

    /// <inheritdoc/>
    public Task<ServerAnswer<OpenedChannel>> OpenChannelAsync(string server, ReadOnlyMemory<byte> key) => AskAsync(
        server, RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = ByteString.CopyFrom(key.Span) },
        CreateChannelResponse.Parser,
        static r => r.ChannelId.Length == 16 ? new OpenedChannel(r.ChannelId.ToByteArray(), r.WasNew) : null);

    /// <inheritdoc/>
    public Task<ServerAnswer<IReadOnlyList<byte[]>>> TakeKeyPackagesAsync(
        string server, ReadOnlyMemory<byte> key, string domain, IReadOnlyList<byte[]>? devices) =>
        AskAsync<FetchKeyPackagesResponse, IReadOnlyList<byte[]>>(
            server, RpcMethod.FetchKeyPackages,
            new FetchKeyPackagesRequest
            {
                IdentityKey = ByteString.CopyFrom(key.Span),
                Domain = domain,
                DeviceIds = { (devices ?? []).Select(d => ByteString.CopyFrom(Bytes(NodeAddress.Of(d)))) },
            },
            FetchKeyPackagesResponse.Parser, static r => r.Packages.Count is > 0 and <= MaxKeyPackages
                ? [.. r.Packages.Select(p => p.Package.ToByteArray())] : null);

    /// <inheritdoc/>
    public void Read(string server, ReadOnlyMemory<byte> channel) => LinkOf(server)?.Read(channel);

    /// <inheritdoc/>
    public void Refill(string server) => LinkOf(server)?.Refill();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // What is under way is broken off.
        await _ending.CancelAsync().ConfigureAwait(false);
        await _changing.WaitAsync().ConfigureAwait(false);
        foreach (Account account in _accounts.Values)
        {
            if (account.Link is { } link)
                await link.DisposeAsync().ConfigureAwait(false);
        }

        _changing.Release();
    }

    // What is wrong with the log of keys is said before what is wrong with the connection: it is the graver.
    private static AccountView ViewOf(Account account) => new(
        account.Record, account.Link?.State.State, account.Link?.KeyLog.Problem ?? account.Link?.State.Problem);

    private ServerLink? LinkOf(string server) => _accounts.TryGetValue(server, out Account? account) ? account.Link
        : null;

    private Account Require(string server, string user) => _accounts.TryGetValue(server, out Account? account)
        && account.Record.User == user ? account : throw ControlException.Refused(
            $"there is no account {user} at {server} here");

    /// <summary>Takes an account, and connects where this node is logged in.</summary>
    private ServerLink? Begin(AccountRecord record)
    {
        ServerLink? link = record.Token.Length > 0
            ? new ServerLink(
                record, place, new PeerKeys(record.Server, place.ReadValue, place.Write), WatchOf(record),
                bytes => KeepLogAsync(record.Server, bytes))
            : null;
        // Conversations ask for their inboxes as soon as it has started: it has to be found by then.
        _accounts[record.Server] = new Account(record, link);
        link?.Start();
        return link;
    }

    private async Task EndAsync(Account account)
    {
        await place.Conversations.SetOpenAsync(account.Record.Server, isOpen: false).ConfigureAwait(false);
        if (account.Link is { } link)
            await link.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<AccountView> ChangeAsync(Func<Task<AccountView>> change)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            return _ending.IsCancellationRequested ? throw ControlException.Refused("the daemon stops")
                : await change().ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private Task<AccountView> EnterAsync(
        WantedAccount wanted, DeviceCertificate? certificate, ReadOnlyMemory<byte> password,
        Func<Rpc.Account, CancellationToken, Task> first, CancellationToken cancellation) => ChangeAsync(async () =>
    {
        string server = AccountRecord.NameOf(wanted.Endpoint);
        _accounts.TryGetValue(server, out Account? there);
        if (there is not null && there.Record.User != wanted.User)
            throw ControlException.Refused(
                $"this node is {there.Record.User} at {server} already: its one identity has one name there");
        certificate ??= there?.Record.Certificate;
        if (there is not null && (certificate is null) != (there.Record.Certificate is null))
            throw ControlException.Refused(
                $"this node has the identity of {wanted.User} at {server}: it is the first device already");
        AccountRecord record = null!;
        string domain = "";
        await RefusingAsync(async () => (record, domain) = await LogInAsync(
            wanted, certificate, there?.Record, password, first, cancellation).ConfigureAwait(false))
            .ConfigureAwait(false);
        await place.Conversations.AddAccountAsync(server, wanted.User, certificate).ConfigureAwait(false);
        await place.Conversations.SetDomainAsync(server, domain).ConfigureAwait(false);
        await KeepAsync(record).ConfigureAwait(false);
        // Who names the server's key takes what it says of others' keys too.
        if (wanted.Key is not null)
            await place.Write(store => store.DeleteValue(PeerKeys.ValueName(server))).ConfigureAwait(false);
        if (there is not null)
            await EndAsync(there).ConfigureAwait(false);
        return new AccountView(record, Begin(record)?.State.State, null);
    });

    private async Task<(AccountRecord Record, string Domain)> LogInAsync(
        WantedAccount wanted, DeviceCertificate? certificate, AccountRecord? before, ReadOnlyMemory<byte> password,
        Func<Rpc.Account, CancellationToken, Task> first, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, place.Time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation, _ending.Token);
        ServerTrust trust = wanted.ToTrust(before);
        byte[]? serverKey = null;
        await using var client = new RpcClient(
            token => wanted.Endpoint.ConnectAsync(trust, null, token), new RpcClientOptions(), place.Time,
                RandomSource.Seeded())
        {
            IsServerKey = key => serverKey is null || key.Span.SequenceEqual(serverKey),
        };
        HealthResponse health = await client.CallAsync(
            RpcMethod.Health, new HealthRequest(), HealthResponse.Parser, either.Token).ConfigureAwait(false);
        serverKey = health.ServerKey.ToByteArray();
        CheckServerKey(serverKey, wanted, before);
        var account = new Rpc.Account(client, Opaque, RandomSource.System);
        await first(account, either.Token).ConfigureAwait(false);
        ReadOnlyMemory<byte> session = await account.LoginAsync(
            wanted.User, password, certificate?.Identity ?? place.Identity.PublicKey, either.Token)
            .ConfigureAwait(false);
        await BecomeDeviceAsync(client, session, certificate, isNew: before is null, either.Token)
            .ConfigureAwait(false);
        var record = new AccountRecord
        {
            Endpoint = wanted.Endpoint,
            User = wanted.User,
            Trust = wanted.TrustAfter(before).Kind,
            Trusted = trust.TrustedKey ?? wanted.TrustAfter(before).What,
            Token = session.ToArray(),
            ServerKey = serverKey,
            IsDevice = true,
            Certificate = certificate,
        };
        return (record, health.Domain);
    }

    /// <summary>Looks at the key that a server names, before anything is signed for it.</summary>
    /// <exception cref="InvalidDataException">It is none, or cannot be the server's.</exception>
    private void CheckServerKey(byte[] key, WantedAccount wanted, AccountRecord? before)
    {
        if (key.Length != Ed25519.PublicKeySize)
            throw new InvalidDataException("the server tells no key that it signs with");
        // Who names the key of the certificate takes what stands behind it.
        if (before is not null && wanted.Key is null && !key.AsSpan().SequenceEqual(before.ServerKey))
            throw new InvalidDataException(
                "the server signs with another key than before; --key with its fingerprint takes it");
        // What is signed for it could be handed on to the server whose key it is.
        string server = AccountRecord.NameOf(wanted.Endpoint);
        if (_accounts.Values.FirstOrDefault(a => a.Record.Server != server
            && key.AsSpan().SequenceEqual(a.Record.ServerKey)) is { } other)
            throw new InvalidDataException($"the server names the key of {other.Record.Server} as its own");
    }

    private async Task KeepAsync(AccountRecord record)
    {
        byte[] bytes = record.ToBytes();
        try
        {
            await place.Write(store => store.PutValue(AccountRecord.ValueName(record.Server), bytes))
                .ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
