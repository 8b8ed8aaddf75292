using QuicProChat.Mesh.Store.Probe;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>Held envelopes age by the time that the node runs, whatever any calendar says.</summary>
public sealed class LifetimeTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_lifetime_runs_on_while_the_node_runs_and_stands_still_while_it_does_not()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1)));
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(23), Left(store));
        _fixture.Close(store);
        _fixture.Time.Advance(TimeSpan.FromDays(3650));
        store = _fixture.Open();
        Assert.Equal(TimeSpan.FromHours(23), Left(store));
        _fixture.Time.Advance(TimeSpan.FromHours(30));
        Assert.Equal(TimeSpan.Zero, Left(store));
    }

    [Fact]
    public void A_node_that_is_killed_again_and_again_still_lets_its_envelopes_expire()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1)));
        for (int start = 0; start < 10; start++)
        {
            for (int minutes = 0; minutes < 180; minutes += 10)
            {
                _fixture.Time.Advance(TimeSpan.FromMinutes(10));
                store.KeepTime();
            }

            store = Crash(store, start);
        }

        Assert.Equal(TimeSpan.Zero, Left(store));
    }

    [Fact]
    public void A_part_of_a_second_never_shortens_a_lifetime()
    {
        MeshStore store = _fixture.Open();
        _fixture.Time.Advance(TimeSpan.FromSeconds(0.9));
        Write(store, s => s.PutEnvelope(Samples.Id(1), Samples.Holding(1) with
        { LifetimeLeft = TimeSpan.FromSeconds(10.2) }, Samples.Envelope(1)));
        Assert.InRange(Left(store), TimeSpan.FromSeconds(10.2), TimeSpan.FromSeconds(12));
    }

    /// <summary>Goes on with a copy of the files as they are, as after a power cut.</summary>
    private MeshStore Crash(MeshStore store, int number)
    {
        string copy = Path.Combine(_fixture.Directory, $"crash-{number}");
        Directory.CreateDirectory(copy);
        string from = number == 0 ? _fixture.Directory : Path.Combine(_fixture.Directory, $"crash-{number - 1}");
        foreach (string suffix in (string[])["", "-wal"])
            File.Copy(Path.Combine(from, MeshStore.FileName + suffix), Path.Combine(copy, MeshStore.FileName + suffix));
        _fixture.Close(store);
        return _fixture.Open(directory: copy);
    }

    private static TimeSpan Left(MeshStore store) => Assert.Single(store.Reader.Envelopes()).Holding.LifetimeLeft;
}
