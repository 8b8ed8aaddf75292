using System.Text;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>What links over TCP and over QUIC have in common.</summary>
public abstract class IpLinkTests(string scheme)
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("a community's key");

    [LinkFact]
    public async Task A_link_tells_who_is_there_and_carries_frames_both_ways()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        (ILink here, RecordingEvents eventsHere, ILink there, RecordingEvents eventsThere) =
            await alice.LinkAsync(bob, scheme);
        Assert.Equal(bob.Address, here.Peer);
        Assert.Equal(alice.Address, there.Peer);
        Assert.True(there.PeerPublicKey.Span.SequenceEqual(alice.Identity.PublicKey.Span));
        Assert.Equal("node 2", here.PeerName);
        Assert.Equal(alice.Node.BootId, there.PeerBootId);
        Assert.True(here.Outbound);
        Assert.False(there.Outbound);
        Assert.Equal(scheme, here.Transport);

        byte[] largest = new byte[65535];
        Random.Shared.NextBytes(largest);
        largest[0] = (byte)FrameKind.Envelope;
        Assert.True(here.TrySend(FrameClass.Normal, [(byte)FrameKind.Ping, 1, 2]));
        Assert.True(here.TrySend(FrameClass.Normal, largest));
        here.Flush();
        Assert.True(there.TrySend(FrameClass.Control, [(byte)FrameKind.Pong, 1, 2]));
        there.Flush();
        Assert.Equal([(byte)FrameKind.Ping, 1, 2], await eventsThere.NextFrameAsync());
        Assert.Equal(largest, await eventsThere.NextFrameAsync());
        Assert.Equal([(byte)FrameKind.Pong, 1, 2], await eventsHere.NextFrameAsync());
        Assert.Equal(5 + 65537, there.Traffic.Received);
        Assert.Equal(5 + 65537, here.Traffic.Sent);
    }

    [LinkFact]
    public async Task Only_who_says_so_in_its_Hello_is_taken_to_read_bundles()
    {
        LinkSettings reads = new() { Capabilities = Capabilities.Relay | Capabilities.Bundles };
        await using LinkPeer alice = new(1, reads), bob = new(2);
        (ILink here, _, ILink there, _) = await alice.LinkAsync(bob, scheme);
        Assert.False(here.Properties.Bundles);
        Assert.True(there.Properties.Bundles);
    }

    [LinkFact]
    public async Task Closing_says_why_at_the_other_end_after_what_was_urgent()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        (ILink here, RecordingEvents eventsHere, _, RecordingEvents eventsThere) = await alice.LinkAsync(bob, scheme);
        Assert.True(here.TrySend(FrameClass.Control, [(byte)FrameKind.CustodyAck, 7]));
        here.Close(new LinkEnd(LinkEndCode.Closed));
        Assert.Equal([(byte)FrameKind.CustodyAck, 7], await eventsThere.NextFrameAsync());
        (_, LinkEnd there) = await eventsThere.NextDownAsync();
        (_, LinkEnd own) = await eventsHere.NextDownAsync();
        Assert.Equal((LinkEndCode.Closed, true), (there.Code, there.ByPeer));
        Assert.Equal((LinkEndCode.Closed, false), (own.Code, own.ByPeer));
        Assert.False(here.TrySend(FrameClass.Control, [(byte)FrameKind.Ping, 0, 0]));
    }

    [LinkFact]
    public async Task A_link_that_is_refused_before_it_starts_says_why()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        DialResult dial = await alice.DialAsync(await bob.ListenAsync(scheme));
        RecordingEvents events = new();
        dial.Link!.Start(events);
        (await bob.NextAcceptedAsync()).Link.Close(new LinkEnd(LinkEndCode.TooMany));
        Assert.Equal(LinkEndCode.TooMany, (await events.NextDownAsync()).Reason.Code);
    }

    [LinkFact]
    public async Task A_wrong_pinned_address_is_refused_by_the_dialer()
    {
        await using LinkPeer alice = new(1), bob = new(2), carol = new(3);
        LinkUri uri = (await bob.ListenAsync(scheme)) with { Pinned = carol.Address.ToString() };
        DialResult dial = await alice.DialAsync(uri);
        Assert.Equal(LinkEndCode.WrongAddress, dial.Failure?.Code);
        Assert.Contains(bob.Address.ToString(), dial.Failure!.Detail);
        Assert.NotNull(await bob.NextRefusedAsync());

        DialResult right = await alice.DialAsync(uri with { Pinned = bob.Address.ToString() });
        Assert.NotNull(right.Link);
        right.Link.Link.Close(new LinkEnd(LinkEndCode.Closed));
    }

    [LinkTheory]
    [InlineData("a community's key", null)]
    [InlineData(null, "a community's key")]
    [InlineData("a community's key", "another key")]
    public async Task Nodes_of_different_networks_refuse_each_other(string? ours, string? theirs)
    {
        await using LinkPeer alice = new(1, WithKey(ours)), bob = new(2, WithKey(theirs));
        DialResult dial = await alice.DialAsync(await bob.ListenAsync(scheme));
        Assert.Equal(LinkEndCode.NetworkKey, dial.Failure?.Code);
        Assert.Equal(LinkEndCode.NetworkKey, (await bob.NextRefusedAsync()).Code);
    }

    [LinkFact]
    public async Task Nodes_of_one_closed_network_accept_each_other()
    {
        LinkSettings settings = new() { NetworkKey = Key };
        await using LinkPeer alice = new(1, settings), bob = new(2, settings);
        (ILink here, _, _, _) = await alice.LinkAsync(bob, scheme);
        Assert.Equal(bob.Address, here.Peer);
    }

    [LinkFact]
    public async Task A_node_that_reaches_itself_notices()
    {
        await using LinkPeer alice = new(1);
        DialResult dial = await alice.DialAsync(await alice.ListenAsync(scheme));
        Assert.Equal(LinkEndCode.Self, dial.Failure?.Code);
    }

    [LinkFact]
    public async Task Nobody_there_is_a_result_and_no_exception()
    {
        await using LinkPeer alice = new(1, new LinkSettings { ConnectTimeout = TimeSpan.FromSeconds(1) });
        DialResult dial = await alice.DialAsync(LinkPeer.Uri($"{scheme}://127.0.0.1:1"));
        Assert.Equal(LinkEndCode.TransportFailed, dial.Failure?.Code);
        Assert.NotNull(dial.Failure!.Detail);
    }

    [LinkFact]
    public async Task IPv6_and_host_names_work()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        LinkUri six = await bob.ListenAsync(scheme, "[::1]");
        Assert.Contains("[::1]", six.Rest);
        Assert.NotNull((await alice.DialAsync(six)).Link);
        LinkUri any = await bob.ListenAsync(scheme, "*");
        string port = any.Rest[any.Rest.LastIndexOf(':')..];
        Assert.NotNull((await alice.DialAsync(LinkPeer.Uri($"{scheme}://localhost{port}"))).Link);
    }

    [LinkFact]
    public async Task A_receiver_that_is_behind_pushes_back_and_nothing_is_lost()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        (ILink here, RecordingEvents eventsHere, _, RecordingEvents eventsThere) = await alice.LinkAsync(bob, scheme);
        TaskCompletionSource gate = new();
        eventsThere.Gate = gate.Task;
        byte[] frame = new byte[8000];
        frame[0] = (byte)FrameKind.Envelope;
        int sent = 0;
        // Kernel buffers take some megabytes; after them the queue refuses.
        while (sent < 20_000)
        {
            frame[1] = (byte)sent;
            if (!here.TrySend(FrameClass.Normal, frame))
                break;
            sent++;
            here.Flush();
        }

        Assert.InRange(sent, 10, 19_999);
        gate.SetResult();
        Assert.Same(here, await eventsHere.NextWritableAsync());
        Assert.True(here.TrySend(FrameClass.Normal, frame));
        here.Flush();
        for (int i = 0; i < sent; i++)
            Assert.Equal((byte)i, (await eventsThere.NextFrameAsync())[1]);
    }

    [LinkFact]
    public async Task A_peer_that_takes_nothing_is_given_up()
    {
        FakeTime time = new();
        LinkSettings settings = new();
        await using LinkPeer alice = new(1, settings, time), bob = new(2);
        (ILink here, RecordingEvents eventsHere, _, RecordingEvents eventsThere) = await alice.LinkAsync(bob, scheme);
        TaskCompletionSource gate = new();
        eventsThere.Gate = gate.Task;
        byte[] frame = new byte[60000];
        frame[0] = (byte)FrameKind.Envelope;
        Task<(ILink Link, LinkEnd Reason)> down = eventsHere.NextDownAsync();
        Task writable = eventsHere.NextWritableAsync();
        while (!down.IsCompleted)
        {
            while (here.TrySend(FrameClass.Normal, frame))
                here.Flush();
            // Whoever begins to write, or looks how long a write takes, looks at the clock; the timer may be set only
            // after that.
            await Task.WhenAny(down, writable, time.Looks.WaitAsync(TimeSpan.FromMilliseconds(200)));
            if (writable.IsCompletedSuccessfully)
                writable = eventsHere.NextWritableAsync();
            time.Advance(settings.WriteTimeout / 2);
        }

        (_, LinkEnd reason) = await down;
        Assert.Equal(LinkEndCode.Dead, reason.Code);
        gate.SetResult();
    }

    private static LinkSettings WithKey(string? key) =>
        new() { NetworkKey = key is null ? default : Encoding.UTF8.GetBytes(key) };
}

public sealed class TcpLinkTests() : IpLinkTests("tcp");

[NeedsQuic]
public sealed class QuicLinkTests() : IpLinkTests("quic");
