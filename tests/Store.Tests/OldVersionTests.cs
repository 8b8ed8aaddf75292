using System.Text.Json.Nodes;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>
/// Data directories that earlier versions of the program wrote, and were killed over: a log is left. Beside each is what
/// that version itself said was in it.
/// </summary>
public sealed class OldVersionTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void What_version_3_wrote_is_all_there_after_the_migration()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version3");
        StoreReader reader = store.Reader;

        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, 1000);
        JsonArray said = expected["messages"]!.AsArray();
        Assert.Equal(said.Select(m => (string)m!["id"]!), messages.Select(m => m.Id.ToString()));
        for (int i = 0; i < said.Count; i++)
            CheckMessage(said[i]!, messages[i]);
        Assert.Equal(
            expected["aliases"]!.AsArray().Select(a => ((string)a!["alias"]!, (string)a["address"]!)).Order(),
            reader.Aliases().Select(a => (a.Key, a.Value.ToString())).Order());

        IReadOnlyList<StoredEnvelope> held = reader.Envelopes();
        Assert.Equal(((int)expected["queue"]!["count"]!, (long)expected["queue"]!["bytes"]!), (held.Count, held.Sum(e => (long)e.Size)));
        Assert.Equal(2, held.Count(e => e.Holding.Originated && e.Holding.ReceiptProof.Length == Receipt.ProofSize));
        Assert.All(held, e =>
        {
            Assert.True(Envelope.TryRead(reader.FindEnvelope(e.Id), out Envelope envelope));
            Assert.Equal((e.Id, e.Size), (envelope.ComputeId(), envelope.Bytes.Length));
            Assert.InRange(e.Holding.LifetimeLeft, TimeSpan.FromDays(6), TimeSpan.FromDays(7));
        });

        string group = (string)Assert.Single(expected["groups"]!.AsArray())!["id"]!;
        (LiteGroupId id, byte[] state) = Assert.Single(reader.LiteGroups());
        Assert.Equal(group, id.ToString());
        Assert.InRange(state.Length, 100, 8000);
        Assert.Equal([MessageState.Forwarded, MessageState.Delivered], reader.LiteCopies().Select(c => c.State).Order());
        Assert.Null(Assert.Single(reader.LiteWaiting()).Group);
        Assert.InRange(reader.Seen().Count, 64, 1000);
        Assert.Equal(3, reader.Announces().Count);
        Assert.Single(reader.Routes());
        Assert.True(reader.Sequence() > 0);
        Assert.Equal(0, store.Damage.Rows);
    }

    [Theory]
    [InlineData("version3", 3)]
    public void The_input_is_what_its_name_says(string version, int schema)
    {
        string path = Path.Combine(Copy(version), MeshStore.FileName);
        Assert.True(new FileInfo(path + "-wal").Length > 0);
        using Database file = Database.Open(path);
        Assert.Equal(schema, file.Query("PRAGMA user_version"));
    }

    private static void CheckMessage(JsonNode said, StoredMessage message)
    {
        string state = (string)said["state"]!;
        Assert.Equal(
            ((string)said["text"]!, (string)said["direction"]!, state, (int?)said["hops"] ?? 0, (string)said["priority"]!),
            (message.Text, message.Outgoing ? "out" : "in", message.State.ToString().ToLowerInvariant(), message.Hops, message.Priority.ToString().ToLowerInvariant()));
        Assert.Equal((DateTimeOffset)said["createdAt"]!, message.CreatedAt);
        Assert.Equal((DateTimeOffset)said["updatedAt"]!, message.UpdatedAt);
        Assert.Equal((string)said["security"]! != "sealed", message.Group is not null);
        Assert.Equal((string)said["security"]! == "mls-lite-signed", message.Security == MessageSecurity.MlsLiteSigned);
        Assert.Equal(((int?)said["recipients"] ?? 0, (int?)said["deliveredTo"] ?? 0), (message.Recipients, message.DeliveredTo));
        if (said["peer"] is { } peer)
            Assert.Equal((string)peer!, message.Peer.ToString());
        Assert.Equal(said["reason"] is null, message.Reason == 0);
    }

    private (MeshStore Store, JsonNode Expected) OpenCopy(string version)
    {
        string directory = Copy(version);
        using LocalIdentity identity = KeyFile.Load(Path.Combine(directory, "identity.key"));
        byte[] key = new byte[32];
        identity.DeriveKey("qpc-mesh/1 storage key"u8, key);
        return (_fixture.Open(key: key, directory: directory), JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "expected.json")))!);
    }

    private string Copy(string version)
    {
        string directory = Path.Combine(_fixture.Directory, version);
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Inputs", version)))
        {
            string copy = Path.Combine(directory, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return directory;
    }
}
