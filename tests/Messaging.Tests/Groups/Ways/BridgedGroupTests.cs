using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Ways;

/// <summary>Groups between the mesh and a server, in simulated time.</summary>
public sealed class BridgedGroupTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Texts_of_each_reach_all_and_it_is_shown_how()
    {
        using var scene = new BridgedWorld(1);
        scene.Form();
        List<(PairNode, string)> said = [];
        foreach (PairNode node in scene.All)
        {
            node.Say(BridgedWorld.Group, $"from {scene.NameOf(node)}");
            said.Add((node, $"from {scene.NameOf(node)}"));
            scene.World.Run(Minute);
        }

        scene.AllHave(said);
        Assert.Equal(
            (SimServer.Name, null), Way(scene.Alice, scene.Carol));
        Assert.Equal((null, null), Way(scene.Alice, scene.Dora));
        Assert.Equal((null, scene.Alice.Address), Way(scene.Carol, scene.Dora));
        Assert.Equal((null, scene.Alice.Address), Way(scene.Dora, scene.Carol));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whoever_is_killed_and_whatever_is_lost_every_text_comes_once(int seed)
    {
        using var scene = new BridgedWorld(seed, "bob", "sam");
        scene.Form();
        PairWorld world = scene.World;
        (world.Loss, scene.Server.Loss) = (0.2, 0.2);
        List<(PairNode, string)> said = [];
        for (int round = 0; round < 60; round++)
        {
            PairNode by = scene.All[world.Random.Next(scene.All.Count)];
            if (by.IsUp)
            {
                by.Say(BridgedWorld.Group, $"{round} of {scene.NameOf(by)}");
                // Whoever died over it says it no more, unless it was written.
                if (by.Disk.Messages.Any(m => m.Text == $"{round} of {scene.NameOf(by)}"))
                    said.Add((by, $"{round} of {scene.NameOf(by)}"));
            }

            Trouble(scene, round);
            world.Run(TimeSpan.FromSeconds(world.Random.Next(20)));
        }

        foreach (PairNode node in scene.All)
            node.Fate = static () => WriteFate.Written;
        (world.Loss, scene.Server.Loss, scene.Server.IsAway) = (0, 0, false);
        Raise(scene);
        // What was lost with a process is sealed again after half an hour.
        world.Run(TimeSpan.FromHours(12));
        scene.AllHave(said);
        Assert.True(scene.Server.Repeated > 0);
        Assert.All(scene.All, n => Assert.Equal(0, n.Groups.Counters[GroupCount.Failed]));
    }

    /// <summary>Whatever comes first: the commit that lets the other in, its texts, or who carries to it.</summary>
    [Fact]
    public void Those_who_join_at_once_hear_of_each_other_and_of_the_way()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            using var scene = new BridgedWorld(100 + seed);
            PairWorld world = scene.World;
            Assert.NotNull(scene.Alice.Do(g => g.CreateAsync(BridgedWorld.Group, null, isStrict: false)));
            Assert.NotNull(scene.Alice.Do(g => g.InviteAsync(
                BridgedWorld.Group, [$"carol@{SimServer.Name}", scene.Dora.Address.ToString()])));
            world.Run(TimeSpan.FromSeconds(10));
            world.MaxDelay = TimeSpan.FromSeconds(2);
            foreach (PairNode node in (PairNode[])[scene.Carol, scene.Dora])
                Assert.NotNull(node.Do(g => g.AcceptAsync(BridgedWorld.Group, null)));
            for (int i = 0; i < 60 && scene.All.Any(static n => BridgedWorld.Show(n).Members.Count < 3); i++)
                world.Run(TimeSpan.FromSeconds(1));
            scene.Carol.Say(BridgedWorld.Group, "carol");
            scene.Dora.Say(BridgedWorld.Group, "dora");
            world.Run(Minute);
            // Nothing of it waited for the half hour after which texts are sealed again.
            scene.AllHave([(scene.Carol, "carol"), (scene.Dora, "dora")]);
        }
    }

    [Fact]
    public void Who_is_away_finds_in_its_inbox_what_was_carried_though_the_carrier_is_gone()
    {
        using var scene = new BridgedWorld(7);
        scene.Form();
        scene.Carol.Kill();
        scene.Dora.Say(BridgedWorld.Group, "while you were away");
        scene.World.Run(Minute);
        scene.Alice.Kill();
        scene.World.Run(Minute);
        scene.Carol.Start();
        scene.Server.IsBack();
        scene.World.Run(Minute);
        Assert.Equal(["while you were away"], BridgedWorld.TextsOf(scene.Carol));
    }

    [Fact]
    public void What_waits_for_a_server_that_is_away_is_bounded_and_goes_when_it_is_back()
    {
        using var scene = new BridgedWorld(8);
        scene.Form();
        scene.Server.IsAway = true;
        string[] said = [.. Enumerable.Range(0, 400).Select(static i => $"text {i:000}")];
        foreach (string text in said)
            scene.Alice.Say(BridgedWorld.Group, text);

        scene.World.Run(Minute);
        Assert.InRange(scene.Alice.Groups.WaitingForServers, 1, Messaging.Groups.Ways.GroupWays.MaxItems / 2);
        Assert.True(scene.Alice.Groups.Counters[GroupCount.InboxFull] > 0);
        scene.Alice.Kill();
        scene.Alice.Start();
        scene.Server.IsAway = false;
        scene.Server.IsBack();
        scene.World.Run(Minute);
        Assert.Empty(scene.Alice.Disk.Damage);
        Assert.Equal(0, scene.Alice.Groups.WaitingForServers);
        scene.World.Run(TimeSpan.FromHours(12));
        Assert.Equal(said, BridgedWorld.TextsOf(scene.Carol));
    }

    private static (string?, NodeAddress?) Way(PairNode of, PairNode to)
    {
        GroupParticipant member = BridgedWorld.Show(of).Members.Single(m => m.Address == to.Address);
        return (member.Server, member.CarriedBy);
    }

    private static void Trouble(BridgedWorld scene, int round)
    {
        PairWorld world = scene.World;
        if (round % 10 == 9)
            Raise(scene);
        if (round % 7 == 3)
            scene.Server.IsAway = !scene.Server.IsAway;
        if (round % 7 == 5 && !scene.Server.IsAway)
            scene.Server.IsBack();
        PairNode node = world.Random.Next(2) == 0 ? scene.Alice : scene.All[world.Random.Next(scene.All.Count)];
        int after = world.Random.Next(1, 6);
        WriteFate fate = (WriteFate)world.Random.Next(4);
        node.Fate = () =>
        {
            if (--after > 0)
                return WriteFate.Written;
            node.Fate = static () => WriteFate.Written;
            return fate;
        };
    }

    private static void Raise(BridgedWorld scene)
    {
        foreach (PairNode node in scene.All.Where(static n => !n.IsUp))
            node.Start();
        if (!scene.Server.IsAway)
            scene.Server.IsBack();
    }
}
