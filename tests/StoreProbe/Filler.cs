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
        var failures = new List<StoreError>();
        while (failures.Count < 20)
        {
            StoreException? failure =
                Try(store, () => store.PutEnvelope(Samples.Id(committed), Samples.Holding(committed),
                    Samples.Envelope(committed, payload: 4000)));
            if (failure is null)
            {
                // Room that a checkpoint made; only a row of failures means that there is none.
                failures.Clear();
                committed++;
            }
            else
            {
                failures.Add(failure.Error);
            }
        }

        Console.WriteLine($"failures {string.Join(' ', failures.Distinct())}");
        Console.WriteLine($"kept {(store.Reader.Envelopes().Count == committed ? "all" : "not all")}");
        Console.WriteLine(
            $"readable {Enumerable.Range(0, committed).All(n => store.Reader.FindEnvelope(Samples.Id(n)) is { } e && e.AsSpan().SequenceEqual(Samples.Envelope(n, payload: 4000)))}");

        int forgotten = committed / 2;
        Console.WriteLine($"forgetting {Forget(store, forgotten)?.Error.ToString() ?? "written"}");
        Console.WriteLine($"left {store.Reader.Envelopes().Count == committed - forgotten}");

        // Now another program takes what is left, and gives it back later: custody resumes at once.
        int more = committed;
        string ballast = Path.Combine(directory, "ballast");
        TakeAllSpace(ballast);
        while (Try(store,
            () => store.PutEnvelope(Samples.Id(more), Samples.Holding(more), Samples.Envelope(more, payload: 4000)))
                is null)
            more++;
        Console.WriteLine(
            $"without any space {(store.Reader.Envelopes().Count == more - forgotten ? "as committed" : "different")}");
        File.Delete(ballast);
        Console.WriteLine(
            "after space returned "
                + $"{Try(store, () => store.PutEnvelope(Samples.Id(more), Samples.Holding(more), Samples.Envelope(more, payload: 4000)))?.Error.ToString() ?? "written"}");
        store.Dispose();

        store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        Console.WriteLine(
            $"after a restart {(store.Reader.Envelopes().Count == more + 1 - forgotten ? "as committed" : "different")}");
        store.Dispose();
    }

    private static void TakeAllSpace(string path)
    {
        using FileStream file = File.Create(path, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // The disk is full: that was the purpose.
        }
    }

    private static StoreException? Forget(MeshStore store, int count)
    {
        StoreException? failure = null;
        for (int first = 0; first < count && failure is null; first += 64)
        {
            failure = Try(store, () =>
            {
                for (int n = first; n < Math.Min(count, first + 64); n++)
                    store.DeleteEnvelope(Samples.Id(n));
            });
        }

        return failure;
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
