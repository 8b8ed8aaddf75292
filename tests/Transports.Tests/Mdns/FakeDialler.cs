using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Notes what is dialled; what becomes of it, the test says.</summary>
internal sealed class FakeDialler : IFoundDialler
{
    /// <summary>What is dialled, and how it goes.</summary>
    internal Dictionary<string, DialReport> Dialled { get; } = [];

    /// <summary>All that was ever dialled.</summary>
    internal List<string> Ever { get; } = [];

    /// <summary>What a peer answers at once; null: nobody does.</summary>
    internal Func<string, DialReport?> Answer { get; set; } = _ => null;

    public bool ConnectFound(PeerUris peer)
    {
        Ever.Add(peer.ToString());
        return Dialled.TryAdd(peer.ToString(), Answer(peer.ToString()) ?? new DialReport(null, false, 0, null));
    }

    public void StopDialling(PeerUris peer) => Dialled.Remove(peer.ToString());

    public DialReport? ReportOf(PeerUris peer) => Dialled.GetValueOrDefault(peer.ToString());

    internal void Fail(string peer) =>
        Dialled[peer] = new DialReport(null, false, DialPlan.MaxFailures, "nobody there");

    internal static DialReport Up { get; } = new(default(NodeAddress), true, 0, null);
}
