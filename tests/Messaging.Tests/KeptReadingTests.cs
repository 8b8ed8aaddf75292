using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

public sealed class KeptReadingTests : IDisposable
{
    private readonly KeptReading _reading = new();
    private readonly List<byte> _taken = [];
    private int _begun;
    private int _ended;

    public void Dispose() => _reading.Dispose();

    [Fact]
    public void Few_are_read_at_a_time_and_none_twice_or_never()
    {
        _reading.Add(Records(0, 70));
        _reading.Add(Records(70, 5));
        int turns = 0;
        for (; !_reading.IsOver; turns++)
        {
            int before = _taken.Count;
            Read();
            Assert.InRange(_taken.Count - before, 0, KeptReading.AtOnce);
        }

        Assert.Equal(Enumerable.Range(0, 75).Select(static i => (byte)i), _taken);
        Assert.Equal(3, turns);
        Assert.Equal((2, 2), (_begun, _ended));
    }

    [Fact]
    public void Without_room_nothing_is_read_and_nothing_is_lost()
    {
        _reading.Add(Records(0, 10));
        while (!_reading.IsOver)
        {
            int room = 3;
            _reading.Read(Take, () => room-- > 0);
            _reading.Read(Take, static () => false);
        }

        Assert.Equal(10, _taken.Count);
    }

    [Fact]
    public void What_is_no_record_is_left_out()
    {
        _reading.Add([(default, [1, 2, 3]), .. Records(7, 1)]);
        Read();
        Assert.Equal([7], _taken);
        Assert.True(_reading.IsOver);
    }

    [Fact]
    public void A_fault_over_one_costs_that_one()
    {
        _reading.Add(Records(0, 3));
        KeptRecordTaker fails = static (in GossipId _, in GossipRecord _) => throw new InvalidOperationException();
        Assert.Throws<InvalidOperationException>(() => _reading.Read(fails, static () => true));
        Read();
        Assert.Equal([1, 2], _taken);
    }

    [Fact]
    public void What_is_left_at_the_end_is_closed()
    {
        _reading.Add(Records(0, 100));
        Read();
        _reading.Dispose();
        Assert.Equal((1, 1), (_begun, _ended));
        Assert.True(_reading.IsOver);
    }

    private void Read() => _reading.Read(Take, static () => true);

    private static byte[] Record(byte number)
    {
        byte[] bytes = new byte[GossipRecord.SizeOf(1)];
        GossipRecord.Write(bytes, GossipClass.Channel, 0, 1, default, [number]);
        return bytes;
    }

    private void Take(in GossipId id, in GossipRecord record) => _taken.Add(record.Payload[0]);

    private IEnumerable<(GossipId Id, byte[] Bytes)> Records(int first, int count)
    {
        _begun++;
        try
        {
            for (int i = first; i < first + count; i++)
                yield return (default, Record((byte)i));
        }
        finally
        {
            _ended++;
        }
    }
}
