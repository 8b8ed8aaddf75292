using System.Diagnostics;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Probe;

/// <summary>
/// Every sort of write on a disk that another program has filled but for a few kilobytes: each is done or refused, and
/// afterwards the store holds what was done. And a disk that has become read-only. One line each, for the test to
/// compare.
/// </summary>
internal static class Squeezer
{
    /// <summary>Kilobytes left for the writes of one round.</summary>
    private static readonly int[] Left = [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048];

    internal static void Run(string directory)
    {
        string ballast = Path.Combine(directory, "ballast");
        var known = new HashSet<int>();
        int number = 0, done = 0, refused = 0;
        MeshStore store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        foreach (int kilobytes in Left)
        {
            LeaveOnly(directory, ballast, kilobytes);
            foreach (Action<MeshStore, int> write in Writes)
            {
                number++;
                try
                {
                    store.Begin();
                    write(store, number);
                    store.Commit();
                    done++;
                    if (store.Reader.FindMessage(Samples.Id(number)) is not null)
                        known.Add(number);
                }
                catch (StoreException e) when (e.Error is StoreError.Full or StoreError.Io)
                {
                    store.Rollback();
                    refused++;
                }
            }

            File.Delete(ballast);
        }

        Console.WriteLine($"done {(done > 20 ? "many" : done)}, refused {(refused > 20 ? "many" : refused)}");
        Console.WriteLine($"kept {Kept(store, known)}");
        store.Dispose();
        store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        Console.WriteLine($"after a restart {Kept(store, known)}, damaged rows {store.Damage.Rows}");
        store.Dispose();

        Remount(directory, "ro");
        Console.WriteLine($"read-only {Open(directory)}");
        Remount(directory, "rw");
        Console.WriteLine($"writable {Open(directory)}");
    }

    private static readonly Action<MeshStore, int>[] Writes =
    [
        (s, n) => s.Insert(Samples.Message(n)),
        (s, n) => s.Insert(Samples.Message(n, Wire.MessageState.Received, 20_000)),
        (s, n) =>
        {
            s.Insert(Samples.Message(n, textLength: 3000));
            s.PutEnvelope(Samples.Id(n), Samples.Holding(n), Samples.Envelope(n, payload: 5000));
        },
        (s, n) => s.PutEnvelope(Samples.Id(n), Samples.Holding(n, originated: false),
            Samples.Envelope(n, payload: 3000)),
        (s, n) => s.PutAlias($"name {n}", Samples.Address(n)),
        (s, n) => s.PutAnnounce(Samples.Address(n), 1, new byte[180]),
        (s, n) => s.PutConversation(Samples.Conversation(n), new byte[4000], spent: true),
        (s, n) => s.PutWaiting(
            new StoredWaiting(EnvelopeKind.MlsLite, Samples.Id(n), null, TimeSpan.FromHours(1),
                Samples.Envelope(n, payload: 4000))),
        (s, n) => s.Refuse(Samples.Address(n)),
        (s, n) => s.DeleteEnvelope(Samples.Id(n - 8)),
        (s, n) => s.PutSequence((uint)n),
        (s, n) =>
        {
            for (int i = 0; i < 300; i++)
                s.PutSeen(Samples.Id(n * 300 + i), 1);
        },
    ];

    private static string Kept(MeshStore store, HashSet<int> known) =>
        known.SetEquals(store.Reader.FindMessages(null, 10_000)
            .Select(m => int.Parse(m.Text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)))
            ? "as committed" : "different";

    private static string Open(string directory)
    {
        try
        {
            using MeshStore store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
            return "opened";
        }
        catch (StoreException e)
        {
            return $"{e.Error}: {(e.Message.Contains(directory, StringComparison.Ordinal) ? "says where" : e.Message)}";
        }
    }

    private static void LeaveOnly(string directory, string ballast, int kilobytes)
    {
        using FileStream file = File.Create(ballast, bufferSize: 0);
        byte[] block = new byte[4096];
        while (new DriveInfo(directory).AvailableFreeSpace > kilobytes * 1024L)
            file.Write(block);
    }

    private static void Remount(string directory, string how)
    {
        using Process mount = Process.Start("mount", ["-o", $"remount,{how}", directory]);
        mount.WaitForExit();
        if (mount.ExitCode != 0)
            throw new InvalidOperationException("mount failed");
    }
}
