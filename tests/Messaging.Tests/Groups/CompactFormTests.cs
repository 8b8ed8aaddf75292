using System.Text;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;
using static QuicProChat.Mesh.Messaging.Tests.Groups.CompactWorld;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// Texts in their compact form, for members behind radios (docs/reference/groups.md): the flaws F15 to F21 of the
/// design by name.
/// </summary>
public class CompactFormTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void Whose_leaf_asks_for_it_gets_the_compact_form_and_the_others_the_full_one_under_one_name()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(201);
        EnvelopeId id = a.Send("at nine")!.Value;
        EnvelopeId answer = radio.Send("I am there")!.Value;
        world.Run(Soon);
        Assert.Equal(["at nine"], [.. b.Received.Where(r => r.Key == id).Select(static r => r.Value)]);
        Assert.Equal(["at nine"], [.. radio.Received.Where(r => r.Key == id).Select(static r => r.Value)]);
        Assert.Equal("I am there", a.Received[answer]);
        Assert.True(CompactForm.IsMarked(Last(world, a, radio)));
        Assert.False(CompactForm.IsMarked(Last(world, a, b)));

        // Nobody else asked for it.
        Assert.False(CompactForm.IsMarked(Last(world, radio, a)));
        output.WriteLine(
            $"a text of 7 bytes: {Last(world, a, b).Length} bytes as MLS, {Last(world, a, radio).Length} in its "
                + "compact form");
        Assert.Equal(7 + 86, Last(world, a, radio).Length);
        Assert.Equal(0, a.Group!.Unreceived + radio.Group!.Unreceived);
    }

    [Fact]
    public void Who_reaches_a_member_over_a_radio_sends_the_compact_form_where_the_state_has_a_twin()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(202);
        radio.IsOverRadio = _ => true;
        radio.Send("both over the air");
        world.Run(Soon);
        Assert.True(CompactForm.IsMarked(Last(world, radio, a)) && CompactForm.IsMarked(Last(world, radio, b)));
        Assert.Contains("both over the air", a.Received.Values);

        // Where nobody asks for it there is no twin, whatever the way.
        var other = new GroupWorld(203);
        SimMember c = other.Add("c"), d = other.Add("d");
        c.IsOverRadio = _ => true;
        other.Form(c, d);
        c.Send("full");
        other.Run(Soon);
        Assert.False(CompactForm.IsMarked(Last(other, c, d)));
        Assert.False(c.Group!.HasTwins || d.Group!.HasTwins);
        Assert.DoesNotContain(Pieces(c), static n => n.StartsWith("twin-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_that_gets_behind_a_radio_says_so_in_its_leaf_and_takes_it_back()
    {
        var world = new GroupWorld(204);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        c.IsBehindRadio = true;
        c.Do((g, o) => g.Tick(world.Now, o));
        b.Rotate();
        world.Run(TimeSpan.FromHours(1));
        a.Send("over the air");
        world.Run(Soon);
        Assert.True(CompactForm.IsMarked(Last(world, a, c)));
        c.IsBehindRadio = false;
        b.Rotate();
        world.Run(TimeSpan.FromHours(1));
        b.Rotate();
        world.Run(TimeSpan.FromHours(1));
        a.Send("by cable");
        world.Run(Soon);
        Assert.False(CompactForm.IsMarked(Last(world, a, c)));
        Assert.Contains("over the air", c.Received.Values);
        Assert.Contains("by cable", c.Received.Values);
    }

    [Fact]
    public void F16_a_member_that_was_removed_reads_nothing_of_the_next_state_and_is_not_heard_there()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(206);
        SimMember m = world.Add("m");
        m.IsBehindRadio = true;
        a.Invite(m);
        world.RunUntil(() => world.Agree([a, b, radio, m]), Soon, "m is in");
        m.IsLiar = true;
        m.MayLeave = _ => false;
        SimMember clone = m.Clone();
        Assert.True(a.Remove(m));
        world.RunUntil(() => world.Agree([a, b, radio]) && m.Group!.Status == MembershipStatus.Out, Soon, "m is out");
        a.Send("without m");
        world.Run(Soon);
        Assert.Contains("without m", radio.Received.Values);
        byte[] payload = Last(world, a, radio);
        foreach (SimMember former in (SimMember[])[m, clone])
        {
            var nothing = new GroupOutput();
            Assert.NotEqual(
                TextOutcome.Opened, former.Group!.Open(world.Now, payload, nothing, out ReceivedText? text));
            Assert.Null(text);
        }

        // What it writes in the state before is not shown for ever.
        clone.IsOverRadio = _ => true;
        world.Run(TimeSpan.FromHours(1));
        Assert.NotNull(clone.Send("from outside"));
        world.Run(Soon);
        Assert.True(CompactForm.IsMarked(Last(world, clone, radio)));
        Assert.All((SimMember[])[a, b, radio], r => Assert.DoesNotContain("from outside", r.Received.Values));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void F17_a_text_that_comes_in_both_forms_is_shown_once_and_either_takes_the_key_of_the_other(
        bool compactFirst)
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(207);
        world.Part(m => m == a ? 0 : 1);
        a.Send("once");
        byte[] compact = Last(world, a, radio), full = Last(world, a, b);
        Assert.True(CompactForm.IsMarked(compact) && !CompactForm.IsMarked(full));
        foreach (SimMember reader in (SimMember[])[b, radio])
        {
            var step = new GroupOutput();
            byte[] first = compactFirst ? compact : full;
            Assert.Equal(TextOutcome.Opened, reader.Group!.Open(world.Now, first, step, out ReceivedText? text));
            Assert.Equal(("once", compactFirst), (Encoding.UTF8.GetString(text!.Content.Span), text.IsCompact));
            Assert.Equal((a.Sent.Single().Key, a.Address), (text.Message, text.Sender));
            Assert.True(step.Moved);
            foreach (byte[] form in (byte[][])[compact, full])
            {
                Assert.Equal(
                    TextOutcome.Repeated, reader.Group.Open(world.Now, form, new GroupOutput(), out text));
                Assert.Null(text);
            }
        }
    }

    [Fact]
    public void F17_the_keys_of_a_text_that_was_read_are_in_no_piece()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(208);
        a.Send("first");
        world.Run(Soon);
        a.Send("second");
        world.Run(Soon);
        Assert.Equal(2, Compact(world).Count);
        foreach (SimMember reader in (SimMember[])[b, radio])
        {
            // A thief of its disk reads neither what came compactly nor the recorded compact form of what came as MLS.
            SimMember thief = reader.Clone();
            foreach (byte[] payload in Compact(world).Select(static m => m.Payload))
            {
                Assert.NotEqual(
                    TextOutcome.Opened,
                    thief.Group!.Open(world.Now, payload, new GroupOutput(), out ReceivedText? text));
                Assert.Null(text);
            }
        }
    }

    [Fact]
    public void F18_the_compact_form_proves_who_wrote_it_to_a_group_whose_members_all_have_its_keys()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(209);
        a.Send("mine");
        world.Run(Soon);

        // b has the keys of a's next text, and makes it with a's leaf, number and address; its own signature is all
        // that it can put there.
        GroupState tip = MlsOf(b).Tip;
        Member leafOfA = tip.Members.Single(m => m.Leaf.SignatureKey.Span.SequenceEqual(a.Identity.PublicKey.Span));
        LiteTwin twin = TwinOf(b);
        byte[]? forged = twin.Seal(
            (int)leafOfA.Index.Value, 1, a.Address, b.Identity.Sign, new byte[LiteTwin.GuardSize], "\0not a's"u8);
        Assert.NotNull(forged);
        Assert.Equal(
            TextOutcome.Refused,
            radio.Group!.Open(world.Now, [CompactForm.Mark, .. forged], new GroupOutput(), out ReceivedText? text));
        Assert.Null(text);

        // And a's own text under that number is read afterwards.
        a.Send("mine again");
        world.Run(Soon);
        Assert.Contains("mine again", radio.Received.Values);
    }

    [Fact]
    public void A_text_that_comes_too_late_for_mls_is_read_once_while_its_compact_form_has_a_key()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(214);
        world.Part(m => m == a ? 0 : 1);
        a.Send("late");
        byte[] late = Last(world, a, radio), full = Last(world, a, b);
        // More than MLS keeps keys of where three are in a group.
        for (int i = 0; i < 400; i++)
            Assert.NotNull(a.Send($"text {i}"));
        Assert.Equal(TextOutcome.Opened, Open(Last(world, a, radio), out _));
        Assert.Equal(TextOutcome.Repeated, Open(full, out _));
        Assert.Equal(TextOutcome.Opened, Open(late, out ReceivedText? text));
        Assert.Equal("late", Encoding.UTF8.GetString(text!.Content.Span));
        Assert.Equal(TextOutcome.Repeated, Open(late, out _));

        TextOutcome Open(byte[] payload, out ReceivedText? opened) =>
            radio.Group!.Open(world.Now, payload, new GroupOutput(), out opened);
    }

    [Fact]
    public void Nothing_but_a_text_is_taken_and_cut_or_damaged_ones_change_nothing()
    {
        (GroupWorld world, SimMember a, SimMember _, SimMember radio) = Three(210);
        world.Part(m => m == a ? 0 : 1);
        a.Send("whole");
        byte[] payload = Last(world, a, radio);
        GroupDisk before = radio.Disk.Group;
        var random = new Random(4);
        for (int size = 0; size < payload.Length; size++)
            AssertRefused(payload[..size]);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. payload];
            damaged[random.Next(1, damaged.Length)] ^= (byte)random.Next(1, 256);
            AssertRefused(damaged);
        }

        foreach (int type in (int[])[0, 2, 3, 4, 5, 6, 7])
        {
            byte[] other = [.. payload];
            other[3] = (byte)((other[3] & 0x1f) | (type << 5));
            AssertRefused(other);
            other[5] = 0;
            AssertRefused(other);
        }

        Assert.Equal(
            TextOutcome.Opened, radio.Group!.Open(world.Now, payload, new GroupOutput(), out ReceivedText? text));
        Assert.Equal("whole", Encoding.UTF8.GetString(text!.Content.Span));
        Assert.Equal(before.Pieces.Count, radio.Disk.Group.Pieces.Count);

        void AssertRefused(byte[] bytes)
        {
            var step = new GroupOutput();
            Assert.NotEqual(TextOutcome.Opened, radio.Group!.Open(world.Now, bytes, step, out ReceivedText? none));
            Assert.Null(none);
            Assert.False(step.Moved);
        }
    }

    [Fact]
    public void A_damaged_twin_on_the_disk_is_found_and_a_whole_one_goes_on()
    {
        (GroupWorld world, SimMember a, SimMember _, SimMember radio) = Three(211);
        a.Send("first");
        world.Run(Soon);
        GroupDisk disk = radio.Disk.Group;
        (int Slot, string Name)[] twins = [.. disk.Pieces.Select(p => (p.Key, NameOf(p.Value)))
            .Where(static p => p.Item2.StartsWith("twin-", StringComparison.Ordinal))];
        Assert.True(twins.Length >= 2);
        foreach ((int slot, string name) in twins)
        {
            GroupDisk damaged = disk.Copy();
            damaged.Pieces[slot] = damaged.Pieces[slot][..^1];
            Assert.Null(damaged.Load(radio.Self, () => world.Now));
            damaged.Pieces[slot] = [.. disk.Pieces[slot]];
            damaged.Pieces[slot][name.Length] = (byte)'z';
            Assert.Null(damaged.Load(radio.Self, () => world.Now));
        }

        radio.Crash();
        radio.Start();
        a.Send("second");
        world.Run(Soon);
        Assert.Equal(2, radio.Received.Count);
        Assert.True(CompactForm.IsMarked(Last(world, a, radio)));
    }
}
