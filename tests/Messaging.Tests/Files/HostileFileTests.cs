using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Tests.Files;

/// <summary>Liars, floods and what is none of their business.</summary>
public sealed class HostileFileTests
{
    private static readonly EnvelopeId Offer = new(1, 1);

    private static byte[] Content(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static bool IsPiece(byte[] payload) => payload[0] == (byte)FilePayloadKind.Piece;

    [Fact]
    public void Whoever_alters_pieces_on_the_way_costs_time_and_never_a_byte_of_the_file()
    {
        using var world = new FileWorld(31);
        FileNode alice = world.Add(), bob = world.Add();
        int altered = 0;
        world.OnTheWay = (_, _, payload) =>
        {
            if (IsPiece(payload) && altered < 3 && world.Next(20) == 0)
            {
                altered++;
                payload[^1] ^= 0x40;
            }

            return payload;
        };
        byte[] content = Content(2_000_000);
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        Assert.True(world.Run(TimeSpan.FromHours(2), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        Assert.InRange(bob.Transfers.Counters[FileCount.ChunksWrong], 1, 3);
    }

    [Fact]
    public void A_member_that_serves_garbage_is_left_for_one_that_does_not()
    {
        using var world = new FileWorld(32);
        FileNode alice = world.Add(), bob = world.Add(), mallory = world.Add();
        byte[] content = Content(3_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        mallory.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(60), () => mallory.Read(Offer) is not null));
        world.OnTheWay = (from, _, payload) =>
        {
            if (from == mallory && IsPiece(payload))
                payload[FilePiece.HeaderSize] ^= 1;
            return payload;
        };
        bob.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromMinutes(2), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        Assert.InRange(bob.Transfers.Counters[FileCount.ChunksWrong], 1, 40);
    }

    [Fact]
    public void An_offer_whose_root_is_of_something_else_fails_or_waits_and_never_ends_as_a_file()
    {
        using var world = new FileWorld(33);
        FileNode alice = world.Add(), bob = world.Add();
        FileOfferContent offer = alice.Share(Content(200_000), Offer);
        byte[] root = offer.Root.ToArray();
        root[0] ^= 1;
        bob.Accept(offer with { Root = root }, Offer, alice);
        world.Run(TimeSpan.FromMinutes(10));
        FileEntry file = bob.Transfers.Find(Offer)!;
        Assert.Equal((0, FileState.Fetching), (file.Have.Count, file.State));
        Assert.Contains("not the file", bob.Transfers.ObstacleOf(file), StringComparison.Ordinal);
        // Three chunks at a time, each time after a longer pause.
        Assert.InRange(world.FramesSent, 8, 200);
    }

    [Fact]
    public void An_offer_that_says_another_size_than_the_file_has_never_ends_as_one()
    {
        using var world = new FileWorld(34);
        FileNode alice = world.Add(), bob = world.Add();
        FileOfferContent offer = alice.Share(Content(200_000), Offer);
        // The author says another size than its list of hashes has: the keys and the root are right.
        FileEntry file = bob.Accept(offer with { FileSize = 100_000_000 }, Offer, alice)!;
        world.Run(TimeSpan.FromMinutes(3));
        Assert.NotEqual(FileState.Whole, file.State);
        Assert.InRange(file.Have.Count, 0, 5);
    }

    [Fact]
    public void Who_is_no_member_or_blocked_or_lacks_the_key_learns_nothing()
    {
        using var world = new FileWorld(35);
        FileNode alice = world.Add(), bob = world.Add(), eve = world.Add();
        FileOfferContent offer = alice.Share(Content(200_000), Offer);
        alice.Members = [bob.Address];
        eve.Accept(offer, Offer, alice);
        world.Run(TimeSpan.FromMinutes(1));
        alice.Blocked.Add(bob.Address);
        bob.Accept(offer, Offer, alice);
        world.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(0, alice.Transfers.Counters[FileCount.PiecesSent]);
        Assert.True(alice.Transfers.Counters[FileCount.NotForThem] > 2);
        Assert.Equal((0, 0), (alice.Transfers.Sessions, alice.Reads));
    }

    [Fact]
    public void A_request_that_a_relay_repeats_is_answered_once()
    {
        using var world = new FileWorld(36);
        FileNode alice = world.Add(), bob = world.Add();
        List<byte[]> toAlice = [];
        world.OnTheWay = (_, to, payload) =>
        {
            if (to == alice && toAlice.Count < 10)
                toAlice.Add(payload);
            return payload;
        };
        bob.Accept(alice.Share(Content(500_000), Offer), Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => bob.Read(Offer) is not null));
        long sent = alice.Transfers.Counters[FileCount.PiecesSent];
        foreach (byte[] payload in toAlice)
        {
            for (int i = 0; i < 100; i++)
                alice.Transfers.Received(world.Now, 1, false, payload);
        }

        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(sent, alice.Transfers.Counters[FileCount.PiecesSent]);
        alice.Restart();
        foreach (byte[] payload in toAlice)
            alice.Transfers.Received(world.Now, 1, false, payload);
        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(0, alice.Transfers.Counters[FileCount.PiecesSent]);
    }

    [Fact]
    public void A_flood_of_sealed_words_is_not_opened_beyond_a_rate()
    {
        using var world = new FileWorld(37);
        FileNode alice = world.Add();
        alice.Share(Content(1000), Offer);
        byte[] payload = new byte[200];
        for (int i = 0; i < 100_000; i++)
        {
            world.Random(payload);
            payload[0] = (byte)FilePayloadKind.Sealed;
            alice.Transfers.Received(world.Now, (ulong)(i % 1000), false, payload);
        }

        // 256 sources are told apart, and the others are one.
        Assert.InRange(alice.Transfers.Counters[FileCount.Unopened], 480, 257 * 60 + 480);
        Assert.Equal(100_000, alice.Transfers.Counters[FileCount.Unopened]
            + alice.Transfers.Counters[FileCount.TooFast]);
        alice.Restart();
        for (int i = 0; i < 1000; i++)
            alice.Transfers.Received(world.Now, 7, false, payload);
        Assert.Equal(120, alice.Transfers.Counters[FileCount.Unopened]);
    }

    [Fact]
    public void One_that_asks_for_everything_again_and_again_gets_half_of_the_rate_and_others_are_served()
    {
        var bounds = new FileBounds { BytesPerSecond = 2 << 20 };
        using var world = new FileWorld(38);
        FileNode alice = world.Add(bounds), bob = world.Add(), mallory = world.Add();
        byte[] content = Content(1_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        // What mallory gets never arrives: it asks for the same for ever, as fast as its window allows.
        world.OnTheWay = (from, to, payload) => to == mallory && IsPiece(payload) && world.Next(4) > 0 ? null : payload;
        mallory.Accept(offer, Offer, alice);
        world.Run(TimeSpan.FromSeconds(5));
        bob.Accept(offer, Offer, alice);
        long before = alice.Transfers.Counters[FileCount.PiecesSent];
        var start = world.Now;
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => bob.Read(Offer) is not null));
        double seconds = (world.Now - start).TotalSeconds;
        Assert.InRange(seconds, 0, 8);
        long bytes = (alice.Transfers.Counters[FileCount.PiecesSent] - before) * FileFormat.PieceSize;
        Assert.InRange(bytes, content.Length, (seconds + 2) * (2 << 20));
    }

    [Fact]
    public void Many_offers_at_once_have_one_bound_of_memory_and_come_one_after_the_other()
    {
        var bounds = new FileBounds { MaxOpenChunks = 4, MaxFetches = 2, MaxFiles = 12 };
        using var world = new FileWorld(39);
        FileNode alice = world.Add(), bob = world.Add(bounds);
        byte[] content = Content(300_000);
        int accepted = 0;
        for (ulong i = 1; i <= 20; i++)
        {
            FileOfferContent offer = alice.Share(content, new EnvelopeId(i, i));
            accepted += bob.Accept(offer, new EnvelopeId(i, i), alice) is null ? 0 : 1;
        }

        Assert.Equal(12, accepted);
        int most = 0;
        Assert.True(world.Run(TimeSpan.FromMinutes(2), () =>
        {
            most = Math.Max(most, bob.Transfers.OpenChunks);
            return bob.Transfers.All.All(f => f.State == FileState.Whole);
        }));
        Assert.Equal(4, most);
    }

    [Fact]
    public void The_same_key_in_a_second_offer_is_not_taken()
    {
        using var world = new FileWorld(40);
        FileNode alice = world.Add(), bob = world.Add();
        FileOfferContent offer = alice.Share(Content(1000), Offer);
        Assert.NotNull(bob.Accept(offer, Offer, alice));
        Assert.Null(bob.Accept(offer, new EnvelopeId(2, 2), alice));
    }

    [Fact]
    public void A_file_that_rots_on_the_disk_is_not_sent_and_its_offer_fails()
    {
        using var world = new FileWorld(41);
        FileNode alice = world.Add(), bob = world.Add();
        FileOfferContent offer = alice.Share(Content(1_000_000), Offer);
        alice.Damage(Offer, 5);
        FileEntry file = bob.Accept(offer, Offer, alice)!;
        world.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(FileState.Failed, alice.Transfers.Find(Offer)!.State);
        Assert.Contains("offer it again", alice.Transfers.Find(Offer)!.Note, StringComparison.Ordinal);
        Assert.False(file.Have[5]);
        Assert.Equal(0, bob.Transfers.Counters[FileCount.ChunksWrong]);
    }

    [Fact]
    public void A_fetched_file_that_rots_is_fetched_again_where_it_rotted()
    {
        using var world = new FileWorld(42);
        FileNode alice = world.Add(), bob = world.Add(), carol = world.Add();
        byte[] content = Content(1_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        bob.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => bob.Read(Offer) is not null));
        bob.Damage(Offer, 7);
        carol.Members = [bob.Address];
        carol.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromMinutes(2), () => carol.Read(Offer) is not null
            && bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        Assert.Equal(1, bob.Transfers.Counters[FileCount.Damaged]);
    }

    [Fact]
    public void Random_and_altered_payloads_are_counted_and_do_nothing()
    {
        using var world = new FileWorld(43);
        FileNode alice = world.Add(), bob = world.Add();
        List<byte[]> seen = [];
        world.OnTheWay = (_, to, payload) =>
        {
            if (seen.Count < 60)
                seen.Add(payload);
            return payload;
        };
        byte[] content = Content(700_000);
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        world.Run(TimeSpan.FromMilliseconds(40));
        foreach (byte[] payload in seen.ToArray())
        {
            for (int i = 0; i < 40; i++)
            {
                byte[] altered = [.. payload.AsSpan(0, world.Next(payload.Length + 1))];
                if (altered.Length > 0)
                    altered[world.Next(altered.Length)] ^= (byte)(1 << world.Next(8));
                (i % 2 == 0 ? alice : bob).Transfers.Received(world.Now, 9, i % 3 == 0, altered);
            }
        }

        Assert.True(world.Run(TimeSpan.FromHours(1), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
    }
}
