using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Tests;
using static QuicProChat.Mesh.Fuzz.Neighbours;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>Gossip over two streams and a radio; the input is a <see cref="Neighbours"/>.</summary>
internal static class GossipTarget
{
    internal static readonly FuzzTarget Target =
        new("gossip", "records and their exchange with three neighbours", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        byte[] record = Named("GossipRecord");
        yield return [.. Frame(0, FrameKind.GossipRecord, record),
            .. Frame(1, FrameKind.GossipWant, Named("GossipWant"))];
        byte[] have = new byte[GossipHave.SizeOf(1)], want = new byte[GossipWant.SizeOf(1)];
        GossipHave.Write(have, [GossipId.Of(record)], askAtOnce: true);
        GossipWant.Write(want, [GossipId.Of(record)], graft: true);
        yield return [.. Frame(1, FrameKind.GossipHave, have), .. Frame(0x59, FrameKind.GossipRecord, record),
            .. Frame(0, FrameKind.GossipWant, want)];
        yield return [.. Frame(2, FrameKind.GossipInterest, Named("GossipInterest")),
            .. Frame(0, FrameKind.GossipRecord, record), .. Frame(0x9C, FrameKind.GossipPrune, [])];
        yield return [.. Frame(0, FrameKind.GossipSync, Named("GossipSync")),
            .. Frame(0x41, FrameKind.GossipSync, Named("GossipSyncAnswer"))];
    }

    private static byte[] Named(string name) => GossipCodecs.All.Single(c => c.Name == name).Example;

    private static void Run(ReadOnlySpan<byte> input)
    {
        Host host = new();
        Neighbours.Play(input, host);
        host.Pass(TimeSpan.FromHours(2));
        host.Check();
    }

    /// <summary>The protocol within small bounds, and a host that does at once what it asks for.</summary>
    private sealed class Host : IGossipActions, Neighbours.IHost
    {
        private static readonly LinkProperties _radio =
            new(Mtu: 500, BitsPerSecond: 2000, Reliable: false, PushRoutes: false, Medium: 1);
        private static readonly GossipOptions _options = new()
        {
            MaxBytes = 32 << 10,
            MaxCount = 32,
            CacheBytes = 4 << 10,
            MaxRemembered = 64,
            MaxAnnounced = 64,
        };

        private readonly GossipProtocol _gossip;
        private readonly Dictionary<GossipId, byte[]> _disk = [];
        private readonly Queue<GossipId> _loads = new();
        private readonly LinkId[] _links = new LinkId[3];
        private Instant _now = new(TimeSpan.TicksPerSecond);
        private int _number;

        internal Host()
        {
            _gossip = new GossipProtocol(_options, this, new Random(1), static span => span.Fill(7), _now);
            for (int i = 0; i < _links.Length; i++)
                Up(i);
        }

        /// <inheritdoc/>
        public long? UnixSeconds => 1_796_000_000 + (_now.Ticks / TimeSpan.TicksPerSecond);

        public void Receive(int link, ReadOnlySpan<byte> frame)
        {
            if (!frame.IsEmpty && GossipProtocol.Handles((FrameKind)frame[0]))
                _gossip.Receive(_now, _links[link], frame);
            Settle();
        }

        public void Renew(int link)
        {
            _gossip.LinkDown(_now, _links[link]);
            Up(link);
        }

        // Timers go off when they are due, but not more often than a loop would have time for.
        public void Pass(TimeSpan time)
        {
            Instant end = _now + time;
            for (int i = 0; i < 2000 && _gossip.NextDue <= end; i++)
            {
                _now = _gossip.NextDue > _now ? _gossip.NextDue : _now;
                _gossip.Tick(_now);
                Settle();
            }

            _now = end;
        }

        internal void Check()
        {
            Assert.InRange(_gossip.RecordCount, 0, _options.MaxCount);
            Assert.InRange(_gossip.RecordBytes, 0, _options.MaxBytes);
            Assert.InRange(_gossip.RememberedCount, 0, _options.MaxRemembered);
            Assert.InRange(_gossip.AnnouncedCount, 0, _options.MaxAnnounced);
            Assert.Equal(_gossip.RecordCount, _disk.Count);
        }

        /// <inheritdoc/>
        public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            Assert.Contains(link, _links);
            Assert.InRange(frame.Length, 1, link == _links[2] ? _radio.Mtu : Limits.MaxFrame);
            return true;
        }

        /// <inheritdoc/>
        public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record) =>
            (record.Payload.IsEmpty ? 0 : record.Payload[0] % 5) switch
            {
                0 => GossipVerdict.Mine,
                1 => GossipVerdict.Refused,
                2 => GossipVerdict.NotNow,
                3 => GossipVerdict.OtherTime,
                _ => GossipVerdict.NotMine,
            };

        /// <inheritdoc/>
        public void PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record) =>
            _disk[id] = record.ToArray();

        /// <inheritdoc/>
        public void PersistDead(in GossipId id, TimeSpan age) => _disk.Remove(id);

        /// <inheritdoc/>
        public void ForgetId(in GossipId id) => _disk.Remove(id);

        /// <inheritdoc/>
        public void LoadRecord(in GossipId id) => _loads.Enqueue(id);

        private void Up(int index)
        {
            byte[] key = [.. Enumerable.Repeat((byte)(index + 1), Ed25519.PublicKeySize)];
            LinkProperties properties = index == 2 ? _radio : LinkProperties.Stream;
            _links[index] = new LinkId(++_number);
            _gossip.LinkUp(_now, _links[index], new LinkDescription(
                NodeAddress.Of(key), key, properties, PeerBootId: (ulong)_number, Outbound: index == 0,
                SourceGroup: (ulong)index, Chosen: index == 0));
        }

        private void Settle()
        {
            while (_loads.TryDequeue(out GossipId id))
                _gossip.RecordLoaded(_now, id, _disk.GetValueOrDefault(id));
            _gossip.EndOfBatch(_now);
        }
    }
}
