using System.Text;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Lite;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Lite;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Node.Tests.Lite.LiteGroupsBetweenNodes;

namespace QuicProChat.Mesh.Node.Tests.Lite;

/// <summary>A node in a group with a member that the test plays, byte by byte.</summary>
public sealed class HostileLiteEnvelopes : IAsyncLifetime
{
    private readonly TestNode _node = new("node");
    private readonly LocalIdentity _member = LocalIdentity.Generate();
    private LiteGroup _group = null!;

    public async Task InitializeAsync()
    {
        await AskAsync(_node, new ControlRequest { Command = "lite-create", Name = "friends" });
        Assert.True(LiteInvitation.TryParse(await InviteAsync(_node), out LiteInvitation? invitation, out _));
        _group = LiteGroup.Join(invitation, _member.PublicKey.Span, out LiteReply hello);
        await DeliverAsync(hello.Message.ToArray());
        Assert.Equal(2, (await AskAsync(_node, new ControlRequest { Command = "lite-show", Group = "friends" }))["members"]!.AsArray().Count);
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _group.Dispose();
        _member.Dispose();
    }

    [Fact]
    public async Task An_envelope_that_comes_again_is_told_from_one_that_is_replayed()
    {
        byte[] message = Seal("once");
        await DeliverAsync(message);
        await DeliverAsync(message);
        Assert.Equal((1, 1, 0), (Count(LiteEvent.TextReceived), Count(LiteEvent.Repeated), Count(LiteEvent.ReplayedOrTooOld)));
        // The same message in another envelope is no repetition: nobody is told that it arrived.
        await DeliverAsync(message, Priority.High);
        Assert.Equal(1, Count(LiteEvent.ReplayedOrTooOld));
        Assert.Equal(["once"], await TextsAsync());
    }

    [Fact]
    public async Task What_is_forged_damaged_or_no_text_is_counted_and_changes_nothing()
    {
        byte[] message = Seal("intact");
        for (int size = 0; size < message.Length; size++)
            await DeliverAsync(message[..size]);
        for (int i = 3; i < message.Length; i++)
        {
            byte[] altered = [.. message];
            altered[i] ^= 1;
            await DeliverAsync(altered);
        }

        Assert.True(Count(LiteEvent.Malformed) > 0);
        Assert.True(Count(LiteEvent.NotAuthentic) > 0);
        await DeliverAsync(_group.Seal([0xC3, 0x28]));
        Assert.Equal(1, Count(LiteEvent.NotText));
        await DeliverAsync(_group.SealSigned("signed by nobody"u8, (_, signature) => signature.Clear()));
        Assert.Equal(1, Count(LiteEvent.BadSignature));
        Assert.Empty(await TextsAsync());
        await DeliverAsync(message);
        Assert.Equal(["intact"], await TextsAsync());
    }

    [Fact]
    public async Task A_message_that_overtakes_the_rekey_waits_for_it()
    {
        LiteReply rekey = _group.Rekey()!;
        byte[] message = Seal("after");
        await DeliverAsync(message);
        Assert.Equal((1, 0), (Count(LiteEvent.PutAside), Count(LiteEvent.TextReceived)));
        Assert.Empty(await TextsAsync());
        Assert.Single(_node.Store.Reader.LiteWaiting());
        await DeliverAsync(rekey.Message.ToArray());
        Assert.Equal((1, 0), (Count(LiteEvent.OpenedLater), _node.Node.Conversations.Lite.AsideCount));
        Assert.Equal(["after"], await TextsAsync());
        Assert.Empty(_node.Store.Reader.LiteWaiting());
        // The sender, who has no receipt yet, tries again.
        await DeliverAsync(message);
        Assert.Equal(1, Count(LiteEvent.Repeated));
        Assert.Equal(["after"], await TextsAsync());
    }

    [Fact]
    public async Task A_flood_of_strangers_fills_its_own_room_only_and_costs_no_message()
    {
        LiteReply rekey = _group.Rekey()!;
        byte[] early = Seal("who is this");
        var random = new Random(7);
        for (int i = 0; i < 500; i++)
        {
            byte[] noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            await DeliverAsync(noise);
        }

        Assert.True(_node.Node.Conversations.Lite.AsideCount <= 2 * LiteWaitingRoom.MostEnvelopes);
        Assert.Equal(_node.Node.Conversations.Lite.AsideCount, _node.Store.Reader.LiteWaiting().Count);
        Assert.True(Count(LiteEvent.GivenUp) > 0);
        await DeliverAsync(rekey.Message.ToArray());
        await DeliverAsync(early);
        Assert.Equal(["who is this"], await TextsAsync());
        JsonNode metrics = await AskAsync(_node, new ControlRequest { Command = "metrics" });
        Assert.Contains("qpc_lite_events_total{event=\"put_aside\"}", (string)metrics["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_strangers_writes_no_more_than_two_rooms_to_disk_and_one_more_each_hour()
    {
        var random = new Random(8);
        int put = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] noise = new byte[100];
            random.NextBytes(noise);
            (noise[2], noise[3]) = ((byte)random.Next(32), (byte)random.Next(128));
            await DeliverAsync(noise);
            put = Count(LiteEvent.PutAside);
        }

        Assert.Equal(2 * LiteWaitingRoom.MostEnvelopes, put);
        Assert.Equal(1000 - put, Count(LiteEvent.TooManyAside) + Count(LiteEvent.NotAuthentic) + Count(LiteEvent.NoGroup));
        Assert.Equal(LiteWaitingRoom.MostEnvelopes, _node.Store.Reader.LiteWaiting().Count);
    }

    [Fact]
    public async Task A_fault_of_the_program_costs_the_work_it_happened_in_and_nothing_else()
    {
        var broken = new Broken();
        byte[] after = Seal("still here");
        await _node.Node.AskAsync(_ =>
        {
            _node.Node.Conversations.Lite.Add(broken);
            return true;
        });
        await DeliverAsync(after);
        Assert.True(broken.WasTold);
        Assert.Equal(1, Count(LiteEvent.Failed));
        Assert.Equal(["still here"], await TextsAsync());
    }

    [Fact]
    public async Task A_node_without_groups_keeps_nothing_for_later()
    {
        await AskAsync(_node, new ControlRequest { Command = "lite-leave", Group = "friends" });
        await DeliverAsync(Seal("too late"));
        Assert.Equal((1, 0), (Count(LiteEvent.NoGroup), _node.Node.Conversations.Lite.AsideCount));
    }

    private sealed class Broken : ILiteWork
    {
        internal bool WasTold { get; private set; }

        public void Run(Instant now, LiteTransaction transaction) => throw new OverflowException("a fault for the test");

        public void Failed(Instant now, LiteTransaction transaction) => WasTold = true;
    }

    private byte[] Seal(string text) => _group.Seal(Encoding.UTF8.GetBytes(text));

    private int Count(LiteEvent what) => (int)_node.Node.Conversations.Lite.Counters[what];

    /// <summary>Hands an envelope over as the router does; its answer goes to a token that the router does not know.</summary>
    private async Task DeliverAsync(byte[] payload, Priority priority = Priority.Normal)
    {
        var header = new EnvelopeHeader(EnvelopeKind.MlsLite, priority, WantsReceipt: true, 0, 63, 100, _node.Identity.Address);
        EnvelopeId id = LiteIds.OfEnvelope(LiteIds.Envelope(header, payload));
        await _node.Node.AskAsync(_ =>
        {
            _node.Node.Conversations.Lite.Deliver(long.MaxValue, id, header, payload);
            return true;
        });
        await _node.Node.SettleAsync();
    }

    private async Task<IEnumerable<string>> TextsAsync() =>
        (await AskAsync(_node, new ControlRequest { Command = "messages", With = "friends" })).AsArray().Select(m => (string)m!["text"]!);
}
