using System.Diagnostics;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;

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
        MeshStore store =
            MeshStore.Open(directory ?? Directory, key ?? Samples.Key, options ?? new StoreOptions(), Time);
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

    /// <summary>Waits until the log is cut, which happens in the background.</summary>
    public void WaitForLog(MeshStore store)
    {
        var limit = Stopwatch.StartNew();
        while (new FileInfo(File + "-wal").Length > 0)
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), $"the log stays: {store.CheckpointFault?.Message}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Tells whether bytes stand anywhere in the file or its log.</summary>
    public bool Stands(byte[] bytes)
    {
        foreach (string suffix in (string[])["", "-wal"])
        {
            using var file = new FileStream(File + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] all = new byte[file.Length];
            file.ReadExactly(all);
            if (all.AsSpan().IndexOf(bytes) >= 0)
                return true;
        }

        return false;
    }

    /// <summary>The sealed text of a message, as it stands in its row.</summary>
    public byte[] SealedText(int number)
    {
        using Database file = Database.Open(File);
        using Statement row = file.PrepareOnce("SELECT text FROM message WHERE id = ?");
        Assert.True(row.Bind(1, Samples.Id(number)).Step());
        return row.Blob(0).ToArray();
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
