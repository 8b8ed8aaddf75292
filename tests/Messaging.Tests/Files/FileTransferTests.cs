using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Tests.Files;

public sealed class FileTransferTests
{
    private static readonly EnvelopeId Offer = new(1, 1);

    private static byte[] Content(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FileFormat.DataSize)]
    [InlineData(FileFormat.DataSize + 1)]
    [InlineData(1_000_000)]
    public void A_file_of_any_size_arrives_as_it_was(int size)
    {
        using var world = new FileWorld(size);
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(size);
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        Assert.Equal(FileState.Whole, bob.Told[^1].State);
        Assert.Equal(0, bob.Transfers.OpenChunks);
        Assert.Equal(0, bob.Transfers.Counters[FileCount.PiecesRepeated]);
    }

    [Fact]
    public void Small_files_that_one_member_fetches_one_after_another_come_without_a_pause()
    {
        const int files = 20;
        using var world = new FileWorld(6);
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(3_000);
        Instant start = world.Now;
        for (ulong i = 1; i <= files; i++)
        {
            var offer = new EnvelopeId(i, i);
            bob.Accept(alice.Share(content, offer), offer, alice);
            Assert.True(world.Run(TimeSpan.FromMinutes(2), () => bob.Read(offer) is not null));
        }

        // A session with a file that is whole holds no place of the next one for half a minute.
        Assert.InRange((world.Now - start).TotalSeconds, 0, 10);
    }

    [Theory]
    [InlineData(1, 0.01)]
    [InlineData(2, 0.1)]
    [InlineData(3, 0.3)]
    public void What_is_lost_on_the_way_is_asked_for_again(int seed, double loss)
    {
        using var world = new FileWorld(seed) { Loss = loss };
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(2_000_000);
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        Assert.True(world.Run(TimeSpan.FromMinutes(20), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        Assert.True(bob.Transfers.Counters[FileCount.PiecesRepeated] > 0);
    }

    [Fact]
    public void A_relay_with_a_short_queue_slows_the_transfer_and_does_not_stop_it()
    {
        using var world = new FileWorld(5) { Queue = 20, Delay = TimeSpan.FromMilliseconds(20) };
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(5_000_000);
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        Instant start = world.Now;
        Assert.True(world.Run(TimeSpan.FromMinutes(5), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        // 20 frames of 8 KiB on a way of 20 ms are 8 MB/s; the loss costs some of it, and the pieces sent in vain are
        // few.
        Assert.InRange((world.Now - start).TotalSeconds, 0.5, 15);
        Assert.InRange(world.FramesSent, 600, 1500);
    }

    [Fact]
    public void A_fetch_goes_on_after_either_side_was_killed_and_fetches_nothing_twice_that_was_written()
    {
        using var world = new FileWorld(6);
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(6_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        FileEntry file = bob.Accept(offer, Offer, alice)!;
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => file.Have.Count > 30));
        int before = file.Have.Count;
        bob.IsUp = false;
        world.Run(TimeSpan.FromSeconds(5));
        bob.Restart();
        Assert.True(world.Run(TimeSpan.FromSeconds(60), () => bob.Transfers.Find(Offer)!.Have.Count > before + 10));
        alice.IsUp = false;
        world.Run(TimeSpan.FromSeconds(20));
        Assert.NotEqual(FileState.Whole, bob.Transfers.Find(Offer)!.State);
        alice.Restart();
        bob.Transfers.RouteChanged(world.Now, alice.Address);
        Assert.True(world.Run(TimeSpan.FromSeconds(60), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
        // Chunks of both runs of bob together: little more than the file has.
        Assert.InRange(bob.Transfers.Counters[FileCount.ChunksStored], 1, file.Chunks - before);
    }

    [Fact]
    public void A_member_that_has_the_file_serves_it_when_its_author_is_gone()
    {
        using var world = new FileWorld(7);
        FileNode alice = world.Add(), bob = world.Add(), carol = world.Add();
        byte[] content = Content(1_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        bob.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(30), () => bob.Read(Offer) is not null));
        alice.IsUp = false;
        carol.Accept(offer, Offer, alice);
        Assert.True(world.Run(TimeSpan.FromSeconds(60), () => carol.Read(Offer) is not null));
        Assert.Equal(content, carol.Read(Offer));
    }

    [Fact]
    public void Two_members_that_each_have_a_part_are_enough()
    {
        using var world = new FileWorld(8);
        FileNode alice = world.Add(), bob = world.Add(), carol = world.Add();
        byte[] content = Content(3_000_000);
        FileOfferContent offer = alice.Share(content, Offer);
        FileEntry ofBob = bob.Accept(offer, Offer, alice)!;
        world.Run(TimeSpan.FromSeconds(30), () => ofBob.Have.Count > 20);
        bob.IsUp = false;
        FileEntry ofCarol = carol.Accept(offer, Offer, alice)!;
        world.Run(TimeSpan.FromSeconds(30), () => ofCarol.Have.Count > 40);
        // Whatever one of both has, the other can have; the author is gone.
        alice.IsUp = false;
        bob.Restart();
        Assert.True(world.Run(TimeSpan.FromMinutes(10), () =>
            Enumerable.Range(0, ofCarol.Chunks)
                .All(chunk => ofCarol.Have[chunk] == bob.Transfers.Find(Offer)!.Have[chunk])));
        Assert.True(ofCarol.Have.Count > 40);
    }

    [Fact]
    public void Members_come_and_go_and_everybody_has_the_file_in_the_end()
    {
        for (int seed = 20; seed < 26; seed++)
        {
            using var world = new FileWorld(seed) { Loss = 0.02 };
            FileNode[] nodes = [.. Enumerable.Range(0, 5).Select(_ => world.Add())];
            byte[] content = Content(2_000_000);
            FileOfferContent offer = nodes[0].Share(content, Offer);
            foreach (FileNode node in nodes[1..])
                node.Accept(offer, Offer, nodes[0]);
            for (int i = 0; i < 12; i++)
            {
                FileNode one = nodes[world.Next(nodes.Length)];
                one.IsUp = false;
                world.Run(TimeSpan.FromMilliseconds(world.Next(300)));
                one.Restart();
                world.Run(TimeSpan.FromMilliseconds(world.Next(300)));
            }

            Assert.True(world.Run(TimeSpan.FromMinutes(10), () => nodes.All(n => n.Read(Offer) is not null)),
                $"seed {seed}");
            Assert.All(nodes, n => Assert.Equal(content, n.Read(Offer)));
        }
    }

    [Fact]
    public void Over_a_slow_way_nothing_is_asked_for_without_leave_and_little_at_a_time_with_it()
    {
        using var world = new FileWorld(9) { Way = static (_, _) => new BulkWay(true, true, TimeSpan.FromSeconds(4)) };
        FileNode alice = world.Add(), bob = world.Add(), carol = world.Add();
        byte[] content = Content(100_000);
        FileOfferContent offer = alice.Share(content, Offer, overRadio: true);
        bob.Accept(offer, Offer, alice);
        world.Run(TimeSpan.FromMinutes(30));
        Assert.Equal(0, world.FramesSent);
        Assert.Contains("--over-radio", bob.Transfers.ObstacleOf(bob.Transfers.Find(Offer)!), StringComparison.Ordinal);
        carol.Accept(offer, Offer, alice, overRadio: true);
        Assert.True(world.Run(TimeSpan.FromHours(10), () => carol.Read(Offer) is not null));
        Assert.Equal(content, carol.Read(Offer));
    }

    [Fact]
    public void Who_offered_a_file_without_leave_for_radios_says_so_and_sends_nothing_over_them()
    {
        using var world = new FileWorld(10) { Way = static (_, _) => new BulkWay(true, true, TimeSpan.FromSeconds(4)) };
        FileNode alice = world.Add(), bob = world.Add();
        bob.Accept(alice.Share(Content(100_000), Offer), Offer, alice, overRadio: true);
        world.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(0, alice.Transfers.Counters[FileCount.PiecesSent]);
        Assert.Contains("does not send it over a radio", bob.Transfers.ObstacleOf(bob.Transfers.Find(Offer)!),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_fails_pauses_the_fetch_until_it_takes_bytes_again()
    {
        using var world = new FileWorld(11);
        FileNode alice = world.Add(), bob = world.Add();
        byte[] content = Content(1_000_000);
        bob.DiskFails = true;
        bob.Accept(alice.Share(content, Offer), Offer, alice);
        world.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(0, bob.Transfers.Find(Offer)!.Have.Count);
        Assert.Contains("disk", bob.Transfers.ObstacleOf(bob.Transfers.Find(Offer)!), StringComparison.Ordinal);
        // It does not ask again and again for what it cannot keep.
        Assert.InRange(world.FramesSent, 1, 60);
        bob.DiskFails = false;
        Assert.True(world.Run(TimeSpan.FromMinutes(5), () => bob.Read(Offer) is not null));
        Assert.Equal(content, bob.Read(Offer));
    }

    [Fact]
    public void What_is_removed_is_gone_with_its_keys_and_nobody_is_answered_about_it()
    {
        using var world = new FileWorld(12);
        FileNode alice = world.Add(), bob = world.Add();
        FileEntry file = bob.Accept(alice.Share(Content(3_000_000), Offer), Offer, alice)!;
        world.Run(TimeSpan.FromSeconds(30), () => file.Have.Count > 10);
        FileEntry gone = alice.Transfers.Remove(Offer)!;
        int there = file.Have.Count;
        Assert.False(world.Run(TimeSpan.FromMinutes(2), () => file.Have.IsWhole));
        Assert.InRange(file.Have.Count, there, there + 40);
        Assert.False(gone.Secrets.TryOpen(0, new byte[FileFormat.ChunkSize], new byte[FileFormat.DataSize]));
        bob.Transfers.Remove(Offer);
        Assert.Equal((0, 0, 0), (bob.Transfers.Count, bob.Transfers.OpenChunks, alice.Transfers.Sessions));
    }
}
