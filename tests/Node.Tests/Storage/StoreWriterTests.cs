using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Storage;

public sealed class StoreWriterTests : IDisposable
{
    private static readonly byte[] _key = new byte[32];
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-writer-").FullName;
    private readonly SteppedTime _time = new();

    [Fact]
    public async Task Held_envelopes_age_on_disk_while_nothing_is_written()
    {
        using (MeshStore store = Open(_directory))
        await using (StoreWriter writer = Writer(store))
        {
            writer.Add(new Put(Id(1), TimeSpan.FromHours(2)));
            writer.EndBatch(Now);
            for (Instant end = Now + TimeSpan.FromHours(1); writer.NextDue <= end;)
            {
                _time.StepTo(writer.NextDue);
                writer.EndBatch(Now);
            }

            // The power goes: what is in the files is what there is.
            string after = Directory.CreateDirectory(Path.Combine(_directory, "after")).FullName;
            foreach (string suffix in (string[])["", "-wal"])
                File.Copy(Path.Combine(_directory, MeshStore.FileName + suffix),
                    Path.Combine(after, MeshStore.FileName + suffix));
            using MeshStore restarted = Open(after);
            Assert.InRange(Assert.Single(restarted.Reader.Envelopes()).Holding.LifetimeLeft, TimeSpan.FromMinutes(60),
                TimeSpan.FromMinutes(70));
        }
    }

    [Fact]
    public async Task What_piled_up_while_the_disk_failed_is_written_in_portions()
    {
        const int Envelopes = 600;
        using MeshStore store = Open(_directory);
        await using StoreWriter writer = Writer(store);
        for (int i = 0; i < Envelopes; i++)
            writer.Add(new Put(Id(i), TimeSpan.FromHours(2)));
        writer.EndBatch(Now);

        for (int i = 0; i < Envelopes; i++)
            writer.Later(Now).Forget(Id(i));
        var failing = new Fail();
        writer.Add(failing);
        writer.EndBatch(Now);
        Assert.False(failing.Written);
        Assert.Equal(Envelopes, store.Reader.Envelopes().Count());
        // Tried again a second later, not with every batch.
        Assert.False(writer.EndBatch(Now));
        Assert.Equal(1, writer.Failures);
        _time.StepTo(writer.NextDue);

        var left = new List<int>();
        while (left.Count == 0 || left[^1] > 0)
        {
            Assert.True(writer.NextDue <= Now, "the next portion goes at once");
            writer.EndBatch(Now);
            left.Add(store.Reader.Envelopes().Count());
        }

        Assert.Equal([344, 88, 0], left);
        Assert.False(writer.Failing);
        Assert.True(writer.NextDue > Now + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task No_envelope_is_forgotten_before_the_state_that_it_proved_is_written()
    {
        const int Messages = 600;
        using MeshStore store = Open(_directory);
        await using StoreWriter writer = Writer(store);
        for (int i = 0; i < Messages; i++)
            writer.Add(new Put(Id(i), TimeSpan.FromHours(2), withMessage: true));
        writer.EndBatch(Now);
        for (int i = 0; i < Messages; i++)
        {
            writer.Later(Now)
                .State(Id(i), new StateChange(MessageState.Delivered, StateReason.None, 2, DateTimeOffset.UnixEpoch));
            writer.Later(Now).Forget(Id(i));
        }

        writer.Add(new Fail());
        writer.EndBatch(Now);
        _time.StepTo(writer.NextDue);
        int portions = 0;
        for (int held = Messages; held > 0; portions++)
        {
            writer.EndBatch(Now);
            HashSet<EnvelopeId> left = [.. store.Reader.Envelopes().Select(e => e.Id)];
            Assert.True(left.Count < held, "each portion forgets some");
            held = left.Count;
            Assert.All(
                store.Reader.FindMessages(null, Messages),
                message => Assert.Equal(left.Contains(message.Id) ? MessageState.Queued
                    : MessageState.Delivered, message.State));
        }

        Assert.InRange(portions, 2, 10);
    }

    [Fact]
    public async Task What_was_forgotten_after_it_had_come_back_stays_forgotten_though_the_disk_failed()
    {
        using MeshStore store = Open(_directory);
        await using StoreWriter writer = Writer(store);
        writer.Add(new Put(Id(1), TimeSpan.FromHours(2)));
        writer.EndBatch(Now);

        writer.Later(Now).Forget(Id(1));
        writer.Later(Now).Keep(Id(1));
        writer.Later(Now).Forget(Id(1));
        writer.Add(new Fail());
        writer.EndBatch(Now);
        writer.Later(Now).Keep(Id(1));
        writer.Later(Now).Forget(Id(1));
        writer.Add(new Fail());
        writer.EndBatch(Now);
        _time.StepTo(writer.NextDue);
        writer.EndBatch(Now);
        Assert.Empty(store.Reader.Envelopes());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Instant Now => Instant.Now(_time);

    private MeshStore Open(string directory) => MeshStore.Open(directory, _key, new StoreOptions(), _time);

    private StoreWriter Writer(MeshStore store) =>
        new(store, new NodeLoop(_time, NullLogger.Instance), ownThread: false, Now, NullLogger.Instance);

    private static EnvelopeId Id(int number)
    {
        byte[] bytes = new byte[EnvelopeId.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return EnvelopeId.Read(bytes);
    }

    private sealed class Put(EnvelopeId id, TimeSpan lifetime, bool withMessage = false) : StoreOperation
    {
        internal override void Write(MeshStore store)
        {
            byte[] envelope = new byte[Envelope.SizeOf(100)];
            Envelope.Write(envelope,
                new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, 10, 100, default), new byte[100]);
            if (withMessage)
            {
                store.Insert(new StoredMessage(
                    id, Outgoing: true, default, "text", MessageState.Queued, 0, 0, Priority.Normal,
                    DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
            }

            store.PutEnvelope(id, new Holding(default(NodeAddress), Originated: false, lifetime, default), envelope);
        }

        internal override void Done(Instant now, bool written) => Assert.True(written);
    }

    private sealed class Fail : StoreOperation
    {
        internal bool? Written { get; private set; }

        internal override void Write(MeshStore store) => throw new StoreException(StoreError.Full, "no space");

        internal override void Done(Instant now, bool written) => Written = written;
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void StepTo(Instant instant) => _ticks += (instant - Instant.Now(this)).Ticks;
    }
}
