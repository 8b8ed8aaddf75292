using System.Diagnostics;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>Killed processes, torn logs, full disks.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 12;

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(Durability.Normal)]
    [InlineData(Durability.Full)]
    public void A_process_killed_at_any_moment_loses_nothing_that_it_committed(Durability durability)
    {
        var random = new Random(11);
        int next = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using Process writer =
                ProbeProcess.Start("write", _fixture.Directory, durability.ToString(), next.ToString());
            int committed = next - 1;
            for (int lines = random.Next(1, 400); lines > 0 && writer.StandardOutput.ReadLine() is { } line; lines--)
                committed = int.Parse(line);
            writer.Kill();
            // What it had said before it died counts as well.
            while (writer.StandardOutput.ReadLine() is { } line)
                committed = int.TryParse(line, out int number) && number > committed ? number : committed;
            writer.WaitForExit();
            next = CheckWritten(atLeast: committed) + 1;
        }

        Assert.True(next > Kills);
    }

    [Fact]
    public void A_log_torn_at_any_place_yields_some_first_transactions_and_each_of_them_whole()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 12; n++)
            WriteNumbered(store, n);
        byte[] database = File.ReadAllBytes(_fixture.File), log = ReadLog();
        var random = new Random(12);
        for (int round = 0; round < 60; round++)
        {
            string torn = Path.Combine(_fixture.Directory, $"torn-{round}");
            Directory.CreateDirectory(torn);
            byte[] copy = log[..random.Next(log.Length + 1)];
            if (round % 2 == 1)
                random.NextBytes(copy.AsSpan(copy.Length - Math.Min(copy.Length, random.Next(5000))));
            File.WriteAllBytes(Path.Combine(torn, MeshStore.FileName), database);
            File.WriteAllBytes(Path.Combine(torn, MeshStore.FileName + "-wal"), copy);
            MeshStore after = _fixture.Open(directory: torn);
            CheckFirst(after.Reader);
            WriteNumbered(after, 1000);
            _fixture.Close(after);
        }
    }

    [Fact]
    public void On_a_full_disk_writing_is_refused_reading_and_forgetting_go_on_and_space_brings_service_back()
    {
        using Process filler = ProbeProcess.StartOnSmallDisk(
            _fixture.Directory, "9m", "fill", _fixture.Directory);
        string[] said = filler.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        filler.WaitForExit();
        Assert.Equal(
            ["failures Full", "kept all", "readable True", "forgetting written", "left True",
                "without any space as committed", "after space returned written", "after a restart as committed"],
            said);
        Assert.Equal(0, filler.ExitCode);
    }

    [Fact]
    public void Whatever_is_written_on_a_disk_with_hardly_any_room_is_done_or_refused_and_a_read_only_one_says_so()
    {
        using Process squeezer =
            ProbeProcess.StartOnSmallDisk(_fixture.Directory, "12m", "squeeze", _fixture.Directory);
        string[] said = squeezer.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        squeezer.WaitForExit();
        Assert.Equal(
            ["done many, refused many", "kept as committed", "after a restart as committed, damaged rows 0",
                "read-only Io: says where", "writable opened"],
            said);
        Assert.Equal(0, squeezer.ExitCode);
    }

    [Fact]
    public void A_store_at_its_size_limit_refuses_more_and_takes_again_what_fits_after_forgetting()
    {
        MeshStore store = _fixture.Open(new StoreOptions { MaxBytes = 400_000 });
        int kept = 0;
        StoreException? refused = null;
        while (refused is null)
        {
            try
            {
                Write(store, s => s.PutEnvelope(Samples.Id(kept), Samples.Holding(kept),
                    Samples.Envelope(kept, payload: 3000)));
                kept++;
            }
            catch (StoreException e)
            {
                store.Rollback();
                refused = e;
            }
        }

        Assert.Equal(StoreError.Full, refused.Error);
        Assert.InRange(kept, 50, 140);
        Assert.Equal(kept, store.Reader.Envelopes().Count);
        Write(store, s =>
        {
            for (int n = 0; n < kept / 2; n++)
                s.DeleteEnvelope(Samples.Id(n));
        });
        Write(store, s => s.PutEnvelope(Samples.Id(kept), Samples.Holding(kept),
            Samples.Envelope(kept, payload: 3000)));
        Assert.Equal(kept - kept / 2 + 1, store.Reader.Envelopes().Count);
        Assert.InRange(new FileInfo(_fixture.File).Length, 1, 400_000);
    }

    [Fact]
    public void The_log_does_not_grow_for_ever_while_transactions_follow_each_other()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 400; n++)
        {
            Write(store, s =>
            {
                for (int i = 0; i < 8; i++)
                    s.PutEnvelope(Samples.Id(n * 8 + i), Samples.Holding(n), Samples.Envelope(n, payload: 20_000));
                for (int i = 0; i < 8; i++)
                    s.DeleteEnvelope(Samples.Id(n * 8 + i - 80));
            });
        }

        Assert.InRange(new FileInfo(_fixture.File + "-wal").Length, 1, 48 * 1024 * 1024);
        Assert.Null(store.CheckpointFault);
        Assert.Equal(80, store.Reader.Envelopes().Count);
    }

    [Fact]
    public void A_log_that_cannot_start_again_is_not_checkpointed_at_every_transaction()
    {
        MeshStore store = _fixture.Open();
        using Database pinned = Database.Open(_fixture.File);
        pinned.Execute("BEGIN; SELECT count(*) FROM message");
        for (int n = 0; n < 250; n++)
        {
            bool isLong = n < 150;
            Write(store, s => s.PutEnvelope(Samples.Id(n), Samples.Holding(n),
                Samples.Envelope(n, payload: isLong ? 20_000 : 10)));
            // Long enough for a checkpoint to end, so that the next could begin.
            if (!isLong)
                Thread.Sleep(5);
        }

        long pages = new FileInfo(_fixture.File + "-wal").Length / (1024 + 24);
        Assert.InRange(store.Checkpoints, 1, pages / 2048);
        pinned.Execute("COMMIT");
    }

    private static void WriteNumbered(MeshStore store, int number) => Write(store, s =>
    {
        s.Insert(Samples.Message(number));
        s.PutEnvelope(Samples.Id(number), Samples.Holding(number), Samples.Envelope(number));
        s.PutSequence((uint)number + 1);
    });

    /// <summary>Transactions 0 to k - 1 are there, whole, and none of the others; k is anything.</summary>
    private static void CheckFirst(StoreReader reader)
    {
        int count = (int)reader.Sequence();
        Assert.Equal(Enumerable.Range(0, count).Select(n => Samples.Message(n)), reader.FindMessages(null, 100));
        Assert.Equal(Enumerable.Range(0, count).Select(n => Samples.Id(n)), reader.Envelopes().Select(e => e.Id));
        for (int n = 0; n < count; n++)
            Assert.Equal(Samples.Envelope(n), reader.FindEnvelope(Samples.Id(n)));
    }

    /// <summary>Compares the store with what the probe's transactions 0 to k must have left; returns k.</summary>
    private int CheckWritten(int atLeast)
    {
        MeshStore store = _fixture.Open();
        StoreReader reader = store.Reader;
        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, int.MaxValue);
        int last = messages.Count - 1;
        Assert.True(last >= atLeast, $"{last} on disk, {atLeast} were committed");
        for (int n = Math.Max(0, last - 500); n <= last; n++)
            Assert.Equal(Samples.Message(n), messages[n]);
        Assert.Equal(Enumerable.Range(0, last + 1).TakeLast(3).Select(n => Samples.Id(n)), reader.Envelopes()
            .Select(e => e.Id));
        for (int n = Math.Max(0, last - 2); n <= last; n++)
            Assert.Equal(Samples.Envelope(n, payload: 50 + n % 4000), reader.FindEnvelope(Samples.Id(n)));
        Assert.Equal((uint)Math.Max(0, last), reader.Sequence());
        CheckPieces(reader, last);
        // Seen ids are written lazily: only the unfinished block may be missing.
        IReadOnlyList<SeenEnvelope> seen = reader.Seen();
        Assert.All(seen.TakeLast(100), s => Assert.True(s.Generation < 20));
        _fixture.Close(store);
        using Database file = Database.Open(_fixture.File);
        Assert.Equal("ok", file.QueryText("PRAGMA integrity_check"));
        return last;
    }

    private static void CheckPieces(StoreReader reader, int last)
    {
        if (last < 0)
            return;
        Dictionary<int, byte[]> pieces = reader.Pieces(EnvelopeKind.MlsLite)
            .ToDictionary(static p => p.Slot, static p => p.Value!);
        Assert.Equal(BitConverter.GetBytes(last), pieces[0]);
        int[] kept = [.. Enumerable.Range(0, last + 1).TakeLast(3)];
        Assert.Equal(kept.Select(static n => 1 + n % 4).Append(0).Order(), pieces.Keys.Order());
        Assert.All(kept, n => Assert.Equal(Samples.Envelope(n, payload: 50 + n % 1500), pieces[1 + n % 4]));
    }

    private byte[] ReadLog()
    {
        using var file = new FileStream(_fixture.File + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
