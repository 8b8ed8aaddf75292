using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <content>The logs of keys of the servers.</content>
internal sealed partial class AccountHost
{
    private readonly ConcurrentDictionary<string, byte[]> _keyLogs = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<ServerAnswer<byte[]>> FindUserAsync(string server, string user, string domain)
    {
        // Another server's log is not shown to this node: what its key of a name is, is its word.
        if (domain.Length > 0)
            return AskAsync(
                server, RpcMethod.ResolveUser, new ResolveUserRequest { Username = user, Domain = domain },
                ResolveUserResponse.Parser,
                static r => r.IdentityKey.Length == Ed25519.PublicKeySize ? r.IdentityKey.ToByteArray() : null);
        return LinkOf(server) is { } link ? link.KeyLog.FindUserAsync(user)
            : Task.FromResult(new ServerAnswer<byte[]>(ServerStatus.Gone, null));
    }

    /// <inheritdoc/>
    public byte[] HeadOf(string server) => LinkOf(server)?.KeyLog.Head ?? [];

    /// <inheritdoc/>
    public void Compare(string server, ReadOnlyMemory<byte> head)
    {
        if (LinkOf(server) is { } link)
            link.Compare(head);
    }

    /// <summary>
    /// The owner takes the new key of a name, or, without a name, the log of keys as the server shows it from now on.
    /// </summary>
    internal Task<AccountView> AcceptAsync(string server, string? user) => ChangeAsync(async () =>
    {
        if (!_accounts.TryGetValue(server, out Account? account) || account.Link is not { } link)
            throw ControlException.Refused($"this node is not logged in at {server}");
        if (user is null)
            await link.KeyLog.AcceptLogAsync().ConfigureAwait(false);
        else if (!await link.KeyLog.AcceptKeyAsync(user).ConfigureAwait(false))
            throw ControlException.Refused(
                $"{user}@{server} has no new key: the server is asked when the name is used");
        return ViewOf(account);
    });

    // A server that signs with another key has another log.
    private KeyLogWatch WatchOf(AccountRecord record)
    {
        var watch = new KeyLogWatch(record.ServerKey, record.User, record.IdentityOf(place.Identity));
        if (_keyLogs.TryGetValue(Convert.ToHexString(AccountRecord.KeyLogName(record.Server)), out byte[]? kept)
            && !watch.TryLoad(kept))
            place.Log.KeyLogForgotten(record.Server);
        return watch;
    }

    private async Task KeepLogAsync(string server, byte[] bytes)
    {
        byte[] name = AccountRecord.KeyLogName(server);
        await place.Write(store => store.PutValue(name, bytes)).ConfigureAwait(false);
        _keyLogs[Convert.ToHexString(name)] = bytes;
    }
}
