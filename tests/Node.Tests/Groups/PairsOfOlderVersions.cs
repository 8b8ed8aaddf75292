using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Groups;

/// <summary>
/// Two nodes that a version with schema 9 was killed over: a pair, a group of both, and three texts under way.
/// </summary>
public sealed class PairsOfOlderVersions : IDisposable
{
    private readonly string _place = Directory.CreateTempSubdirectory("qpc-old-").FullName;

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [Fact]
    public async Task A_pair_and_a_group_of_version_9_go_on_with_their_keys_and_again_after_another_start()
    {
        using LocalIdentity first = Copy("version9"), second = Copy("version9-peer");
        for (int start = 0; start < 3; start++)
        {
            await using TestNode alice = New("version9", first), bob = New("version9-peer", second);
            Assert.Equal(1, alice.Node.Groups.PairCount);
            Assert.Equal(1, bob.Node.Groups.PairCount);
            await GroupsBetweenNodes.ConnectAsync(alice, bob);
            await GroupsBetweenNodes.UntilAsync(
                async () => (await bob.MessagesAsync())
                    .Count(m => m.Text.StartsWith("under way", StringComparison.Ordinal)) == 3,
                "what was under way is there");
            foreach ((TestNode from, TestNode to) in ((TestNode, TestNode)[])[(alice, bob), (bob, alice)])
                await TalkAsync(from, to, $"after start {start}");
            Assert.Equal(0, alice.Node.Groups.Counters[GroupCount.PairFounded]);
            Assert.Equal(0, bob.Node.Groups.Counters[GroupCount.PairFounded]);

            // From the first text on, nothing of the state of before is there that a text changes.
            foreach (TestNode node in (TestNode[])[alice, bob])
            {
                Assert.Equal(0, node.Node.Groups.Counters[GroupCount.Failed]);
                Assert.Equal(2, node.Store.Reader.Pieces(EnvelopeKind.Mls).Select(static p => p.Id).Distinct().Count());
                Assert.All(
                    node.Store.Reader.Conversations(EnvelopeKind.Mls).Where(static c => c.Id.Size == MeshGroupId.Size),
                    static c => Assert.Equal(3, c.State[0]));
                Assert.Equal(0, node.Store.Damage.Rows);
            }
        }
    }

    private static async Task TalkAsync(TestNode from, TestNode to, string text)
    {
        await from.SendAsync(to, text, "delivered");
        SendInfo toGroup = await from.AskAsync(
            Commands.Send, new SendRequest { To = "group:lake", Text = text + " in lake", Wait = "delivered" });
        Assert.Equal("delivered", toGroup.State);
        IReadOnlyList<MessageInfo> all = await to.MessagesAsync();
        Assert.Equal([text, text + " in lake"], all.TakeLast(2).Select(static m => m.Text));
        Assert.All(all.TakeLast(2), static m => Assert.Equal("mls", m.Security));
    }

    private TestNode New(string version, LocalIdentity identity) => new(
        version, lives: (Path.Combine(_place, version), identity),
        configure: static c => c.DirectMessages = DirectSecurity.Auto);

    private LocalIdentity Copy(string version)
    {
        string to = Directory.CreateDirectory(Path.Combine(_place, version)).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Inputs", version)))
        {
            string copy = Path.Combine(to, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return KeyFile.Load(Path.Combine(to, "identity.key"));
    }
}
