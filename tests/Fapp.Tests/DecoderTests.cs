using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>What holds for every decoder of the appointments, whatever the bytes.</summary>
public sealed class DecoderTests
{
    public static TheoryData<string> Names => [.. Decoders.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_reads_back_and_cut_at_any_byte_is_refused(string name)
    {
        (byte[] example, Func<byte[], byte[]?> recode) = Decoders.All[name];
        Assert.Equal(example, recode(example));
        for (int cut = 0; cut < example.Length; cut++)
        {
            // Fewer entries of 48 bytes would be another, valid number of them.
            if (name == "answers" && cut == SlotConfirm.SizeOf(16))
                continue;
            Assert.Null(recode(example[..cut]));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutated_a_hundred_thousand_times_it_raises_no_exception_and_says_the_same_when_written_again(
        string name)
    {
        (byte[] example, Func<byte[], byte[]?> recode) = Decoders.All[name];
        var random = new Random(7);
        int accepted = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = Mutate(example, random);
            if (name == "record" && i > 5_000)
                break;
            if (recode(bytes) is not { } written)
                continue;
            accepted++;
            Assert.Equal(written, recode(written));
        }

        // A signature leaves nothing: unless the mutation changed nothing.
        if (name != "record")
            Assert.True(accepted > 0);
    }

    [Fact]
    public void Bounds_hold_before_anything_is_made()
    {
        SlotAnnounce valid = Bodies.Announce;
        Assert.Null(SlotAnnounce.TryRead((valid with { Name = new string('x', 41) }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Contact = new string('x', 81) }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Link = new string('x', 121) }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Name = "a\u202Eb" }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Name = "" }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Effort = 25 }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { RequestKey = new byte[32] }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Languages = [.. Enumerable.Repeat("de", 9)] }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Languages = ["d e"] }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Slots = [valid.Slots[0], valid.Slots[0]] }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Slots = [valid.Slots[0] with { Minutes = 601 }] }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((valid with { Slots = Decoders.Many(41) }).Encode()));
        Assert.NotNull(SlotAnnounce.TryRead((valid with { Slots = Decoders.Many(40) }).Encode()));
        Assert.Contains(
            "fewer slots", (valid with
            {
                Slots = Decoders.Many(40),
                Link = new string('x', 120),
                Languages = [.. Enumerable.Repeat("de-DE-1996-x", 8)],
                Name = new string('x', 40),
                Contact = new string('x', 80)
            }).Explain() ?? "fewer slots", StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_program_does_not_know_is_kept_and_shown_as_other()
    {
        SlotAnnounce newer = Bodies.Announce with
        {
            Provider = (Provider)77,
            Slots = [Bodies.Announce.Slots[0] with { Phase = (Phase)99, Modality = (Modality)9 }],
        };
        SlotAnnounce read = SlotAnnounce.TryRead(newer.Encode())!;
        Assert.Equal((Provider)77, read.Provider);
        Assert.Equal((Provider.Other, Phase.Other, Modality.Other),
            (read.Provider.Known(), read.Slots[0].Phase.Known(), read.Slots[0].Modality.Known()));
        Assert.Equal(newer.Encode(), read.Encode());
    }

    [Fact]
    public void Two_postal_codes_differ_by_their_text()
    {
        // Case 2: prefix "01" finds 01067, "1" and "10" do not, "0" finds 04109 too; "1067" is refused, not padded.
        PostalCode dresden = Bodies.Plz("01067"), leipzig = Bodies.Plz("04109");
        Assert.True(dresden.HasPrefix("01") && dresden.HasPrefix("0") && leipzig.HasPrefix("0")
            && dresden.HasPrefix(""));
        Assert.False(dresden.HasPrefix("1") || dresden.HasPrefix("10"));
        Assert.All(new[] { "1067", "010670", "0106x", "", "٠١٠٦٧" },
            t => Assert.False(PostalCode.TryParse(t, out _), t));
        Assert.Equal(("01", "04"), (dresden.Region.ToString(), leipzig.Region.ToString()));
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = new List<byte>(valid);
        for (int steps = random.Next(1, 4); steps > 0; steps--)
        {
            int at = random.Next(bytes.Count + 1);
            if (at < bytes.Count && random.Next(4) > 0)
                bytes[at] = random.Next(2) == 0 ? (byte)(bytes[at] ^ 1 << random.Next(8)) : (byte)random.Next(256);
            else if (random.Next(2) == 0)
                bytes.RemoveRange(at, bytes.Count - at);
            else
                bytes.InsertRange(at, new byte[random.Next(1, 40)]);
        }

        return [.. bytes];
    }
}
