using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Finds out with a neighbour which records only one of them has: range by range, by fingerprints that nobody can aim
/// at without the session's key, until ranges are small enough to be listed.
/// <code>
///  0 dialler    all ids: a fingerprint
///  1 neighbour  differs? 16 fingerprints
///  2 dialler    those that differ, cut again
///  3 ...        until a range is small enough to be listed; then
///  n either     Have: what the other lacks, Want: what it lacks itself
/// </code>
/// </summary>
internal sealed class Reconciliation(GossipCore core, Spreading spreading)
{
    /// <summary>What a message may have of the bytes of a session, at most; arbitrary.</summary>
    private const int MaxMessage = 12 << 10;

    /// <summary>How long a message may take before the session is given up; arbitrary.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>After a link came up: until its first session.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private readonly byte[] _message = new byte[MaxMessage + 64];
    private readonly RangeAnswers _answers = new(core);

    /// <summary>A link is up.</summary>
    public void LinkUp(Instant now, GossipLink link)
    {
        link.Sync.Wait = core.Options.SyncEvery;
        if (!link.IsStream || !link.IsDialled)
            return;
        link.Sync.Due = now + Settling * (1 + core.Random.NextDouble());
        core.Links.Touch(link);
    }

    /// <summary>A session is due, or one was not answered.</summary>
    public void Tick(Instant now, GossipLink link)
    {
        if (now < link.Sync.Due)
            return;
        if (link.Sync.IsOpen)
            End(now, link);
        else
            Begin(now, link);
    }

    /// <summary>A message of a session.</summary>
    public void Receive(Instant now, GossipLink link, in GossipSync sync, int size)
    {
        SyncState state = link.Sync;
        bool isFirst = sync.Round == 0;
        bool isExpected = isFirst ? MayBegin(now, link) : state.IsOpen && sync.Session == state.Session
            && sync.Round == state.Round;
        if (!link.IsStream || !isExpected || state.Bytes > core.Options.SyncBytes)
        {
            core.Counters.Add(GossipCounter.SyncsIgnored);
            return;
        }

        if (isFirst)
            Open(now, link, sync.Session, sync.Key, isOurs: false);
        Count(state, size);
        Answer(now, link, sync);
    }

    private bool MayBegin(Instant now, GossipLink link) =>
        !link.IsDialled && (link.Sync.BeganAt is not { } before || now - before >= core.Options.SyncAtLeast * 0.9);

    private void Begin(Instant now, GossipLink link)
    {
        Span<byte> key = stackalloc byte[GossipSync.KeySize];
        core.Keys(key);
        Open(now, link, (byte)(link.Sync.Session + 1), key, isOurs: true);
        var writer = new GossipSync.Writer(_message.AsSpan(1), link.Sync.Session, 0, key);
        ReadOnlySpan<GossipId> ids = core.Records.Ids;
        _ = writer.TryAddFingerprint(default, isLast: true, ids.Length, RangeAnswers.Sum(key, ids));
        core.Counters.Add(GossipCounter.SyncsBegun);
        Send(link, ref writer, 1);
    }

    private void Open(Instant now, GossipLink link, byte session, ReadOnlySpan<byte> key, bool isOurs)
    {
        SyncState state = link.Sync;
        state.IsOpen = true;
        state.IsOurs = isOurs;
        state.Session = session;
        key.CopyTo(state.Key);
        state.Round = 0;
        state.Bytes = 0;
        state.Differs = false;
        state.Gain = 0;
        state.BeganAt = now;
        state.Due = now + Patience;
        if (!isOurs)
            core.Counters.Add(GossipCounter.SyncsAnswered);
        core.Links.Touch(link);
    }

    private void Answer(Instant now, GossipLink link, in GossipSync sync)
    {
        SyncState state = link.Sync;
        int round = sync.Round + 1;
        int room = Math.Min(MaxMessage, core.Options.SyncBytes - state.Bytes);
        // Beyond the last round, or the last byte, ranges are no longer cut: what is left is found next time.
        bool mayGoOn = round < GossipSync.MaxRounds && room > 0;
        Span<byte> body = _message.AsSpan(1, mayGoOn ? room + 40 : 64);
        var writer = new GossipSync.Writer(body, state.Session, mayGoOn ? (byte)round : (byte)1, []);
        _answers.Answer(sync, state.Key, mayGoOn, ref writer);
        state.Differs |= writer.Ranges > 0 || _answers.Lacking.Count > 0 || _answers.Offered.Count > 0;
        state.Due = now + Patience;
        if (writer.Ranges > 0)
            Send(link, ref writer, round + 1);
        Offer(link);
        foreach (GossipId id in _answers.Lacking)
            spreading.Heard(now, link, id, isOld: true);
        core.Links.Touch(link);
    }

    private void Offer(GossipLink link)
    {
        ReadOnlySpan<GossipId> offered = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_answers.Offered);
        int most = Spreading.MostIds(link, GossipHave.MaxIds);
        while (!offered.IsEmpty)
        {
            int count = Math.Min(most, offered.Length);
            if (!spreading.TrySendHave(link, offered[..count], atOnce: true))
                return;
            offered = offered[count..];
        }
    }

    private void Send(GossipLink link, ref GossipSync.Writer writer, int expected)
    {
        int size = writer.Finish();
        _message[0] = (byte)FrameKind.GossipSync;
        Count(link.Sync, 1 + size);
        link.Sync.Round = expected;
        // Where there is no room the session runs out.
        _ = core.Actions.Send(link.Id, GossipCore.Class, _message.AsSpan(0, 1 + size));
    }

    private void Count(SyncState state, int bytes)
    {
        state.Bytes += bytes;
        core.Counters.Add(GossipCounter.SyncBytes, bytes);
    }

    private void End(Instant now, GossipLink link)
    {
        SyncState state = link.Sync;
        state.IsOpen = false;
        state.Due = Instant.Never;
        if (!state.IsOurs)
            return;
        if (state.Differs && state.Gain == 0)
        {
            core.Counters.Add(GossipCounter.SyncsFruitless);
            state.Wait = Shorter(state.Wait * 2, core.Options.SyncAtMost);
        }
        else
        {
            // What differed and was not all found goes on soon; what is equal rests.
            state.Wait = state.Gain > 0 ? core.Options.SyncAtLeast : core.Options.SyncEvery;
        }

        Instant next = state.BeganAt!.Value + state.Wait * (0.9 + 0.2 * core.Random.NextDouble());
        Instant least = now + TimeSpan.FromSeconds(1);
        state.Due = next > least ? next : least;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
