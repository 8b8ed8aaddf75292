using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

/// <summary>Gossip of one node, with links whose far ends the test plays, and a disk.</summary>
internal sealed class GossipBench : IGossipActions
{
    public static readonly LinkProperties Radio =
        new(Mtu: 500, BitsPerSecond: 2000, Reliable: false, PushRoutes: false, Medium: 1);

    private readonly GossipOptions _options;
    private int _numbers;
    private long? _epoch;

    public GossipBench(GossipOptions? options = null)
    {
        _options = options ?? new GossipOptions();
        Protocol = new GossipProtocol(_options, this, new Random(1), new Random(3).NextBytes, Now);
    }

    public GossipProtocol Protocol { get; private set; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerDay);

    /// <summary>What the clock says, where it is set; it runs on with the time.</summary>
    public long? UnixSeconds
    {
        get => _epoch + Seconds;
        set => _epoch = value - Seconds;
    }

    /// <summary>Frames sent, in order.</summary>
    public List<(LinkId Link, byte[] Frame)> Sent { get; } = [];

    public Dictionary<GossipId, (KeptRecord Kept, byte[]? Bytes)> Disk { get; } = [];

    public List<GossipId> Loads { get; } = [];

    public List<GossipId> Judged { get; } = [];

    public GossipVerdict Verdict { get; set; }

    public bool HasRoom { get; set; } = true;

    public LinkId Up(int number, bool chosen = false, ulong group = 0, LinkProperties? properties = null)
    {
        var id = new LinkId(number);
        var peer = new NodeAddress((ulong)number + 1, 7);
        Protocol.LinkUp(Now, id, new LinkDescription(
            peer, new byte[32], properties ?? LinkProperties.Stream, 1, chosen, group == 0 ? (ulong)number + 100
                : group, chosen));
        Protocol.EndOfBatch(Now);
        return id;
    }

    public bool Receive(LinkId link, FrameKind kind, ReadOnlySpan<byte> body)
    {
        bool parsed = Protocol.Receive(Now, link, [(byte)kind, .. body]);
        Protocol.EndOfBatch(Now);
        return parsed;
    }

    public void Have(LinkId link, bool atOnce, params GossipId[] ids)
    {
        byte[] body = new byte[GossipHave.SizeOf(ids.Length)];
        GossipHave.Write(body, ids, atOnce);
        Assert.True(Receive(link, FrameKind.GossipHave, body));
    }

    public void Want(LinkId link, bool graft, params GossipId[] ids)
    {
        byte[] body = new byte[GossipWant.SizeOf(ids.Length)];
        GossipWant.Write(body, ids, graft);
        Assert.True(Receive(link, FrameKind.GossipWant, body));
    }

    /// <summary>Time passes; timers go off when they are due.</summary>
    public void Pass(TimeSpan time)
    {
        Instant end = Now + time;
        while (Protocol.NextDue <= end)
        {
            Now = Protocol.NextDue > Now ? Protocol.NextDue : Now;
            Protocol.Tick(Now);
        }

        Now = end;
    }

    private long Seconds => Now.Ticks / TimeSpan.TicksPerSecond;

    public byte[] Record(
        int size = 100, GossipTopic topic = default, byte hours = 24, ushort day = 0,
        GossipClass recordClass = GossipClass.Channel)
    {
        byte[] payload = new byte[size - GossipRecord.HeaderSize];
        BitConverter.TryWriteBytes(payload, ++_numbers);
        byte[] record = new byte[size];
        GossipRecord.Write(record, recordClass, day, hours, topic, payload);
        return record;
    }

    /// <summary>The frames of a kind that were sent on a link, and forgets all.</summary>
    public List<byte[]> Take(LinkId link, FrameKind kind)
    {
        List<byte[]> found = [.. Sent.Where(s => s.Link == link && s.Frame[0] == (byte)kind).Select(s => s.Frame[1..])];
        Sent.RemoveAll(s => s.Link == link && s.Frame[0] == (byte)kind);
        return found;
    }

    /// <summary>A new process with the same disk.</summary>
    public void Restart()
    {
        Protocol = new GossipProtocol(_options, this, new Random(2), new Random(4).NextBytes, Now);
        Sent.Clear();
        foreach ((GossipId id, (KeptRecord kept, byte[]? bytes)) in Disk.ToArray())
        {
            if (bytes is null)
                Protocol.RestoreDead(Now, id, kept.Age);
            else
                Assert.True(Protocol.Restore(Now, id, kept, bytes));
        }
    }

    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        Assert.Equal(FrameClass.Low, frameClass);
        if (HasRoom)
            Sent.Add((link, frame.ToArray()));
        return HasRoom;
    }

    /// <summary>The topics of this node have signatures.</summary>
    public bool Verifies { get; set; }

    public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        Judged.Add(id);
        return new GossipJudgement(Verdict, Verifies);
    }

    public void PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record) =>
        Disk[id] = (kept, record.ToArray());

    public void PersistDead(in GossipId id, TimeSpan age) => Disk[id] = (default(KeptRecord) with { Age = age }, null);

    public void ForgetId(in GossipId id) => Disk.Remove(id);

    public void LoadRecord(in GossipId id) => Loads.Add(id);
}
