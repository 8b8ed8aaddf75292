using System.Net;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Engines on one link under one clock: what one sends, all others receive, some of it not.</summary>
internal sealed class FakeLan(int seed, double loss = 0)
{
    internal const int Index = 3;
    internal const int Port = 4711;

    private readonly Random _random = new(seed);
    private readonly List<Member> _members = [];

    internal TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    internal IReadOnlyList<Member> Members => _members;

    /// <summary>Messages that were sent, by whomever.</summary>
    internal List<(TimeSpan At, Member By, byte[] Message)> Sent { get; } = [];

    internal Member Join(byte[]? networkKey = null, int tcp = Port, int quic = 0, bool browses = true)
    {
        var member = new Member(this, _members.Count, networkKey is null ? null : new NetworkTag(networkKey),
            new Random(_random.Next()));
        _members.Add(member);
        member.Engine.SetLinks([member.Describe(tcp, quic, browses)], member, Now);
        return member;
    }

    /// <summary>Takes a member off without a word.</summary>
    internal void Kill(Member member) => _members.Remove(member);

    /// <summary>Lets time pass.</summary>
    internal void Run(TimeSpan time)
    {
        TimeSpan end = Now + time;
        while (_members.Select(m => m.Engine.Due).Min() is { } due && due <= end)
        {
            Now = due > Now ? due : Now;
            foreach (Member member in _members.ToArray())
                member.Engine.Run(member, Now);
        }

        Now = end;
    }

    /// <summary>Somebody sends something, from an address on the link.</summary>
    internal void Inject(string source, byte[] message, int port = MdnsEngine.Port)
    {
        foreach (Member member in _members)
            member.Engine.Receive(Index, new IPEndPoint(IPAddress.Parse(source), port), message, Now);
    }

    private void Deliver(Member from, byte[] message)
    {
        Sent.Add((Now, from, message));
        foreach (Member member in _members.ToArray())
        {
            // Its own messages come back to a sender, as multicast does.
            if (_random.NextDouble() >= loss)
                member.Engine.Receive(Index, new IPEndPoint(from.Address, MdnsEngine.Port), message, Now);
        }
    }

    /// <summary>One node.</summary>
    internal sealed class Member : IMdnsSender
    {
        private readonly FakeLan _lan;

        internal Member(FakeLan lan, int number, NetworkTag? tag, Random random)
        {
            _lan = lan;
            Address = new IPAddress([10, 1, (byte)(number >> 8), (byte)(number + 1)]);
            Own = new OwnInstance(bytes => random.NextBytes(bytes), tag);
            Engine = new MdnsEngine(Own, tag, Dialler, random);
        }

        internal IPAddress Address { get; }

        internal OwnInstance Own { get; }

        internal FakeDialler Dialler { get; } = new() { Answer = _ => FakeDialler.Up };

        internal MdnsEngine Engine { get; }

        internal string Uri => $"tcp://{Address}:{Port}";

        internal MdnsLink Describe(int tcp = Port, int quic = 0, bool browses = true) =>
            new(Index, "eth0", [new LinkAddress(Address, 8)], tcp, quic, browses);

        public void Send(MdnsLink link, ReadOnlySpan<byte> message) => _lan.Deliver(this, message.ToArray());
    }
}
