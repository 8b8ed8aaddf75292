using System.Threading.Channels;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Metrics;

namespace QuicProChat.Mesh.Node.Hosting;

/// <content>Accounts on servers.</content>
internal sealed partial class MeshNode
{
    /// <summary>Takes back the accounts that were kept, and connects.</summary>
    private async Task StartAccountsAsync()
    {
        try
        {
            await Accounts.StartAsync(
                Store.Reader.FindValues(AccountRecord.ValuePrefix), Store.Reader.FindValues(AccountRecord.KeyLogPrefix))
                    .ConfigureAwait(false);
        }
        catch (Exception e) when (e is MessagingException or ControlException)
        {
            // The disk is full or fails: the node goes on without them until it starts again.
            _log.AccountRefused($"accounts on servers are left alone: {e.Message}");
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The node stops.
        }
    }

    private void WriteAccounts(MetricsText text)
    {
        IReadOnlyList<AccountView> accounts = Accounts.List();
        text.Gauge("qpc_accounts", "Accounts of this node on servers.", accounts.Count)
            .Gauge("qpc_accounts_online", "Those of them whose server is connected.",
                accounts.Count(static a => a.State == LinkState.Online));
        text.Family("qpc_server_events_total", "Messages over servers sent, received, lost and refused.", "counter");
        foreach (ServerCount what in ServerCounters.All)
            text.Sample("qpc_server_events_total", MetricsText.Label("event", what.ToString().ToLowerInvariant()),
                Servers.Counters[what]);
    }

    private void WarnOfAccount(string text)
    {
        _log.AccountRefused(text);
        _ = TellAsync(new Transports.LinkWarning(text, _time.GetUtcNow()));
    }
}
