using QuicProChat.Mesh.Store.Probe;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>A data directory for one test, and stores in it.</summary>
public sealed class StoreFixture : IDisposable
{
    private readonly List<MeshStore> _open = [];

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("qpc-store-").FullName;

    public FakeTime Time { get; } = new();

    public string File => Path.Combine(Directory, MeshStore.FileName);

    public MeshStore Open(StoreOptions? options = null, byte[]? key = null, string? directory = null)
    {
        MeshStore store = MeshStore.Open(directory ?? Directory, key ?? Samples.Key, options ?? new StoreOptions(), Time);
        _open.Add(store);
        return store;
    }

    /// <summary>Opens, and expects to be refused.</summary>
    public StoreException Refused(byte[]? key = null, string? directory = null) =>
        Assert.Throws<StoreException>(() => Open(key: key, directory: directory));

    public MeshStore Reopen(MeshStore store, StoreOptions? options = null)
    {
        Close(store);
        return Open(options);
    }

    public void Close(MeshStore store)
    {
        store.Dispose();
        _open.Remove(store);
    }

    public static void Write(MeshStore store, Action<MeshStore> writes)
    {
        store.Begin();
        writes(store);
        store.Commit();
    }

    public void Dispose()
    {
        foreach (MeshStore store in _open)
            store.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>A clock that a test moves.</summary>
public sealed class FakeTime : TimeProvider
{
    private long _ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan by) => _ticks += by.Ticks;
}
