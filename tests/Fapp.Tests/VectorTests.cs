using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>
/// The test vectors of docs/reference/fapp.md, made by a script that shares nothing with the program.
/// </summary>
public sealed class VectorTests
{
    private static readonly JsonElement Vectors = Documents.Vectors("fapp.md");
    private static readonly byte[] Author = Vectors.HexAt("author");

    [Fact]
    public void The_independent_script_still_prints_what_the_page_says() => Assert.Equal(
        Documents.VectorText("fapp.md").Trim(), IndependentScript.Output("tests/Fapp.Tests/make_vectors.py").Trim());

    [Fact]
    public void The_topic_of_a_region_is_that_of_the_page()
    {
        byte[] topic = new byte[GossipTopic.Size];
        Bodies.Announce.Plz.Region.Topic.Write(topic);
        Assert.Equal(Vectors.HexAt("topic04"), topic);
    }

    [Fact]
    public void The_announce_of_the_page_comes_out_byte_by_byte_and_reads_back()
    {
        using LocalIdentity practice = LocalIdentity.FromSeed(Vectors.HexAt("seed"));
        Assert.Equal(Author, practice.PublicKey.ToArray());
        byte[] record = FappRecord.Create(practice, FappRecordType.Announce, new Region(4), 0, 5, 20786,
            Bodies.Announce.Encode());
        Assert.Equal(Vectors.HexAt("announce"), record);
        Assert.True(GossipRecord.TryRead(record, out GossipRecord gossip));
        Assert.True(FappRecord.TryRead(gossip, out FappRecord read));
        Assert.True(read.Verify());
        SlotAnnounce announce = SlotAnnounce.TryRead(read.Body)!;
        Assert.Equal(("Praxis Linde", "0341 123456", "04109"),
            (announce.Name, announce.Contact, announce.Plz.ToString()));
        Assert.Equal(Bodies.Announce.Slots, announce.Slots);
        Assert.Equal(["de", "gsg"], announce.Languages);
        Assert.Equal(Bodies.Announce.Encode(), announce.Encode());
    }

    [Fact]
    public void The_request_of_the_page_comes_out_and_only_its_practice_opens_it()
    {
        MadeRequest made = SealedRequest.Create(
            Author, Bodies.Announce with { Effort = 0 },
            new SlotReserve { Verb = SlotVerb.Reserve, Slot = new SlotId(0x01020304), Note = "Guten Tag" }, Ephemeral);
        Assert.Equal(Vectors.HexAt("request.bytes"), made.Bytes);
        Assert.Equal(RequestId.Read(Vectors.HexAt("request.id")), made.Id);
        Assert.Equal(Vectors.HexAt("request.root"), made.Root);
        Assert.Equal(SealedRequest.Size, made.Bytes.Length);
        byte[] g = Vectors.HexAt("request.g");
        KeyAgreement agree = (key, shared) => X25519.TryAgree(g, key, shared);
        Assert.True(SealedRequest.TryOpen(Author, Bodies.RequestKey, agree, made.Bytes, out OpenedRequest? opened));
        Assert.Equal((made.Id, "Guten Tag", new SlotId(0x01020304)),
            (opened.Id, opened.Content.Note, opened.Content.Slot));
        Assert.Equal(made.Root, opened.Root);
        byte[] other = [.. Author];
        other[5] ^= 1;
        Assert.False(SealedRequest.TryOpen(other, Bodies.RequestKey, agree, made.Bytes, out _));
        for (int at = 0; at < made.Bytes.Length; at++)
        {
            byte[] altered = [.. made.Bytes];
            altered[at] ^= 1;
            Assert.False(SealedRequest.TryOpen(Author, Bodies.RequestKey, agree, altered, out _), $"byte {at}");
            Assert.False(SealedRequest.TryOpen(Author, Bodies.RequestKey, agree, made.Bytes.AsSpan(0, at), out _),
                $"cut at {at}");
        }
    }

    [Fact]
    public void Proofs_code_person_and_puzzle_are_those_of_the_page()
    {
        byte[] root = Vectors.HexAt("request.root"), proof = new byte[SlotReserve.ProofSize];
        AnswerKeys.Prove(root, SlotVerb.Acknowledge, new SlotId(0x01020304), proof);
        Assert.Equal(Vectors.HexAt("request.acknowledge"), proof);
        AnswerKeys.Prove(root, SlotVerb.Cancel, new SlotId(0x01020304), proof);
        Assert.Equal(Vectors.HexAt("request.cancel"), proof);
        Assert.Equal(Vectors.HexAt("request.code"), Encoding.ASCII.GetBytes(AnswerKeys.Code(root)));
        Person person = new("Erika Mustermann", new DateOnly(1964, 8, 12),
            [.. Enumerable.Range(0, 16).Select(i => (byte)i)]);
        Assert.Equal(Vectors.HexAt("person"), person.Hash());
        byte[] e = new byte[32];
        X25519.PublicKey(Vectors.HexAt("request.ephemeral"), e);
        ulong solution = Puzzle.Solve(Bodies.RequestKey, e, 12);
        Assert.Equal(Convert.ToUInt64(Convert.ToHexString(Vectors.HexAt("request.effort12")), 16), solution);
        Assert.False(Puzzle.IsSolved(Bodies.RequestKey, e, 12, solution - 1));
    }

    [Fact]
    public void The_forwarders_envelope_comes_out_and_only_the_forwarder_opens_it()
    {
        using LocalIdentity forwarder = LocalIdentity.FromSeed(Vectors.HexAt("forward.seed"));
        byte[] request = Vectors.HexAt("request.bytes");
        NodeAddress practice = NodeAddress.Of(Author);
        byte[] payload = ForwardedRequest.Wrap(forwarder.PublicKey.Span, practice, request, Ephemeral)!;
        Assert.Equal(Vectors.HexAt("forward.payload"), payload);
        Assert.True(ForwardedRequest.TryUnwrap(forwarder, payload, out NodeAddress to, out byte[]? passedOn));
        Assert.Equal(practice, to);
        Assert.Equal([2, .. request], passedOn);
        byte[] dummy = ForwardedRequest.MakeDummy(forwarder.PublicKey.Span, RandomSource.System)!;
        Assert.Equal(payload.Length, dummy.Length);
        Assert.True(ForwardedRequest.TryUnwrap(forwarder, dummy, out _, out byte[]? none));
        Assert.Null(none);
        using LocalIdentity other = LocalIdentity.Generate();
        Assert.False(ForwardedRequest.TryUnwrap(other, payload, out _, out _));
        for (int at = 0; at < payload.Length; at++)
            Assert.False(ForwardedRequest.TryUnwrap(forwarder, payload.AsSpan(0, at), out _, out _));
    }

    [Fact]
    public void The_answer_of_the_page_opens_for_its_patient_and_for_nobody_else()
    {
        byte[] record = Vectors.HexAt("answer.record"), root = Vectors.HexAt("request.root");
        Assert.True(GossipRecord.TryRead(record, out GossipRecord gossip));
        Assert.True(FappRecord.TryRead(gossip, out FappRecord read));
        Assert.True(read.Verify());
        Assert.True(SlotConfirm.TryRead(read.Body, out SlotConfirm confirm));
        Assert.Equal(16, confirm.Count);
        SlotAnswerEntry entry = AnswerKeys.TryOpenEntry(root, Author, read.Sequence, confirm)!;
        Assert.Equal((SlotAnswer.Booked, new SlotId(0x01020304), 0u), (entry.Answer, entry.Slot, entry.Until));
        byte[] written = new byte[SlotConfirm.EntrySize];
        AnswerKeys.SealEntry(root, Author, read.Sequence, 0, entry, written);
        Assert.Equal(Vectors.HexAt("answer.entry"), written);
        byte[] key = new byte[32];
        AnswerKeys.Key(root, read.Sequence, key);
        Assert.Equal(Vectors.HexAt("answer.key"), key);
        Assert.Null(AnswerKeys.TryOpenEntry(new byte[32], Author, read.Sequence, confirm));
        Assert.Null(AnswerKeys.TryOpenEntry(root, Author, read.Sequence + 1, confirm));
        byte[] body = read.Body.ToArray();
        body[20] ^= 1;
        Assert.True(SlotConfirm.TryRead(body, out SlotConfirm altered));
        Assert.Null(AnswerKeys.TryOpenEntry(root, Author, read.Sequence, altered));
    }

    [Fact]
    public void Messages_have_the_sizes_of_the_page()
    {
        using LocalIdentity practice = LocalIdentity.FromSeed(Vectors.HexAt("seed"));
        SlotAnnounce ten = Bodies.Announce with
        {
            Slots = [.. Enumerable.Range(1, 10).Select(i => new Slot(
                new SlotId((uint)i), 3_628_860 + (uint)i * 60, 50, Phase.Sprechstunde, Setting.Single, Modality.Praxis,
                FollowUp.No))],
        };
        int[] sizes =
        [
            GossipRecord.HeaderSize + FappRecord.Overhead,
            FappRecord.Create(practice, FappRecordType.Announce, new Region(4), 0, 1, 1, ten.Encode()).Length,
            .. new[] { 16, 32, 64 }.Select(n => GossipRecord.HeaderSize + FappRecord.Overhead + SlotConfirm.SizeOf(n)),
            SealedRequest.Size, EnvelopeHeader.Size + ForwardedRequest.Size, EnvelopeHeader.Size
                + ForwardedRequest.PassedOnSize,
        ];
        string page = File.ReadAllText(Repository.File("docs", "reference", "fapp.md"));
        Assert.All(sizes,
            s => Assert.Matches(
                $@"[| ,]{s.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)}[ ,|]", page));
        Assert.InRange(sizes[1], 300, 460);
    }

    private static void Ephemeral(Span<byte> secret) => Vectors.HexAt("request.ephemeral").CopyTo(secret);
}
