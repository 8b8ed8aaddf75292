using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>What the other one in a conversation can do, and what a carrier of records can.</summary>
public sealed class HostilePeerTests
{
    private static readonly Instant _now = default(Instant) + TimeSpan.FromDays(1);

    [Fact]
    public void Nobody_else_comes_into_a_pair()
    {
        using LocalIdentity a = LocalIdentity.Generate(), b = LocalIdentity.Generate(), c = LocalIdentity.Generate();
        (LocalIdentity low, LocalIdentity high) = PairId.Founds(a.Address, b.Address) ? (a, b) : (b, a);
        using GroupSelf founder = New(low), other = New(high), third = New(c);
        var pair = MeshGroup.FoundPair(founder, _now, high.Address, 7, GroupSuites.All[0], before: null);
        var output = new GroupOutput();
        Assert.False(pair.GiveOrder(_now, OrderKind.Add, c.Address, KeyPackageOf(third), output));
        Assert.True(pair.GiveOrder(_now, OrderKind.Add, high.Address, KeyPackageOf(other), output));
        Assert.False(pair.GiveOrder(_now, OrderKind.Add, c.Address, KeyPackageOf(third), output));
        Assert.Equal(2, pair.Table.MemberCount);
        byte[] welcome = output.Mail.Single(m => m.Frame[0] == (byte)GroupFrameKind.Welcome).Frame;

        // It is the pair with its founder, this founding of it, and nothing else.
        Assert.Null(MeshGroup.Join(other, _now, low.Address, welcome, null, new GroupOutput()));
        Assert.Null(MeshGroup.Join(other, _now, low.Address, welcome, null, new GroupOutput(), pair: 8));
        Assert.Null(MeshGroup.Join(other, _now, c.Address, welcome, null, new GroupOutput(), pair: 7));
        Assert.NotNull(MeshGroup.Join(other, _now, low.Address, welcome, null, new GroupOutput(), pair: 7));
    }

    [Fact]
    public void A_founder_that_breaks_the_rules_lets_a_third_in_neither_by_its_Welcome_nor_by_a_commit()
    {
        using LocalIdentity a = LocalIdentity.Generate(), b = LocalIdentity.Generate(), c = LocalIdentity.Generate();
        (LocalIdentity low, LocalIdentity high) = PairId.Founds(a.Address, b.Address) ? (a, b) : (b, a);
        using GroupSelf third = New(c);
        foreach (bool atOnce in (bool[])[true, false])
        {
            using GroupSelf other = New(high);
            using var founder = new LawlessFounder(low, high.Address);
            byte[] welcome = founder.LetIn(
                [(high.Address, KeyPackageOf(other)), .. atOnce ? [(c.Address, KeyPackageOf(third))]
                    : Array.Empty<(NodeAddress, byte[])>()], out _);
            MeshGroup? joined =
                MeshGroup.Join(other, _now, low.Address, welcome, null, new GroupOutput(), pair: LawlessFounder.Number);
            Assert.Equal(atOnce, joined is null);
            if (joined is null)
                continue;
            founder.LetIn([(c.Address, KeyPackageOf(third))], out byte[] commit);
            ulong before = joined.Epoch;
            joined.Receive(_now, low.Address, commit, new GroupOutput());
            Assert.Equal((before, 2), (joined.Epoch, joined.Table.MemberCount));
            founder.Renew(out commit);
            joined.Receive(_now, low.Address, commit, new GroupOutput());
            Assert.Equal(2, joined.Table.MemberCount);
        }
    }

    [Fact]
    public void A_group_of_people_passes_for_no_pair_and_a_founder_that_breaks_the_rules_lets_nobody_in()
    {
        using LocalIdentity a = LocalIdentity.Generate(), b = LocalIdentity.Generate(), c = LocalIdentity.Generate();
        using GroupSelf founder = New(a), other = New(b), third = New(c);
        var group = MeshGroup.Found(founder, _now, "", GroupSuites.All[0]);
        var output = new GroupOutput();
        Assert.True(group.GiveOrder(_now, OrderKind.Add, b.Address, KeyPackageOf(other), output));
        byte[] welcome = output.Mail.Single(m => m.Frame[0] == (byte)GroupFrameKind.Welcome).Frame;
        Assert.Null(MeshGroup.Join(other, _now, a.Address, welcome, null, new GroupOutput(), pair: 1));

        // A pair with somebody else, shown to a third.
        var pair = MeshGroup.FoundPair(founder, _now, b.Address, 3, GroupSuites.All[0], before: null);
        output = new GroupOutput();
        Assert.False(pair.GiveOrder(_now, OrderKind.Add, c.Address, KeyPackageOf(third), output));
        Assert.DoesNotContain(output.Mail, m => m.Frame[0] == (byte)GroupFrameKind.Welcome);
    }

    [Fact]
    public void A_KeyPackage_that_is_anothers_or_knows_no_pairs_founds_nothing()
    {
        using LocalIdentity a = LocalIdentity.Generate(), b = LocalIdentity.Generate();
        using GroupSelf self = New(a), other = New(b);
        byte[] good = KeyPackageOf(other);
        CipherSuite suite = GroupSuites.All[0];
        Assert.NotNull(KeyPackageCheck.Verify(self.Client, suite, b.Address, good, forPair: true));
        Assert.Null(KeyPackageCheck.Verify(self.Client, suite, a.Address, good, forPair: true));
        Assert.Null(KeyPackageCheck.Verify(self.Client, GroupSuites.All[1], b.Address, good, forPair: true));
        using var identity = MlsIdentity.WithSigner(
            suite, b.PublicKey.Span, AddressCredential.Of(b.PublicKey.Span), (message, signature) =>
            {
                b.Sign(message, signature[..Ed25519.SignatureSize]);
                return Ed25519.SignatureSize;
            });
        var older = new MlsClient(
            new MlsClientOptions
            {
                Validator = new AddressCredential(),
                Supported = new Mls.Messages.Capabilities { Extensions = [GroupContextExtension.Type] },
            },
            identity);
        byte[] old = older.CreateKeyPackage(identity, NodeKeyPackages.Lifetime).ToMessage();
        Assert.NotNull(KeyPackageCheck.Verify(self.Client, suite, b.Address, old, forPair: false));
        Assert.Null(KeyPackageCheck.Verify(self.Client, suite, b.Address, old, forPair: true));
        var random = new Random(1);
        for (int i = 0; i < good.Length; i++)
        {
            Assert.Null(KeyPackageCheck.Verify(self.Client, suite, b.Address, good.AsSpan(..i), forPair: true));
            byte[] changed = [.. good];
            changed[i] ^= (byte)(1 << random.Next(8));
            Assert.Null(KeyPackageCheck.Verify(self.Client, suite, b.Address, changed, forPair: true));
        }
    }

    [Fact]
    public void A_peer_that_asks_again_and_again_gets_eight_foundings_an_hour()
    {
        using var world = new PairWorld(11);
        (PairNode low, PairNode high) = world.Two();
        world.Run(TimeSpan.FromMinutes(1));
        low.Disk.Known.Add(high.Address);
        for (int i = 0; i < 40; i++)
        {
            high.Offers(low, seen: (ulong)i);
            world.Run(TimeSpan.FromSeconds(30));
        }

        Assert.InRange(low.Groups.Counters[GroupCount.PairFounded], 6, 11);
        Assert.Equal(1, low.Groups.PairCount);
        world.Run(TimeSpan.FromHours(2));
        high.Offers(low, seen: PairExtension.MaxNumber - 1);
        world.Run(TimeSpan.FromMinutes(1));
        long before = low.Groups.Counters[GroupCount.PairFounded];
        high.Offers(low, seen: PairExtension.MaxNumber);
        world.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(before, low.Groups.Counters[GroupCount.PairFounded]);
    }

    [Fact]
    public void Strangers_Welcomes_fill_their_places_and_no_more()
    {
        var early = new PairWelcomes();
        for (int i = 0; i < 3 * PairWelcomes.Max; i++)
            Assert.Equal(i < PairWelcomes.Max, early.Keep(new NodeAddress(1, (ulong)i), 5, new byte[100]));
        Assert.False(early.Keep(new NodeAddress(1, 0), 5, new byte[100]));
        Assert.True(early.Keep(new NodeAddress(1, 0), 6, new byte[100]));
        Assert.False(early.Keep(new NodeAddress(1, 0), 7, new byte[PairWelcomes.MaxSize + 1]));
        Assert.Equal(6UL, early.Take(new NodeAddress(1, 0))!.Value.Number);
        Assert.Null(early.Take(new NodeAddress(1, 0)));
        Assert.Equal(PairWelcomes.Max - 1, early.Count);
    }

    [Fact]
    public void A_record_of_a_KeyPackage_that_is_cut_or_altered_at_any_byte_is_refused()
    {
        using LocalIdentity a = LocalIdentity.Generate();
        using GroupSelf self = New(a);
        byte[] record = KeyRecord.Create(a, GroupSuites.All[0], 5, 3, KeyPackageOf(self));
        var rules = new KeyRecordRules();
        Assert.True(Holds(record));
        var random = new Random(2);
        for (int i = 0; i < record.Length; i++)
        {
            Assert.False(Holds(record.AsSpan(..i)));
            byte[] changed = [.. record];
            changed[i] ^= (byte)(1 << random.Next(8));
            Assert.False(Holds(changed));
        }

        Assert.Throws<ArgumentOutOfRangeException>(
            () => KeyRecord.Create(a, GroupSuites.All[0], 5, 3, new byte[KeyRecord.MaxKeyPackage + 1]));

        bool Holds(ReadOnlySpan<byte> bytes) => GossipRecord.TryRead(bytes, out GossipRecord read)
            && rules.TryReadPlace(read, out _, out ulong sequence) && sequence == 5 && rules.Verify(read);
    }

    [Fact]
    public void Frames_of_pairs_are_read_whole_or_not_at_all()
    {
        byte[] frame = PairFrame.Write(9, new byte[GroupFrame.HeadSize]);
        Assert.True(PairFrame.TryRead(frame, out ulong number, out ReadOnlySpan<byte> inner));
        Assert.Equal((9UL, GroupFrame.HeadSize), (number, inner.Length));
        for (int i = 0; i < frame.Length; i++)
            Assert.False(PairFrame.TryRead(frame.AsSpan(..i), out _, out _));
        Assert.False(PairFrame.TryRead(PairFrame.Write(0, new byte[400]), out _, out _));
        Assert.False(PairFrame.TryRead(PairFrame.Write(PairExtension.MaxNumber + 1, new byte[400]), out _, out _));
        Assert.False(PairFrame.TryRead(PairFrame.Write(1, new byte[GroupFrame.MaxSize + 1]), out _, out _));

        byte[] offer = new PairOffer(4, GroupSuites.All[0], new byte[50]).Write();
        Assert.True(PairOffer.TryRead(offer, out PairOffer read));
        Assert.Equal((4UL, 50), (read.Seen, read.KeyPackage.Length));
        for (int i = 0; i < 12; i++)
            Assert.False(PairOffer.TryRead(offer.AsSpan(..i), out _));
        Assert.False(PairOffer.TryRead(
            new PairOffer(4, GroupSuites.All[0], new byte[OrderWithKeys.MaxKeyPackage + 1]).Write(), out _));
    }

    [Fact]
    public void What_was_pinned_is_read_whole_or_not_at_all()
    {
        var desk = new PairDesk(DirectSecurity.Auto);
        Assert.True(desk.Set(new NodeAddress(1, 2), DirectSecurity.Sealed));
        Assert.True(desk.Set(new NodeAddress(3, 4), DirectSecurity.Mls));
        byte[] saved = desk.Save();
        var read = new PairDesk(DirectSecurity.Auto);
        Assert.True(read.TryLoad([.. saved]));
        Assert.Equal(DirectSecurity.Sealed, read.Of(new NodeAddress(1, 2)));
        Assert.Equal(DirectSecurity.Mls, read.Of(new NodeAddress(3, 4)));
        Assert.Equal(DirectSecurity.Auto, read.Of(new NodeAddress(5, 6)));
        for (int i = 0; i < saved.Length; i++)
            Assert.False(new PairDesk(DirectSecurity.Auto).TryLoad(saved[..i]));
        for (int i = 0; i < 2 * PairDesk.MaxPinned; i++)
            desk.Set(new NodeAddress(9, (ulong)i), DirectSecurity.Sealed);
        Assert.True(new PairDesk(DirectSecurity.Auto).TryLoad(desk.Save()));
    }

    private static GroupSelf New(LocalIdentity identity) =>
        new(identity, RandomSource.System, TimeProvider.System, new GroupTiming());

    private static byte[] KeyPackageOf(GroupSelf self) => self.Client.CreateKeyPackage(
        self.IdentityFor(GroupSuites.All[0]), NodeKeyPackages.Lifetime).ToMessage();
}
