using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Node.Tests.Lite.LiteGroupsBetweenNodes;

namespace QuicProChat.Mesh.Node.Tests.Lite;

/// <summary>A node whose data directory was put back from a copy made earlier.</summary>
public sealed class RestoredDirectories : IDisposable
{
    private const string Dawn = "attack at dawn";
    private const string Six = "retreat at six";
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-kept-").FullName;
    private readonly byte[] _seed = new byte[32];

    public RestoredDirectories() => Random.Shared.NextBytes(_seed);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task It_uses_no_key_again_and_the_others_read_what_it_writes()
    {
        await using var bob = new TestNode("bob");
        await using (TestNode alice = Alice("now"))
        {
            await TestNode.JoinAsync(alice, bob);
            await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
            await LetInAsync(alice, bob, 2);
            await SendAsync(alice, "hello");
        }

        Copy("now", "backup");
        byte[] first, second;
        await using (TestNode alice = Alice("now"))
        {
            first = await PayloadAsync(alice, Dawn);
            await TestNode.JoinAsync(alice, bob);
            await SendAsync(alice, "still here");
        }

        await using TestNode restored = Alice("backup");
        second = await PayloadAsync(restored, Six);
        for (int at = 3; at <= 4; at++)
            Assert.NotEqual(KeyStream(first, at, Dawn), KeyStream(second, at, Six));
        await TestNode.JoinAsync(restored, bob);
        await SendAsync(restored, "back again");
        await SendAsync(bob, "welcome");
        Assert.Equal(["hello", Dawn, "still here", Six, "back again", "welcome"], await TextsAsync(bob));
        Assert.Equal(["hello", Six, "back again", "welcome"], await TextsAsync(restored));
    }

    private TestNode Alice(string directory) =>
        new("alice", lives: (Directory.CreateDirectory(Path.Combine(_directory, directory)).FullName,
            LocalIdentity.FromSeed(_seed)));

    private void Copy(string from, string to)
    {
        string target = Directory.CreateDirectory(Path.Combine(_directory, to)).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(_directory, from), "store.db*"))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
    }

    /// <summary>What a text of a node without neighbours is on its way as.</summary>
    private static async Task<byte[]> PayloadAsync(TestNode node, string text)
    {
        HashSet<EnvelopeId> before = [.. node.Store.Reader.Envelopes().Select(e => e.Id)];
        await node.AskAsync(Commands.Send, new() { Lite = true, To = "friends", Text = text });
        await node.Node.SettleAsync();
        byte[][] added = [.. node.Store.Reader.Envelopes().Where(e => !before.Contains(e.Id))
            .Select(e => node.Store.Reader.FindEnvelope(e.Id)!.ToArray()[EnvelopeHeader.Size..])];
        // The introduction and the text; the text's is as long as the text and 20 bytes.
        return Assert.Single(added, payload => payload.Length == text.Length + 20);
    }

    private static string KeyStream(byte[] message, int at, string text) =>
        Convert.ToHexString([.. text.Select((c, i) => (byte)(message[at + i] ^ c))]);

    private static async Task<IEnumerable<string>> TextsAsync(TestNode node) =>
        (await MessagesAsync(node)).Select(m => m.Text);
}
