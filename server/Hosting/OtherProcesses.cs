using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// What this process does about what others do over the same store: it wakes who waits, and closes connections whose
/// session another one ended. Either may be told late or never, so both are looked at again at times.
/// </summary>
internal sealed class OtherProcesses
{
    /// <summary>How often who waits reads, told of something or not.</summary>
    internal static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(2);

    // Arbitrary: sessions in one question.
    private const int MaxAsked = 1000;

    private readonly IServerStore _store;
    private readonly ClientRegistry _clients;
    private readonly ILogger _logger;

    internal OtherProcesses(IServerStore store, InboxWaiters waiters, ClientRegistry clients, ILogger logger)
    {
        _store = store;
        _clients = clients;
        _logger = logger;
        IOtherProcesses others = store.Others!;
        others.Arrived = waiters.Wake;
        others.SessionsEnded = End;
        others.Lost = reason => Log.StoreLost(logger, reason);
        others.Missed = () =>
        {
            Log.StoreBack(logger);
            waiters.WakeAll();
            _ = CheckAgainAsync();
        };
    }

    /// <summary>Closes the connections of accounts and devices that are gone or banned.</summary>
    /// <exception cref="StoreException">The store does not answer.</exception>
    internal async Task CheckSessionsAsync()
    {
        foreach (StoredBan ban in await _store.Moderation.ListBansAsync())
            End(ban.Identity, default);
        foreach (StoredSession[] asked in _clients.Accounts.Chunk(MaxAsked))
        {
            IReadOnlyList<bool> there =
                await _store.Accounts.AreThereAsync([.. asked.Select(a => (a.Identity, a.Device))]);
            for (int i = 0; i < asked.Length; i++)
            {
                if (!there[i])
                    EndThose(asked[i].Identity, c => c.Account?.Device == asked[i].Device);
            }
        }
    }

    private async Task CheckAgainAsync()
    {
        try
        {
            await CheckSessionsAsync();
        }
        catch (StoreException e)
        {
            // It is lost again; it is asked when it is back, and once a minute.
            Log.StoreLost(_logger, e.Message);
        }
    }

    private void End(IdentityKey identity, DeviceId device) =>
        EndThose(identity, c => device == default || c.Account?.Device == device);

    private void EndThose(IdentityKey identity, Func<ClientSession, bool> which)
    {
        foreach (ClientSession client in _clients.Of(identity).Where(which))
            client.Close("the session was ended");
    }
}
