using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

public sealed class GossipTests : IDisposable
{
    private static readonly GossipRow Row =
        new(TimeSpan.Zero, TimeSpan.FromHours(5), 0xFEDCBA9876543210, IsChosen: true, IsMine: false);
    private static readonly byte[] Record = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_record_and_a_remembered_id_survive_with_the_time_that_they_have_left()
    {
        MeshStore store = _fixture.Open();
        GossipId id = GossipId.Of(Record), other = new(7, 7);
        Write(store, s =>
        {
            s.PutGossip(id, Row, Record);
            s.PutGossip(other, new GossipRow(TimeSpan.FromHours(1), default, 0, false, false), []);
        });
        _fixture.Time.Advance(TimeSpan.FromHours(2));
        store = _fixture.Reopen(store);
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Record, store.Reader.FindGossip(id));
        Assert.Null(store.Reader.FindGossip(other));
        Assert.Null(store.Reader.FindGossip(new GossipId(1, 1)));
        Dictionary<GossipId, (GossipRow Row, byte[] Record)> rows = Rows(store);
        Assert.Equal(2, rows.Count);
        Assert.Equal(Row with { Age = TimeSpan.FromHours(3), LifetimeLeft = TimeSpan.FromHours(2) }, rows[id].Row);
        Assert.Equal(Record, rows[id].Record);
        Assert.Equal((TimeSpan.FromHours(4), 0), (rows[other].Row.Age, rows[other].Record.Length));
    }

    [Fact]
    public void What_is_forgotten_is_gone_and_what_is_released_keeps_its_id()
    {
        MeshStore store = _fixture.Open();
        GossipId id = GossipId.Of(Record);
        Write(store, s => s.PutGossip(id, Row, Record));
        Write(store, s => s.PutGossip(id, Row with { LifetimeLeft = default }, []));
        Assert.Null(store.Reader.FindGossip(id));
        Assert.Empty(Assert.Single(Rows(store)).Value.Record);
        Write(store, s => s.DeleteGossip(id));
        Assert.Empty(Rows(store));
    }

    [Fact]
    public void With_durability_memory_no_record_is_written()
    {
        MeshStore store = _fixture.Open(new StoreOptions { Durability = Durability.Memory });
        Write(store, s => s.PutGossip(GossipId.Of(Record), Row, Record));
        Assert.Empty(Rows(store));
    }

    [Theory]
    [InlineData("id", "x'01'")]
    [InlineData("record", "zeroblob(300)")]
    [InlineData("record", "substr(record, 2)")]
    public void A_damaged_row_is_left_out_and_the_others_are_read(string column, string value)
    {
        MeshStore store = _fixture.Open();
        byte[] second = [1, .. Record];
        Write(store, s =>
        {
            s.PutGossip(GossipId.Of(Record), Row, Record);
            s.PutGossip(GossipId.Of(second), Row, second);
        });
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute($"UPDATE gossip SET {column} = {value} WHERE length(record) = 300");
        store = _fixture.Open();
        Assert.Equal(GossipId.Of(second), Assert.Single(Rows(store)).Key);
        Assert.Equal(1, store.Damage.Rows);
    }

    private static Dictionary<GossipId, (GossipRow Row, byte[] Record)> Rows(MeshStore store)
    {
        var rows = new Dictionary<GossipId, (GossipRow, byte[])>();
        store.Reader.ReadGossip(
            (in GossipId id, in GossipRow row, ReadOnlySpan<byte> record) => rows.Add(id, (row, record.ToArray())));
        return rows;
    }
}
