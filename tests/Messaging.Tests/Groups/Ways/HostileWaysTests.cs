using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Ways;

/// <summary>Servers, strangers and members that do not keep to the rules of carrying.</summary>
public sealed class HostileWaysTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_a_server_gives_again_alters_or_cuts_changes_nothing()
    {
        using var scene = new BridgedWorld(11);
        scene.Form();
        scene.Alice.Say(BridgedWorld.Group, "one");
        scene.Dora.Say(BridgedWorld.Group, "two");
        scene.World.Run(Minute);
        Assert.Equal(["one", "two"], BridgedWorld.TextsOf(scene.Carol));

        byte[][] all = [.. scene.Server.InboxOf(scene.Carol)];
        scene.Server.GiveAgain(scene.Carol);
        byte[] last = all[^1];
        for (int at = 0; at < last.Length; at += 7)
        {
            byte[] altered = [.. last];
            altered[at] ^= 0x40;
            scene.Server.Put(scene.Carol, altered);
            scene.Server.Put(scene.Carol, last[..at]);
        }

        scene.World.Run(TimeSpan.FromMinutes(10));
        // What is for carol is nothing for alice, and nothing that alice carries.
        foreach (byte[] payload in all)
            scene.Server.Put(scene.Alice, payload);
        long carried = scene.Alice.Groups.Counters[GroupCount.Carried];
        scene.World.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(["one", "two"], BridgedWorld.TextsOf(scene.Carol));
        Assert.Equal(["two"], BridgedWorld.TextsOf(scene.Alice));
        Assert.Equal(carried, scene.Alice.Groups.Counters[GroupCount.Carried]);
        Assert.True(scene.Alice.Groups.Counters[GroupCount.Refused] >= all.Length);

        // It goes on.
        scene.Carol.Say(BridgedWorld.Group, "three");
        scene.World.Run(Minute);
        Assert.Equal(["one", "three"], BridgedWorld.TextsOf(scene.Dora));
    }

    [Fact]
    public void Nothing_is_carried_to_strangers_nor_back_nor_where_the_mesh_is_nor_twice()
    {
        using var scene = new BridgedWorld(12, "bob", "sam", "stranger");
        PairNode bob = scene.All[3], sam = scene.All[4], stranger = scene.All[5];
        // The stranger has an account and is in no group.
        scene.All.Remove(stranger);
        scene.Form();
        PairNode alice = scene.Alice;
        long carried = alice.Groups.Counters[GroupCount.Carried];
        long refused = alice.Groups.Counters[GroupCount.CarryRefused];

        Put(scene, scene.Carol, CarriedFrame.Write(scene.Carol.Seal(stranger, [1]).Bytes));
        Put(scene, scene.Carol, CarriedFrame.Write(scene.Carol.Seal(sam, [2]).Bytes));
        Put(scene, stranger, CarriedFrame.Write(stranger.Seal(scene.Dora, [3]).Bytes));
        alice.Receive(scene.Dora, scene.Dora.Seal(alice, CarriedFrame.Write(scene.Dora.Seal(bob, [4]).Bytes)));
        scene.World.Run(Minute);
        Assert.Equal(refused + 4, alice.Groups.Counters[GroupCount.CarryRefused]);
        Assert.Equal(carried, alice.Groups.Counters[GroupCount.Carried]);

        // One that carol seals to dora goes, and once, however often it is asked for.
        SentEnvelope inner = scene.Carol.Seal(scene.Dora, [5]);
        for (int i = 0; i < 20; i++)
            Put(scene, scene.Carol, CarriedFrame.Write(inner.Bytes));
        scene.World.Run(Minute);
        Assert.Equal(carried + 1, alice.Groups.Counters[GroupCount.Carried]);

        // And none that says to its receiver: carry that on.
        SentEnvelope toSam = scene.Carol.Seal(sam, [6]);
        SentEnvelope toDora = scene.Carol.Seal(scene.Dora, CarriedFrame.Write(toSam.Bytes));
        long atDora = scene.Dora.Groups.Counters[GroupCount.Refused];
        Put(scene, scene.Carol, CarriedFrame.Write(toDora.Bytes));
        scene.World.Run(Minute);
        Assert.True(scene.Dora.Groups.Counters[GroupCount.Refused] > atDora);
        Assert.Equal(0, scene.Dora.Groups.Counters[GroupCount.Carried]);
    }

    [Fact]
    public void Who_floods_is_carried_no_more_than_its_share_and_others_are()
    {
        using var scene = new BridgedWorld(13, "sam");
        scene.Form();
        PairNode alice = scene.Alice;
        long before = alice.Groups.Counters[GroupCount.Carried];
        for (int i = 0; i < 3000; i++)
            Put(scene, scene.Carol, CarriedFrame.Write(scene.Carol.Seal(scene.Dora, [(byte)i, (byte)(i >> 8)]).Bytes));
        scene.World.Run(TimeSpan.FromSeconds(20));
        long flooded = alice.Groups.Counters[GroupCount.Carried] - before;
        Assert.InRange(flooded, 1, 2 * CarryLimits.BytesOfMember / CarryLimits.Price);
        Assert.True(alice.Groups.Counters[GroupCount.CarryRefused] > 0);

        scene.All[3].Say(BridgedWorld.Group, "heard all the same");
        scene.World.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(["heard all the same"], BridgedWorld.TextsOf(scene.Dora));
    }

    [Fact]
    public void Who_gives_a_way_and_takes_it_back_makes_nobody_send_all_again_each_time()
    {
        using var scene = new BridgedWorld(14);
        scene.Form();
        scene.Carol.Kill();
        scene.Dora.Say(BridgedWorld.Group, "waits for its proof");
        scene.World.Run(TimeSpan.FromSeconds(5));
        MeshGroupId group = scene.Dora.Disk.States.Keys.Where(static k => k.Size == MeshGroupId.Size)
            .Select(static k => MeshGroupId.Read(Convert.FromHexString(k.ToString()))).Single();
        long before = scene.Dora.Groups.Counters[GroupCount.TextSentAgain];
        for (int i = 0; i < 50; i++)
        {
            foreach (bool gives in (bool[])[false, true])
            {
                byte[] frame = new WaysFrame(group, gives ? [(scene.Carol.Address, false)] : []).Write();
                scene.Dora.Receive(scene.Alice, scene.Alice.Seal(scene.Dora, frame));
            }
        }

        Assert.InRange(
            scene.Dora.Groups.Counters[GroupCount.TextSentAgain] - before, 0, CarryLimits.AgainToMember);
    }

    [Fact]
    public void What_was_carried_here_carries_nothing()
    {
        using var scene = new BridgedWorld(16);
        scene.Form();
        scene.Dora.Say(BridgedWorld.Group, "one");
        scene.World.Run(Minute);
        SentEnvelope text = scene.World.Sent
            .Last(s => s.From == scene.Dora.Address && s.Envelope.Header.Destination == scene.Alice.Address
                && s.Envelope.Bytes[EnvelopeHeader.Size] != GroupSealing.FrameMark).Envelope;
        SentEnvelope once = scene.Dora.Seal(scene.Alice, CarriedFrame.Write(text.Bytes));
        SentEnvelope twice = scene.Dora.Seal(scene.Alice, CarriedFrame.Write(once.Bytes));
        long repeated = scene.Alice.Groups.Counters[GroupCount.Repeated];
        scene.Alice.Receive(scene.Dora, once);
        scene.World.Run(Minute);
        Assert.Equal(repeated + 1, scene.Alice.Groups.Counters[GroupCount.Repeated]);
        scene.Alice.Receive(scene.Dora, twice);
        scene.World.Run(Minute);
        Assert.Equal(repeated + 1, scene.Alice.Groups.Counters[GroupCount.Repeated]);
    }

    [Fact]
    public void An_inbox_without_room_holds_up_no_other()
    {
        using var scene = new BridgedWorld(17, "sam");
        PairNode sam = scene.All[3];
        scene.Form();
        scene.Server.Full.Add(scene.Carol);
        for (int i = 0; i < 5; i++)
        {
            scene.Alice.Say(BridgedWorld.Group, $"{i}");
            scene.World.Run(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(["0", "1", "2", "3", "4"], BridgedWorld.TextsOf(sam));
        Assert.Empty(BridgedWorld.TextsOf(scene.Carol));
        scene.Server.Full.Clear();
        scene.World.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(["0", "1", "2", "3", "4"], BridgedWorld.TextsOf(scene.Carol));
    }

    [Fact]
    public void A_member_that_claims_ways_to_everybody_gets_nothing_of_groups_that_it_is_not_in()
    {
        using var scene = new BridgedWorld(18, "mallory");
        PairNode mallory = scene.All[3];
        scene.All.Remove(mallory);
        scene.Form();
        Assert.NotNull(scene.Dora.Do(g => g.CreateAsync("other", null, isStrict: false)));
        Assert.NotNull(scene.Dora.Do(g => g.InviteAsync("other", [mallory.Address.ToString()])));
        scene.World.Run(Minute);
        Assert.NotNull(mallory.Do(g => g.AcceptAsync("other", null)));
        scene.World.Run(Minute);
        string id = scene.Dora.Do(g => g.ShowAsync("other"))!.Id.ToString();
        var other = MeshGroupId.Read(Convert.FromHexString(id));
        byte[] frame = new WaysFrame(other, [(scene.Carol.Address, false), (scene.Alice.Address, false)]).Write();
        scene.Dora.Receive(mallory, mallory.Seal(scene.Dora, frame));
        scene.World.Run(Minute);
        int before = scene.World.Sent.Count;
        for (int i = 0; i < 8; i++)
            scene.Dora.Say(BridgedWorld.Group, $"{i}");
        scene.World.Run(Minute);
        Assert.DoesNotContain(
            scene.World.Sent.Skip(before), s => s.Envelope.Header.Destination == mallory.Address);
        Assert.Equal(8, BridgedWorld.TextsOf(scene.Carol).Length);
    }

    [Fact]
    public void Frames_that_are_cut_or_longer_are_none()
    {
        using var scene = new BridgedWorld(15);
        SentEnvelope envelope = scene.Carol.Seal(scene.Dora, [1, 2, 3]);
        byte[] carried = CarriedFrame.Write(envelope.Bytes);
        byte[] ways = new WaysFrame(MeshGroupId.Read(new byte[16]), [(scene.Dora.Address, true)]).Write();
        byte[] proofs = new ProofsFrame([(envelope.Id, new byte[Receipt.ProofSize])]).Write();
        byte[] inbox = Payload(scene.Carol, scene.Dora, envelope);
        Assert.True(CarriedFrame.TryRead(carried, out _));
        Assert.Equal((scene.Dora.Address, true), Assert.Single(WaysFrame.Read(ways)!.Members));
        Assert.Equal(envelope.Id, Assert.Single(ProofsFrame.Read(proofs)!.Proofs).Envelope);
        Assert.True(InboxEnvelope.TryRead(inbox, out InboxEnvelope read));
        Assert.Equal(envelope.Bytes, read.Envelope.ToArray());
        for (int at = 0; at < ways.Length; at++)
            Assert.Null(WaysFrame.Read(ways.AsSpan(0, at)));
        for (int at = 0; at < proofs.Length; at++)
            Assert.Null(ProofsFrame.Read(proofs.AsSpan(0, at)));
        for (int at = 0; at <= 1 + EnvelopeHeader.Size; at++)
            Assert.False(CarriedFrame.TryRead(carried.AsSpan(0, at), out _));
        for (int at = 0; at <= InboxEnvelope.HeadSize; at++)
            Assert.False(InboxEnvelope.TryRead(inbox.AsMemory(0, at), out _));
        Assert.Null(WaysFrame.Read([.. ways, 0]));
        Assert.Null(ProofsFrame.Read([.. proofs, 0]));
        Assert.False(CarriedFrame.TryRead(new byte[GroupFrame.MaxSize + 1], out _));
        Assert.False(InboxEnvelope.TryRead(
            (byte[])[InboxEnvelope.Mark, .. new byte[InboxEnvelope.HeadSize + Limits.MaxEnvelope]], out _));
    }

    private static void Put(BridgedWorld scene, PairNode by, byte[] frame) => scene.Server.Put(
        scene.Alice, Payload(by, scene.Alice, by.Seal(scene.Alice, frame)));

    private static byte[] Payload(PairNode by, PairNode to, SentEnvelope envelope)
    {
        using var proofs = new PairReceipts(by.Identity, [.. "qpc-mesh/1 inbox"u8]);
        byte[] proof = new byte[Receipt.ProofSize];
        Assert.True(proofs.TryExpect(to.Identity.PublicKey.Span, envelope.Id, proof));
        return new InboxEnvelope(by.Identity.PublicKey, proof, envelope.Bytes).ToBytes();
    }
}
