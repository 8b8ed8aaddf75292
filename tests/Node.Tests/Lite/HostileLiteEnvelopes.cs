using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Routing;
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
        await _node.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        Assert.True(LiteInvitation.TryParse(await InviteAsync(_node), out LiteInvitation? invitation, out _));
        _group = LiteGroup.Join(new LiteSelf(_member, RandomSource.System, TimeProvider.System), invitation,
            out LiteReply hello);
        await DeliverAsync(hello.Message.ToArray());
        Assert.Equal(2, (await ShowAsync(_node)).Members.Count);
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
        Assert.Equal((1, 1, 0),
            (Count(LiteEvent.TextReceived), Count(LiteEvent.Repeated), Count(LiteEvent.ReplayedOrTooOld)));
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
        await DeliverAsync(_group.Seal([0xC3, 0x28]).Message);
        Assert.Equal(1, Count(LiteEvent.NotText));
        var forger = new LiteSelf(
            _member.PublicKey.Span, (_, signature) => signature.Clear(), _member.TryAgree, RandomSource.System,
            TimeProvider.System);
        Assert.True(LiteGroup.TryLoad(forger, _group.Save(), out LiteGroup? forged));
        using (forged)
            await DeliverAsync(forged.SealSigned("signed by nobody"u8).Introduction!.Message.ToArray());
        Assert.Equal(1, Count(LiteEvent.BadSignature));
        Assert.Empty(await TextsAsync());
        await DeliverAsync(message);
        Assert.Equal(["intact"], await TextsAsync());
    }

    [Fact]
    public async Task A_message_that_overtakes_the_rekey_waits_for_it()
    {
        LiteReply rekey = Assert.Single(_group.Rekey());
        byte[] message = Seal("after");
        await DeliverAsync(message);
        Assert.Equal((1, 0), (Count(LiteEvent.PutAside), Count(LiteEvent.TextReceived)));
        Assert.Empty(await TextsAsync());
        Assert.Single(_node.Store.Reader.Waiting(EnvelopeKind.MlsLite));
        await DeliverAsync(rekey.Message.ToArray());
        Assert.Equal((1, 0), (Count(LiteEvent.OpenedLater), _node.Node.Lite.AsideCount));
        Assert.Equal(["after"], await TextsAsync());
        Assert.Empty(_node.Store.Reader.Waiting(EnvelopeKind.MlsLite));
        // The sender, who has no receipt yet, tries again.
        await DeliverAsync(message);
        Assert.Equal(1, Count(LiteEvent.Repeated));
        Assert.Equal(["after"], await TextsAsync());
    }

    [Fact]
    public async Task A_flood_of_strangers_fills_its_own_room_only_and_costs_no_message()
    {
        LiteReply rekey = Assert.Single(_group.Rekey());
        byte[] early = Seal("who is this");
        var random = new Random(7);
        for (int i = 0; i < 500; i++)
        {
            byte[] noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            await DeliverAsync(noise);
        }

        Assert.True(_node.Node.Lite.AsideCount <= 2 * WaitingRoom.MaxEnvelopes);
        Assert.Equal(_node.Node.Lite.AsideCount, _node.Store.Reader.Waiting(EnvelopeKind.MlsLite).Count);
        Assert.Equal(0, Count(LiteEvent.GivenUp));
        Assert.True(Count(LiteEvent.TooManyAside) > 0);
        await DeliverAsync(rekey.Message.ToArray());
        await DeliverAsync(early);
        Assert.Equal(["who is this"], await TextsAsync());
        Assert.Contains("qpc_lite_events_total{event=\"put_aside\"}", (await _node.AskAsync(Commands.Metrics)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_strangers_from_one_source_writes_no_more_than_a_room_to_disk()
    {
        var random = new Random(8);
        int put = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] noise = new byte[100];
            random.NextBytes(noise);
            (noise[2], noise[3]) = ((byte)random.Next(31), (byte)random.Next(128));
            await DeliverAsync(noise);
            put = Count(LiteEvent.PutAside);
        }

        Assert.Equal(WaitingRoom.MaxEnvelopes, put);
        Assert.Equal(1000 - put, Count(LiteEvent.TooManyAside) + Count(LiteEvent.NotAuthentic)
            + Count(LiteEvent.NoGroup));
        Assert.Equal(WaitingRoom.MaxEnvelopes, _node.Store.Reader.Waiting(EnvelopeKind.MlsLite).Count);
    }

    [Fact]
    public async Task A_fault_of_the_program_costs_the_work_it_happened_in_and_nothing_else()
    {
        var broken = new Broken();
        byte[] after = Seal("still here");
        await _node.Node.AskAsync(_ =>
        {
            _node.Node.Conversations.Add(EnvelopeKind.MlsLite, broken);
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
        await _node.AskAsync(Commands.LiteLeave, new() { Group = "friends" });
        await DeliverAsync(Seal("too late"));
        Assert.Equal((1, 0), (Count(LiteEvent.NoGroup), _node.Node.Lite.AsideCount));
    }

    [Fact]
    public async Task Forged_messages_are_put_off_after_a_while_and_members_are_heard_all_the_same()
    {
        // Each names a stream that nobody has: the dearest that an outsider can make.
        byte[] tag = Convert.FromHexString((await ShowAsync(_node)).EpochTag);
        var random = new Random(3);
        byte[] forged = new byte[60];
        // Indices from 31 on have a byte of their own.
        int index = _group.OwnIndex;
        byte[] head = index < 31 ? [tag[0], tag[1], (byte)(5 << 5 | index), 1, 1]
            : [tag[0], tag[1], 5 << 5 | 31, (byte)index, 1, 1];
        // The purse fills again as time passes, on a busy machine nearly as fast as it is emptied.
        var passed = System.Diagnostics.Stopwatch.StartNew();
        for (int rounds = 0; rounds < 20 && Count(LiteEvent.PutOff) <= 100; rounds++)
        {
            for (int i = 0; i < 2 * LiteConversations.DerivationsOfSource / 16; i++)
            {
                random.NextBytes(forged);
                head.CopyTo(forged, 0);
                await QueueAsync(forged);
            }

            await _node.Node.SettleAsync();
        }

        double purses = 1 + passed.Elapsed.TotalMinutes;
        Assert.InRange(Count(LiteEvent.NotAuthentic), 100, purses * LiteConversations.DerivationsOfSource / 8);
        Assert.True(Count(LiteEvent.PutOff) > 100);
        for (int i = 0; i < 5; i++)
            await DeliverAsync(Seal($"heard {i}"));
        Assert.Equal(5, (await TextsAsync()).Count());
    }

    private sealed class Broken : IMessagingWork
    {
        internal bool WasTold { get; private set; }

        public void Run(Instant now, MessageTransaction transaction) =>
            throw new OverflowException("a fault for the test");

        public void Failed(Instant now, MessageTransaction transaction) => WasTold = true;
    }

    private byte[] Seal(string text) => _group.Seal(Encoding.UTF8.GetBytes(text)).Message;

    private int Count(LiteEvent what) => (int)_node.Node.Lite.Counters[what];

    /// <summary>
    /// Hands an envelope over as the router does; its answer goes to a token that the router does not know.
    /// </summary>
    private async Task DeliverAsync(byte[] payload, Priority priority = Priority.Normal)
    {
        var header = new EnvelopeHeader(EnvelopeKind.MlsLite, priority, WantsReceipt: true, 0, 63, 100,
            _node.Identity.Address);
        await QueueAsync(payload, header);
        await _node.Node.SettleAsync();
    }

    private Task QueueAsync(byte[] payload) =>
        QueueAsync(payload,
            new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.Normal, WantsReceipt: true, 0, 63, 100,
                _node.Identity.Address));

    private Task QueueAsync(byte[] payload, EnvelopeHeader header)
    {
        EnvelopeId id = SentEnvelope.IdOf(SentEnvelope.Join(header, payload));
        return _node.Node.AskAsync(_ =>
        {
            _node.Node.Conversations.Deliver(long.MaxValue, id, header, payload);
            return true;
        });
    }

    private async Task<IEnumerable<string>> TextsAsync() =>
        (await MessagesAsync(_node)).Select(m => m.Text);
}
