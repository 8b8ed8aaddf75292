using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>Texts in their compact form, as envelopes of a node that is behind a radio.</summary>
public sealed class CompactArrivalTests : IDisposable
{
    private readonly GroupNode _node = new(isBehindRadio: true);
    private readonly GroupInviter _inviter = new();

    public void Dispose()
    {
        _inviter.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task A_text_in_its_compact_form_says_so_and_comes_once()
    {
        Assert.True(Invite());
        await _node.DoAsync(g => g.AcceptAsync("lake", null));
        SentEnvelope envelope = Text("hello");
        MessageTransaction received = _node.Receive(envelope);
        Message message = Assert.Single(received.Messages).Message;
        Assert.Equal(
            ("hello", Protection.MlsLiteSigned, _inviter.Address), (message.Text, message.Protection, message.Peer));
        Assert.NotNull(message.Place);
        Assert.Empty(_node.Receive(envelope).Messages);
        Assert.Equal(0, _node.Groups.AsideCount);
    }

    [Fact]
    public async Task A_text_that_comes_before_its_state_is_known_waits_and_is_read_then()
    {
        Assert.True(Invite());

        // The owner has not accepted: it names no group, and may be of this one.
        _node.Receive(Text("early"));
        Assert.Equal(1, _node.Groups.AsideCount);
        await _node.DoAsync(g => g.AcceptAsync("lake", null));
        Assert.Equal(0, _node.Groups.AsideCount);
        Assert.Equal(1, _node.Groups.Counters[GroupCount.OpenedLater]);
    }

    [Fact]
    public async Task What_is_of_no_state_fills_one_bounded_room_and_of_a_node_without_groups_none()
    {
        var random = new Random(5);
        for (int i = 0; i < 10; i++)
            Assert.False(_node.Receive(_inviter.Payload(_node, Junk(random))).HasWrites);
        Assert.Equal(0, _node.Groups.AsideCount);
        Assert.True(Invite());
        await _node.DoAsync(g => g.AcceptAsync("lake", null));
        for (int i = 0; i < 200; i++)
            _node.Receive(_inviter.Payload(_node, Junk(random)));
        Assert.InRange(_node.Groups.AsideCount, 1, WaitingRoom.MaxEnvelopes);
        Message message = Assert.Single(_node.Receive(Text("through it all")).Messages).Message;
        Assert.Equal("through it all", message.Text);
        _node.Now += WaitingRoom.Patience;
        _node.Tick();
        Assert.Equal(0, _node.Groups.AsideCount);
    }

    [Fact]
    public async Task What_no_twin_could_read_does_not_wait_nor_does_anything_where_there_is_no_twin()
    {
        Assert.True(Invite());
        byte[] text = Text("not yet").Bytes[EnvelopeHeader.Size..];
        foreach (int type in (int[])[0, 2, 3, 4, 5, 6, 7])
        {
            byte[] other = [.. text];
            other[3] = (byte)((other[3] & 0x1f) | (type << 5));
            Assert.False(_node.Receive(_inviter.Payload(_node, other)).HasWrites);
        }

        // Mark, tag, type and leaf, number; then guard, signature and the shorter of the tags.
        const int least = 5 + 8 + 64 + 8;
        Assert.False(_node.Receive(_inviter.Payload(_node, text[..(least - 1)])).HasWrites);
        Assert.Equal(0, _node.Groups.AsideCount);
        Assert.True(_node.Receive(_inviter.Payload(_node, text[..least])).HasWrites);
        Assert.Equal(1, _node.Groups.AsideCount);

        // Nobody in this group is behind a radio.
        using var wired = new GroupNode();
        using var inviter = new GroupInviter();
        wired.Receive(inviter.Seal(wired, inviter.Invite(wired, inviter.KeyPackageOf(wired))));
        await wired.DoAsync(g => g.AcceptAsync("lake", null));
        Assert.False(wired.Receive(inviter.Payload(wired, text)).HasWrites);
        Assert.Equal(0, wired.Groups.AsideCount);
    }

    [Fact]
    public void A_pair_that_is_pinned_carries_texts_in_their_compact_form_to_whoever_is_behind_a_radio()
    {
        using var world = new PairWorld(36);
        PairNode wired = world.Add(LocalIdentity.Generate(world.Fill), DirectSecurity.Mls);
        PairNode radio = world.Add(LocalIdentity.Generate(world.Fill), DirectSecurity.Mls, hasRadio: true);
        world.Run(TimeSpan.FromMinutes(1));
        foreach ((PairNode from, PairNode to, string text) in ((PairNode, PairNode, string)[])
        [
            (wired, radio, "hello"), (radio, wired, "hello yourself"), (wired, radio, "compact"),
            (radio, wired, "full"),
        ])
        {
            from.Send(to, text);
            world.Run(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(["hello", "compact"], radio.Has(wired));
        Assert.Equal(["hello yourself", "full"], wired.Has(radio));
        foreach (PairNode node in (PairNode[])[wired, radio])
        {
            Assert.Equal(Protection.MlsLiteSigned, node.ProtectionOf("compact"));
            Assert.Equal(Protection.Mls, node.ProtectionOf("full"));
        }
    }

    private bool Invite() => _node.Receive(
        _inviter.Seal(_node, _inviter.Invite(_node, _inviter.KeyPackageOf(_node)))).HasWrites;

    private SentEnvelope Text(string text)
    {
        SentEnvelope envelope = _inviter.Text(_node, text);
        Assert.True(CompactForm.IsMarked(envelope.Bytes.AsSpan(EnvelopeHeader.Size)));
        return envelope;
    }

    private static byte[] Junk(Random random)
    {
        byte[] payload = new byte[120];
        random.NextBytes(payload);
        payload[0] = CompactForm.Mark;
        return payload;
    }
}
