using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

/// <summary>
/// What all kinds of conversations share: the table, the order, and what happens when the disk fails.
/// </summary>
public sealed class ConversationsTests : IDisposable
{
    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private readonly FakeStore _store = new();
    private readonly FakeLoop _loop = new();
    private readonly FakeKind _plain;
    private readonly FakeKind _keyed;
    private readonly List<string> _told = [];
    private readonly Conversations _conversations;

    public ConversationsTests()
    {
        _plain = new FakeKind(EnvelopeKind.Sealed, isStateless: true, _loop);
        _keyed = new FakeKind(EnvelopeKind.MlsLite, isStateless: false, _loop);
        var context = new MessagingContext(_identity, _loop, _store, _store, TimeProvider.System)
        {
            HopLimit = 32,
            Receipts = ReceiptPolicy.All,
        };
        _conversations = new Conversations(context, [_plain, _keyed]);
        _keyed.State.WasStored([0]);
        _plain.State.WasStored([0]);
    }

    public void Dispose() => _identity.Dispose();

    [Fact]
    public async Task A_kind_with_states_has_one_transaction_under_way_and_what_comes_meanwhile_shares_the_next()
    {
        await SendAsync(_keyed, "one");
        _conversations.Pump(default);
        await SendAsync(_keyed, "two");
        await SendAsync(_keyed, "three");
        Assert.Equal(Instant.Never, _conversations.NextDue);
        _conversations.Pump(default);
        Assert.Single(_store.Waiting);
        _store.Settle(written: true);
        Assert.True(_conversations.NextDue <= default(Instant));
        _conversations.Pump(default);
        Assert.Equal(["send one", "written one", "send two", "send three"], _keyed.Log);
        Assert.Equal(3, Assert.Single(Assert.Single(_store.Waiting).States).Bytes![0]);
    }

    [Fact]
    public async Task Where_the_disk_fails_the_state_goes_back_before_anybody_is_told_and_the_next_text_goes_on_from_there()
    {
        await SendAsync(_keyed, "one");
        _conversations.Pump(default);
        _store.Settle(written: false);
        Assert.Equal(("failed one", 0), (_keyed.Log[^1], _keyed.State.Counter));
        await SendAsync(_keyed, "two");
        _conversations.Pump(default);
        MessageTransaction.FrozenState state = Assert.Single(_store.Waiting.Peek().States);
        Assert.Equal((1, true), (state.Bytes![0], state.Spent));
        _store.Settle(written: true);
        Assert.Equal("written two", _keyed.Log[^1]);
    }

    /// <summary>All of its kind waited for ever once.</summary>
    [Fact]
    public async Task Where_a_state_cannot_be_made_into_bytes_it_goes_back_and_the_next_text_has_its_turn()
    {
        await SendAsync(_keyed, "one");
        _keyed.State.FailsToSave = true;
        _conversations.Pump(default);
        Assert.Equal(("failed one", 0, 1), (_keyed.Log[^1], _keyed.State.Counter, _keyed.FaultCount));
        Assert.Empty(_store.Waiting);
        _keyed.State.FailsToSave = false;
        await SendAsync(_keyed, "two");
        _conversations.Pump(default);
        _store.Settle(written: true);
        Assert.Equal("written two", _keyed.Log[^1]);
    }

    [Fact]
    public async Task Messages_of_a_kind_without_states_do_not_wait_for_each_other()
    {
        await SendAsync(_plain, "one");
        await SendAsync(_plain, "two");
        Assert.Equal(2, _store.Waiting.Count);
        _store.Settle(written: false);
        _store.Settle(written: true);
        Assert.Equal(["send one", "send two", "failed one", "written two"], _plain.Log);
    }

    [Fact]
    public async Task The_texts_of_a_client_are_taken_in_its_order_whatever_their_kinds_and_a_wrong_one_costs_itself()
    {
        await _conversations.SendAsync(
            [Text(_keyed, "a"), Text(_plain, "b"), Text(_keyed, "wrong"), Text(_plain, "c"),
                Text(EnvelopeKind.Fapp, "d")]);
        Assert.Equal(["send b", "send c"], _plain.Log);
        _conversations.Pump(default);
        Assert.Equal(["send a"], _keyed.Log);
        Assert.Equal(["wrong Usage: wrong", "d Usage: no text can be sent as Fapp"], _told);
    }

    [Fact]
    public void A_fault_over_one_envelope_costs_that_envelope()
    {
        Deliver(1, 1);
        Deliver(2, 0);
        Deliver(3, 1);
        _conversations.Pump(default);
        Assert.Equal((1, 1), (_keyed.FaultCount, _loop.Faults.Count));
        // The router is not there: what is told to it about the one that failed throws, and the others are told all the
        // same.
        _store.Settle(written: true);
        Assert.Equal(["received 1", "received 3"], _keyed.Log);
        Assert.Equal((2, 2), (_keyed.FaultCount, _loop.Faults.Count));
        Deliver(4, 1);
        _conversations.Pump(default);
        _store.Settle(written: true);
        Assert.Equal("received 4", _keyed.Log[^1]);
    }

    [Fact]
    public async Task A_fault_over_one_text_costs_that_text_and_its_caller_is_told()
    {
        await _conversations.SendAsync([Text(_plain, "a"), Text(_plain, "fault"), Text(_plain, "b")]);
        Assert.Equal([$"fault Refused: {Deliveries.Fault}"], _told);
        Assert.Equal((2, 1, 1), (_store.Waiting.Count, _plain.FaultCount, _loop.Faults.Count));
        await SendAsync(_keyed, "fault");
        _conversations.Pump(default);
        Assert.Equal((2, 1), (_told.Count, _keyed.FaultCount));
    }

    [Fact]
    public void What_is_due_is_done_without_anything_else_to_do()
    {
        Instant due = default(Instant) + TimeSpan.FromSeconds(5);
        _keyed.NextDue = due;
        Assert.Equal(due, _conversations.NextDue);
        _conversations.Pump(due - TimeSpan.FromSeconds(1));
        Assert.Empty(_keyed.Log);
        _conversations.Pump(due);
        Assert.Equal(["tick"], _keyed.Log);
        Assert.Equal(Instant.Never, _conversations.NextDue);
    }

    [Fact]
    public void A_fault_over_what_is_due_costs_no_envelope_and_is_tried_again_later_and_not_in_a_loop()
    {
        Instant due = default(Instant) + TimeSpan.FromHours(1);
        _keyed.NextDue = due;
        _keyed.FailsToTick = true;
        Deliver(1, 1);
        _conversations.Pump(due);
        _store.Settle(written: true);
        Assert.Equal(["received 1"], _keyed.Log);
        Assert.Equal((1, 1), (_keyed.FaultCount, _loop.Faults.Count));

        Assert.True(_conversations.NextDue > due);
        _conversations.Pump(due);
        Deliver(2, 1);
        _conversations.Pump(due);
        _store.Settle(written: true);
        Assert.Equal(("received 2", 1), (_keyed.Log[^1], _keyed.FaultCount));

        _keyed.FailsToTick = false;
        _conversations.Pump(_conversations.NextDue);
        Assert.Equal("tick", _keyed.Log[^1]);
        Assert.Equal(Instant.Never, _conversations.NextDue);
    }

    private void Deliver(long token, byte first) => _conversations.Deliver(
        token, new EnvelopeId((ulong)token, 0),
        new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.Normal, true, 0, 32, 100, default), [first]);

    private ValueTask SendAsync(FakeKind kind, string text) => _conversations.SendAsync([Text(kind, text)]);

    private (SendRequest, ICaller) Text(FakeKind kind, string text) => Text(kind.Kind, text);

    private (SendRequest, ICaller) Text(EnvelopeKind kind, string text) =>
        (new SendRequest(kind, "", text, Priority.Normal, TimeSpan.FromHours(1), MessageState.Queued, Signed: false),
            new FakeCaller(_told, text));
}
