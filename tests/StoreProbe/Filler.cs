namespace QuicProChat.Mesh.Store.Probe;

/// <summary>
/// Fills a small disk, and says what became of it: what was committed, how the failure was reported, whether reading,
/// forgetting and writing went on. One line each, for the test to compare.
/// </summary>
internal static class Filler
{
    internal static void Run(string directory)
    {
        var store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        int committed = 0;
        StoreException? failure = null;
        while (failure is null)
        {
            failure = Try(store, () => store.PutEnvelope(Samples.Id(committed), Samples.Holding(committed), Samples.Envelope(committed, payload: 4000)));
            committed += failure is null ? 1 : 0;
        }

        Console.WriteLine($"failure {failure.Error}");
        for (int i = 0; i < 20; i++)
            failure = Try(store, () => store.PutEnvelope(Samples.Id(1_000_000 + i), Samples.Holding(i), Samples.Envelope(i, payload: 60_000))) ?? throw new InvalidOperationException("room for more");
        Console.WriteLine($"kept {(store.Reader.Envelopes().Count == committed ? "all" : "not all")}");
        Console.WriteLine($"readable {Enumerable.Range(0, committed).All(n => store.Reader.FindEnvelope(Samples.Id(n)) is { } e && e.AsSpan().SequenceEqual(Samples.Envelope(n, payload: 4000)))}");

        // What another program took is given back: custody resumes.
        File.Delete(Path.Combine(directory, "ballast"));
        Console.WriteLine($"after space returned {Try(store, () => store.PutEnvelope(Samples.Id(committed), Samples.Holding(committed), Samples.Envelope(committed, payload: 4000)))?.Error.ToString() ?? "written"}");
        int forgotten = committed / 2;
        Console.WriteLine($"forgetting {Try(store, () => { for (int n = 0; n < forgotten; n++) store.DeleteEnvelope(Samples.Id(n)); })?.Error.ToString() ?? "written"}");
        store.Dispose();

        store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        Console.WriteLine($"after a restart {(store.Reader.Envelopes().Count == committed + 1 - forgotten ? "as committed" : "different")}");
        store.Dispose();
    }

    private static StoreException? Try(MeshStore store, Action writes)
    {
        try
        {
            store.Begin();
            writes();
            store.Commit();
            return null;
        }
        catch (StoreException e)
        {
            store.Rollback();
            return e;
        }
    }
}
