using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>How a dial goes on.</summary>
/// <param name="Peer">Who answered last, or is pinned; null before anybody did.</param>
/// <param name="IsUp">There is a link to that peer.</param>
/// <param name="Failures">Rounds in vain since there was one.</param>
/// <param name="Why">Why the last one was.</param>
internal sealed record DialReport(NodeAddress? Peer, bool IsUp, int Failures, string? Why);

/// <summary>Dials what was found.</summary>
internal interface IFoundDialler
{
    /// <summary>Keeps a link to a peer from now on; false if the very same is dialled already.</summary>
    bool ConnectFound(PeerUris peer);

    /// <summary>Dials it no more; a link that came of it stays.</summary>
    void StopDialling(PeerUris peer);

    /// <summary>How it goes; null if it is not dialled.</summary>
    DialReport? ReportOf(PeerUris peer);
}

/// <summary>
/// Which of the found nodes are dialled: eight at a time, some of them the newest and some drawn by lot, so that nobody
/// who floods a link with names has all eight. Whoever cannot be reached gives its place to another.
/// </summary>
internal sealed class DialPlan(FoundTable table, IFoundDialler dialler, NetworkTag? tag, Random random)
{
    /// <summary>Found nodes that are dialled, or were and have a link.</summary>
    internal const int MaxDialled = 8;

    /// <summary>Rounds in vain after which another is tried. Arbitrary.</summary>
    internal const int MaxFailures = 3;

    /// <summary>When one that failed is tried again. Arbitrary.</summary>
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);

    // While something is under way, and otherwise.
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private bool _newestNext = true;

    /// <summary>When to look again; null for not before something is heard.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Something changed.</summary>
    internal void Hurry(TimeSpan now) => Due = now;

    /// <summary>Looks how dialling goes, and dials others where there are places.</summary>
    internal void Look(TimeSpan now)
    {
        int dialled = 0;
        bool isBusy = false;
        foreach (FoundNode node in table.Nodes)
        {
            Update(node, now);
            dialled += node.Dialled is null ? 0 : 1;
            isBusy |= node.State == FoundState.Dialled;
        }

        while (dialled < MaxDialled && Choose() is { } next)
        {
            bool isDialled = Dial(next, now);
            dialled += isDialled ? 1 : 0;
            isBusy |= isDialled;
        }

        Due = table.Nodes.Count == 0 ? null : now + (isBusy ? Busy : Quiet);
    }

    /// <summary>A node that was found is forgotten: it is dialled no more, and a link to it stays.</summary>
    internal void Forget(FoundNode node)
    {
        if (node.Dialled is { } peer)
            dialler.StopDialling(peer);
        node.Dialled = null;
    }

    /// <summary>Null if a node may be dialled; else why it never is.</summary>
    internal string? WhyNever(FoundNode node)
    {
        if (node.IsServer)
            return "a server: it is not dialled";
        if (node.Texts is not { } texts || node.Peer is null)
            return "it has not told how to reach it yet";
        if (texts.Version != ServiceTexts.OwnVersion)
            return $"it speaks version '{texts.Version}', this node {ServiceTexts.OwnVersion}";
        if (tag is null)
            return texts.Tag is null ? null : "it is in a closed network, and this node has no network key";
        if (texts.Tag is null)
            return "it is in no closed network, and this node is";
        return texts.Tag == tag.Of(node.Instance) ? null : "it is in another closed network";
    }

    /// <summary>Why a node is not dialled now; null if it is.</summary>
    internal string? WhyNot(FoundNode node) => node.State switch
    {
        FoundState.Dialled or FoundState.Linked => null,
        FoundState.Failed => node.Failure,
        FoundState.Waiting => WhyNever(node) ?? $"{MaxDialled} found nodes are dialled already",
        _ => throw new InvalidOperationException($"There is no state {node.State}."),
    };

    private void Update(FoundNode node, TimeSpan now)
    {
        if (node.State == FoundState.Failed && now >= node.RetryAt)
            node.State = FoundState.Waiting;
        if (node.Dialled is not { } peer)
            return;
        switch (dialler.ReportOf(peer))
        {
            case null:
                Fail(node, "it is this node itself, or was disconnected by hand", now);
                break;
            case { IsUp: true }:
                node.State = FoundState.Linked;
                break;
            case { Failures: >= MaxFailures } report:
                Fail(node, report.Why ?? "it does not answer", now);
                break;
            default:
                node.State = FoundState.Dialled;
                break;
        }
    }

    private bool Dial(FoundNode node, TimeSpan now)
    {
        if (node.Peer is not { } peer)
            return false;
        if (!dialler.ConnectFound(peer))
        {
            Fail(node, "it is dialled already, as a peer of the configuration or by hand", now);
            return false;
        }

        node.State = FoundState.Dialled;
        node.Dialled = peer;
        return true;
    }

    private void Fail(FoundNode node, string why, TimeSpan now)
    {
        Forget(node);
        node.State = FoundState.Failed;
        node.Failure = why;
        node.RetryAt = now + RetryAfter;
    }

    private FoundNode? Choose()
    {
        FoundNode? newest = null, drawn = null;
        int seen = 0;
        foreach (FoundNode node in table.Nodes)
        {
            if (node.State != FoundState.Waiting || WhyNever(node) is not null)
                continue;
            if (newest is null || node.Heard > newest.Heard)
                newest = node;
            if (random.Next(++seen) == 0)
                drawn = node;
        }

        _newestNext = !_newestNext;
        return _newestNext ? drawn : newest;
    }
}
