using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>A node erases what was to disappear, by its running time.</summary>
public sealed class DisappearingMessages : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-gone-").FullName;
    private readonly LocalIdentity _identity = LocalIdentity.Generate();

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_note_that_disappears_is_there_before_its_time_and_nowhere_in_the_files_after_it()
    {
        const string text = "nobody shall find this sentence in any file";
        var time = new MovedTime();
        await using (var node = new TestNode("n", lives: (_directory, _identity), storeTime: time))
        {
            await node.AskAsync(Commands.Disappear, new() { To = "self", After = "30m" });
            await node.AskAsync(Commands.Send, new() { To = "self", Text = text });
            Assert.Equal(2, (await node.MessagesAsync()).Count);
            time.Advance(TimeSpan.FromMinutes(29));
        }

        byte[] row;
        await using (var node = new TestNode("n", lives: (_directory, _identity), storeTime: time))
        {
            StoredMessage kept = node.Store.Reader.FindMessages(null, 10)[^1];
            Assert.Equal(text, MessageRows.Read(kept).Text);
            Assert.InRange(kept.ExpiresIn!.Value, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
            row = new byte[EnvelopeId.Size];
            kept.Id.Write(row);
            Assert.True(Stands(row));
            time.Advance(TimeSpan.FromMinutes(2));
        }

        await using (var node = new TestNode("n", lives: (_directory, _identity), storeTime: time))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            // What says that there is a timer stays: it is no message with a time.
            while ((await node.MessagesAsync()).Count > 1
                || new FileInfo(Path.Combine(_directory, "store.db-wal")).Length > 0)
                limit.Token.ThrowIfCancellationRequested();
            Assert.False(Stands(row));
            Assert.False(Stands(System.Text.Encoding.UTF8.GetBytes(text)));
            Assert.Equal(new DisappearAfter(30), node.Node.Settings.Of(node.Node.Destinations.Resolve("self")).After);
        }
    }

    private bool Stands(byte[] bytes)
    {
        foreach (string path in Directory.GetFiles(_directory, "store.db*"))
        {
            using var file =
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] all = new byte[file.Length];
            file.ReadExactly(all);
            if (all.AsSpan().IndexOf(bytes) >= 0)
                return true;
        }

        return false;
    }

    private sealed class MovedTime : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        internal void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
