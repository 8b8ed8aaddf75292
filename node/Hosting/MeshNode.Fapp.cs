using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Fapp;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Hosting;

/// <content>Appointments.</content>
internal sealed partial class MeshNode
{
    private int _searches;

    /// <summary>Appointments: practices, reservations, and what others offer.</summary>
    internal Appointments Fapp { get; }

    /// <summary>Who speaks for practices.</summary>
    internal TrustDesk FappTrust { get; }

    /// <summary>Nobody searched since the start: what everybody should know is said once.</summary>
    internal bool IsFirstSearch() => Interlocked.Increment(ref _searches) == 1;

    /// <summary>Who a key is known to be; on the loop.</summary>
    internal Level FappLevelOf(ReadOnlySpan<byte> key) => Fapp.Store.LevelOf(key, new FappTime(0, FappClock));

    /// <summary>Other keys for which a card of this node's practice speaks; on the loop.</summary>
    internal IReadOnlyList<MeshKey> FappRivals() => FappTrust.RivalsOf(Identity.PublicKey.Span, FappClock);

    /// <summary>The regions of this node's practices; those that are followed where it has none.</summary>
    internal Task<IReadOnlyList<Region>> FappOwnRegionsAsync() => AskAsync(_ =>
    {
        IReadOnlyList<Region> own = Fapp.OwnRegions;
        return own.Count > 0 ? own : Fapp.Followed;
    });

    /// <summary>What this node knows of appointments; on the loop.</summary>
    internal FappStatusInfo FappStatus() => new(
        FappWords.Of(Fapp.Mode), [.. Fapp.Followed.Select(static r => r.ToString())], Fapp.Store.Count, Fapp.NewestAge,
        FappClock is not null,
        Fapp.ForwarderCount, Fapp.Counters.Forwarded, Fapp.Counters.DummiesSent, Fapp.Counters.DummiesDropped,
        Fapp.Counters.Rejected,
        Fapp.Counters.RecordsRefused);

    /// <summary>The time by which appointments are judged; null where no clock is set. On the loop.</summary>
    private long? FappClock => Configuration.FappTrustsClock ? _time.GetUtcNow().ToUnixTimeSeconds()
        : _host.Gossip.UnixSeconds;

    private static TrustDesk OpenTrust(NodeConfiguration configuration, MeshStore store)
    {
        if (!TrustDesk.TryOpen(configuration.FappAnchorsFile, configuration.FappBlockFile, out TrustDesk? desk,
            out string? error))
            throw new UsageException(error!);
        foreach ((byte[] name, _) in store.Reader.FindValues(TrustDesk.ValuePrefix))
        {
            if (name.Length == TrustDesk.ValuePrefix.Length + MeshKey.Size)
                desk.Set(MeshKey.Read(name.AsSpan(TrustDesk.ValuePrefix.Length)), isTrusted: true);
        }

        return desk;
    }
}
