using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Who waits for custody, and the answers on their way.</summary>
public sealed class AnswerBookTests
{
    private static readonly LinkId _first = new(0);
    private static readonly LinkId _second = new(1);

    private readonly Links _actions = new();
    private readonly RouterCounters _counters = new();
    private readonly List<LinkState?> _links = [];
    private readonly List<LinkId> _written = [];
    private readonly AnswerBook _book;
    private uint _epoch;

    public AnswerBookTests()
    {
        _book = new AnswerBook(_links, _actions, _counters, (link, _) => _written.Add(link));
        _links.AddRange([Link(), Link()]);
    }

    [Fact]
    public void Answers_of_a_batch_leave_together_at_its_end()
    {
        _book.Answer(_first, CustodyCode.Taken, 1);
        _book.Answer(_second, CustodyCode.NoSpace, 2);
        _book.Answer(_first, CustodyCode.Taken, 3);
        Assert.True(_book.HasWork);
        Assert.Empty(_actions.Sent);
        _book.Flush();
        Assert.Equal(
            [(_first, CustodyCode.Taken, 1UL), (_first, CustodyCode.Taken, 3UL), (_second, CustodyCode.NoSpace, 2UL)],
            _actions.Sent);
        Assert.Equal([_first, _second], _written);
        Assert.Equal(2, _counters[RouterCounter.CustodyTaken]);
        Assert.False(_book.HasWork);
    }

    [Fact]
    public void What_a_link_has_no_room_for_is_sent_once_there_is_some()
    {
        _actions.IsFull = true;
        _book.Answer(_first, CustodyCode.Taken, 1);
        _book.Flush();
        _book.Answer(_first, CustodyCode.Taken, 2);
        Assert.False(_book.HasWork);
        _actions.IsFull = false;
        _book.TryAgain(_first, _links[0]!.Answers);
        _book.Flush();
        Assert.Equal([1UL, 2UL], _actions.Sent.Select(s => s.Name));
    }

    [Fact]
    public void Whoever_waits_for_custody_is_answered_once_and_a_third_is_told_to_try_later()
    {
        var entry = new HeldEntry();
        _book.Owe(ref entry, _first, 1);
        _book.Owe(ref entry, _first, 1);
        _book.Owe(ref entry, _second, 2);
        _book.Owe(ref entry, _second, 3);
        _book.Flush();
        Assert.Equal([(_second, CustodyCode.TooFast, 3UL)], _actions.Sent);
        _actions.Sent.Clear();
        _book.AnswerOwed(ref entry, CustodyCode.Taken);
        _book.AnswerOwed(ref entry, CustodyCode.Taken);
        _book.Flush();
        Assert.Equal([(_first, CustodyCode.Taken, 1UL), (_second, CustodyCode.Taken, 2UL)], _actions.Sent);
    }

    [Fact]
    public void Nobody_is_answered_on_a_link_that_has_come_since()
    {
        var entry = new HeldEntry();
        _book.Owe(ref entry, _first, 1);
        _links[0] = Link();
        _book.AnswerOwed(ref entry, CustodyCode.Taken);
        _book.Flush();
        Assert.Empty(_actions.Sent);

        // Its place is for whoever waits now.
        _book.Owe(ref entry, _second, 2);
        _book.Owe(ref entry, _first, 3);
        _links[1] = null;
        _book.Owe(ref entry, _first, 4);
        _book.AnswerOwed(ref entry, CustodyCode.Taken);
        _book.Flush();
        Assert.Equal([4UL, 3UL], _actions.Sent.Select(s => s.Name));
    }

    [Fact]
    public void A_neighbour_that_takes_no_answers_costs_no_more_than_its_share()
    {
        _actions.IsFull = true;
        for (ulong name = 0; name < 100_000; name++)
        {
            _book.Answer(_first, CustodyCode.Taken, name);
            _book.Flush();
        }

        Assert.True(_counters[RouterCounter.AnswersDropped] >= 100_000 - PendingAnswers.Most);
        _book.Answer(_second, CustodyCode.Taken, 1);
        _actions.IsFull = false;
        _book.Flush();
        Assert.Equal([(_second, CustodyCode.Taken, 1UL)], _actions.Sent);
    }

    private LinkState Link()
    {
        var options = new RouterOptions();
        var description =
            new LinkDescription(new NodeAddress(1, _epoch), default, LinkProperties.Stream, 1, Outbound: true);
        return new LinkState(description, new Source(0, options, default), options, _book.Budget, ++_epoch, default);
    }

    /// <summary>Links that take custody answers, or nothing.</summary>
    private sealed class Links : IRouterActions
    {
        public List<(LinkId Link, CustodyCode Code, ulong Name)> Sent { get; } = [];

        public bool IsFull { get; set; }

        public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            if (IsFull)
                return false;
            Assert.Equal((byte)FrameKind.CustodyAck, frame[0]);
            Assert.True(CustodyAck.TryRead(frame[1..], out CustodyAck ack));
            foreach (CustodyAnswer answer in ack)
                Sent.Add((link, answer.Code, answer.Name));
            return true;
        }

        public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
            throw new NotSupportedException();

        public void CloseLink(LinkId link, LinkEnd reason) => throw new NotSupportedException();

        public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope) =>
            throw new NotSupportedException();

        public void ForgetEnvelope(in EnvelopeId id) => throw new NotSupportedException();

        public void LoadEnvelope(in EnvelopeId id) => throw new NotSupportedException();

        public void PersistSeen(in EnvelopeId id, byte generation) => throw new NotSupportedException();

        public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce) =>
            throw new NotSupportedException();

        public void ForgetAnnounce(in NodeAddress address) => throw new NotSupportedException();

        public void PersistSequence(uint sequence) => throw new NotSupportedException();

        public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
            throw new NotSupportedException();

        public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
            throw new NotSupportedException();

        public void RouteChanged(in NodeAddress destination) => throw new NotSupportedException();
    }
}
