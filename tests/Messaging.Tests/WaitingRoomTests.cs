using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

public class WaitingRoomTests
{
    private const ulong Forger = 1, Honest = 2;

    private readonly WaitingRoom _room = new();
    private Instant _now;

    [Fact]
    public void A_full_room_leaves_other_rooms_alone()
    {
        Assert.True(Add(1000, Group(1)));
        for (int i = 0; i < WaitingRoom.MaxEnvelopes; i++)
            Assert.True(Add(i, null));
        Assert.False(Add(5, null));
        Assert.False(Add(500, null));
        Assert.True(Add(501, Group(2)));
        Assert.False(Add(502, Group(3), WaitingRoom.MaxBytes + 1));
        Assert.Equal(WaitingRoom.MaxEnvelopes + 1, _room.For(Group(1)).Count);
        Assert.Empty(_room.TakeOverdue(_now + WaitingRoom.Patience - TimeSpan.FromSeconds(1)));
        Assert.Equal(WaitingRoom.MaxEnvelopes + 2, _room.TakeOverdue(_now + WaitingRoom.Patience).Count);
        Assert.Equal(0, _room.Count);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(8000)]
    public void Whoever_fills_a_groups_room_pushes_nobody_out_and_gives_way_to_others(int size)
    {
        for (int i = 0; i < 3; i++)
            Assert.True(Add(i, Group(1), size, Honest));
        int taken = 0;
        for (int i = 100; i < 400; i++)
            taken += Add(i, Group(1), size, Forger) ? 1 : 0;
        Assert.InRange(taken, 1, WaitingRoom.MaxEnvelopes);
        Assert.Equal(3, Of(Honest));

        // Another honest one comes: the forger has more than anybody.
        Assert.True(Add(10, Group(1), size, Honest));
        Assert.Equal(4, Of(Honest));
    }

    [Fact]
    public void One_source_may_write_half_of_what_may_be_written_for_a_group_however_often_it_is_emptied()
    {
        int written = 0;
        for (int i = 0; i < 1000; i++)
        {
            WaitingEnvelope waiting = Waiting(i, Group(1), 100, Forger);
            if (!_room.MayWrite(_now, waiting))
                continue;
            written++;
            Assert.True(_room.TryAdd(_now, waiting, out _));
            _room.Remove(waiting.Id);
        }

        Assert.Equal(WaitingRoom.MaxEnvelopes, written);
        Assert.True(_room.MayWrite(_now, Waiting(2000, Group(1), 100, Honest)));
        Assert.True(_room.MayWrite(_now, Waiting(2001, Group(2), 100, Forger)));
        _now += TimeSpan.FromHours(1);
        Assert.True(_room.MayWrite(_now, Waiting(2002, Group(1), 100, Forger)));
    }

    private bool Add(int id, ConversationId? group, int size = 100, ulong source = 0)
    {
        bool isTaken = _room.TryAdd(_now, Waiting(id, group, size, source), out IReadOnlyList<WaitingEnvelope> gone);
        Assert.All(gone, g => Assert.NotEqual(source, g.Source));
        return isTaken;
    }

    private int Of(ulong source) => _room.For(Group(1)).Count(w => w.Source == source);

    private static ConversationId Group(byte id) => new(EnvelopeKind.MlsLite, [id]);

    private static WaitingEnvelope Waiting(int id, ConversationId? group, int size, ulong source) =>
        new(new EnvelopeId(0, (ulong)id), group, WaitingRoom.Patience, new byte[size], source);
}
