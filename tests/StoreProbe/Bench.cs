using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Probe;

/// <summary>How many messages a second the store alone can take, by durability and batch size.</summary>
internal static class Bench
{
    private const int Messages = 40_000;

    internal static void Run(string directory)
    {
        foreach (Durability durability in Enum.GetValues<Durability>())
            foreach (int batch in (int[])[1, 16, 256])
                Sender(directory, durability, batch);
        Seen(directory);
    }

    /// <summary>
    /// What a sender writes: message and envelope, then the final state, then the envelope is forgotten.
    /// </summary>
    private static void Sender(string directory, Durability durability, int batch)
    {
        string own = Path.Combine(directory, $"{durability}-{batch}");
        using MeshStore store =
            MeshStore.Open(own, Samples.Key, new StoreOptions { Durability = durability }, TimeProvider.System);
        int messages = durability == Durability.Full ? Math.Min(Messages, batch * 1000) : Messages;
        StoredMessage[] rows = [.. Enumerable.Range(0, messages).Select(n => Samples.Message(n, textLength: 90))];
        byte[] envelope = Samples.Envelope(0);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long written = BytesWritten();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int first = 0; first < messages; first += batch)
        {
            store.Begin();
            for (int n = first; n < Math.Min(messages, first + batch); n++)
            {
                store.Insert(rows[n]);
                store.PutEnvelope(rows[n].Id, Samples.Holding(1, originated: false), envelope);
                store.PutSeen(rows[n].Id, 0);
                if (n < batch)
                    continue;
                store.UpdateState(rows[n - batch].Id, MessageState.Delivered, 0, 2, Samples.Start);
                store.DeleteEnvelope(rows[n - batch].Id);
            }

            store.Commit();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(
            $"{durability,-7} batch {batch,4}: {messages / seconds,8:0} messages/s, "
            + $"{(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / messages,6:0.0} us of processor each, "
            + $"{(BytesWritten() - written) / messages,6} B written each, "
            + $"{(GC.GetAllocatedBytesForCurrentThread() - allocated) / messages,4} B allocated each");
    }

    /// <summary>Bytes given to write calls by this process (proc(5), io).</summary>
    private static long BytesWritten() =>
        long.Parse(File.ReadLines("/proc/self/io").First(l => l.StartsWith("wchar:", StringComparison.Ordinal))[6..],
            CultureInfo.InvariantCulture);

    private static void Seen(string directory)
    {
        const int ids = 1_000_000;
        using MeshStore store =
            MeshStore.Open(Path.Combine(directory, "seen"), Samples.Key, new StoreOptions(), TimeProvider.System);
        long start = Stopwatch.GetTimestamp();
        for (int first = 0; first < ids; first += 100)
        {
            store.Begin();
            for (int n = first; n < first + 100; n++)
                store.PutSeen(Samples.Id(n), 0);
            store.Commit();
        }

        Console.WriteLine($"seen ids, 100 a commit: {ids / Stopwatch.GetElapsedTime(start).TotalSeconds,8:0} ids/s");
    }
}
