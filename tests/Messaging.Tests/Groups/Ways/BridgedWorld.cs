using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Ways;

/// <summary>A group: alice is on the mesh and has an account, carol has only that, dora has only the mesh.</summary>
internal sealed class BridgedWorld : IDisposable
{
    internal const string Group = "lake";

    internal BridgedWorld(int seed, params string[] more)
    {
        World = new PairWorld(seed);
        Server = new SimServer(World);
        World.Server = Server;
        Alice = Add("alice", hasAccount: true);
        Carol = Add("carol", hasAccount: true);
        Dora = Add("dora", hasAccount: false);
        foreach (string name in more)
            _ = Add(name, hasAccount: name.StartsWith('s'));
        PairNode[] onServer = [Carol, .. All.Where(n => NameOf(n).StartsWith('s'))];
        World.Reach = (a, b) => !onServer.Contains(a) && !onServer.Contains(b);
        World.Run(TimeSpan.FromMinutes(1));
    }

    internal PairWorld World { get; }

    internal SimServer Server { get; }

    internal PairNode Alice { get; }

    internal PairNode Carol { get; }

    internal PairNode Dora { get; }

    internal List<PairNode> All { get; } = [];

    private readonly Dictionary<PairNode, string> _names = [];

    internal string NameOf(PairNode node) => _names[node];

    /// <summary>All are in the group, and know ways to each other.</summary>
    internal void Form()
    {
        Assert.NotNull(Alice.Do(g => g.CreateAsync(Group, null, isStrict: false)));
        foreach (PairNode node in All.Where(n => n != Alice))
        {
            string to = Server.Of(node) is null ? node.Address.ToString() : $"{NameOf(node)}@{SimServer.Name}";
            Assert.NotNull(Alice.Do(g => g.InviteAsync(Group, [to])));
            World.Run(TimeSpan.FromMinutes(1));
            Assert.NotNull(node.Do(g => g.AcceptAsync(Group, null)));
            World.Run(TimeSpan.FromMinutes(1));
        }

        World.Run(TimeSpan.FromMinutes(5));
        Assert.All(All, n => Assert.Equal(All.Count, Show(n).Members.Count));
        Assert.Single(All.Select(n => Show(n).State).Distinct());
    }

    internal static GroupConversation Show(PairNode node) => node.Do(g => g.ShowAsync(Group))!;

    /// <summary>The texts of others that a node has, in order of their words.</summary>
    internal static string[] TextsOf(PairNode node) =>
        [.. node.Disk.Messages.Where(m => !m.Outgoing).Select(m => m.Text).Order(StringComparer.Ordinal)];

    /// <summary>Everybody has what the others wrote, once, and it is proven.</summary>
    internal void AllHave(IReadOnlyList<(PairNode By, string Text)> said)
    {
        foreach (PairNode node in All)
        {
            Assert.Equal(
                said.Where(s => s.By != node).Select(static s => s.Text).Order(StringComparer.Ordinal), TextsOf(node));
            Assert.All(node.Disk.Messages.Where(m => m.Outgoing), m => Assert.Equal(
                MessageState.Delivered, node.Disk.Proven.GetValueOrDefault(m.Id)));
            Assert.Empty(node.Disk.Damage);
            Assert.Equal(0, node.Groups.WaitingForServers);
        }
    }

    public void Dispose() => World.Dispose();

    private PairNode Add(string name, bool hasAccount)
    {
        PairNode node = World.Add(LocalIdentity.Generate(World.Fill), DirectSecurity.Sealed);
        if (hasAccount)
            Server.Register(name, node);
        All.Add(node);
        _names[node] = name;
        return node;
    }
}
