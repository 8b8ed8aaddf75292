using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// The whole transport on pseudo terminals, in real time.
public sealed class LoraTransportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-lora").FullName;

    private sealed class Node : ILinkAcceptor, ILinkEvents, IAsyncDisposable
    {
        private readonly Channel<(string What, ILink Link, byte[] Frame)> _events =
            Channel.CreateUnbounded<(string, ILink, byte[])>();

        internal LocalIdentity Identity { get; } = LocalIdentity.Generate();

        internal LoraTransport Transport { get; }

        internal LoraListener Radio { get; private set; } = null!;

        internal Node(string? state, ulong bootId) =>
            Transport = new LoraTransport(new LoraSettings(Identity, bootId, default, state), TimeProvider.System,
                new Random());

        internal async Task ListenAsync(string uri)
        {
            Assert.True(LinkUri.TryParse(uri, out LinkUri? parsed, out string? error), error);
            Radio = (LoraListener)await Transport.ListenAsync(parsed, this, CancellationToken.None);
        }

        internal async Task<(ILink Link, byte[] Frame)> WaitAsync(string what)
        {
            using CancellationTokenSource patience = new(Patience);
            while (true)
            {
                (string happened, ILink link, byte[] frame) = await _events.Reader.ReadAsync(patience.Token);
                if (happened == what)
                    return (link, frame);
            }
        }

        public void Accept(IPendingLink link) => link.Start(this);

        public void Refused(string remote, LinkEnd reason) => Assert.Fail($"{remote} refused: {reason}");

        public ValueTask UpAsync(ILink link) => _events.Writer.WriteAsync(("up", link, []));

        public ValueTask ReceivedAsync(ILink link, ReceivedFrames frames)
        {
            while (frames.TryNext(out ReadOnlySpan<byte> frame))
                _events.Writer.TryWrite((frame[0] == (byte)FrameKind.Pong ? "pong" : "frame", link, frame.ToArray()));
            frames.Dispose();
            return ValueTask.CompletedTask;
        }

        public void Writable(ILink link) => _events.Writer.TryWrite(("writable", link, []));

        public ValueTask DownAsync(ILink link, LinkEnd reason) => _events.Writer.WriteAsync(("down", link, []));

        public async ValueTask DisposeAsync()
        {
            await Radio.DisposeAsync();
            Identity.Dispose();
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Two_nodes_on_radios_become_neighbours_and_stay_so_over_a_pulled_cable()
    {
        using PtyHost host = new(RNodeModemTests.Connected(2));
        RNodeSimulator[] modems = [new(new Random(1)), new(new Random(2))];
        foreach (RNodeSimulator modem in modems)
            host.Air!.Add(modem);
        string settings = "?modem=rnode&frequency=868100000&sf=7&region=eu868&networkkey=" + new string('5', 64);
        string pathA = host.Add(modems[0], Path.Combine(_directory, "a"));
        string pathB = host.Add(modems[1], Path.Combine(_directory, "b"));
        host.Start();
        await using Node a = new(_directory, 1);
        await using Node b = new(_directory, 2);
        await a.ListenAsync($"lora:{pathA}{settings}");
        await b.ListenAsync($"lora:{pathB}{settings}");
        Assert.DoesNotContain("555", a.Radio.Bound.ToString(), StringComparison.Ordinal);
        (ILink aToB, _) = await a.WaitAsync("up");
        (ILink bToA, _) = await b.WaitAsync("up");
        Assert.Equal(b.Identity.Address, aToB.Peer);
        Assert.Equal(b.Identity.PublicKey.ToArray(), aToB.PeerPublicKey.ToArray());
        Assert.Equal((2UL, "lora", false, false),
            (aToB.PeerBootId, aToB.Transport, aToB.Properties.Reliable, aToB.Properties.PushRoutes));
        Assert.True(aToB.Properties.Medium > 0 && aToB.Properties.BitsPerSecond is > 250 and < 300);

        byte[] message = RadioWireTests.EnvelopeFrame(
            new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, 12, 8_192, b.Identity.Address), 300);
        Assert.True(aToB.TrySend(FrameClass.Normal, message));
        aToB.Flush();
        Assert.Equal(message, (await b.WaitAsync("frame")).Frame);
        Assert.True(bToA.TrySend(FrameClass.Control, [(byte)FrameKind.Ping, 0x12, 0x34]));
        Assert.Equal([(byte)FrameKind.Pong, 0x12, 0x34], (await b.WaitAsync("pong")).Frame);

        host.Unplug(modems[0]);
        host.Plug(modems[0]);
        Assert.True(bToA.TrySend(FrameClass.Normal, [0x22, 7]));
        bToA.Flush();
        Assert.Equal([0x22, 7], (await a.WaitAsync("frame")).Frame);
        byte[] request = RadioWireTests.PathRequestFrame(8);
        Assert.True(aToB.TryBroadcast(FrameClass.Routing, request));
        Assert.Equal(request, (await b.WaitAsync("frame")).Frame);

        RadioStatus status = await a.Radio.StatusAsync(CancellationToken.None);
        Assert.Equal((ModemState.Online, "rnode", "868.0-868.6"), (status.State, status.Modem, status.Band));
        Assert.True(status.Neighbours.Single().IsUp);
        Assert.True(status.Airtime.Sum(u => u.Used.TotalMilliseconds) > 300);
        Assert.True(aToB.Traffic.Sent > 300);

        aToB.Close(new LinkEnd(LinkEndCode.Closed));
        await a.WaitAsync("down");
        await a.Radio.DisposeAsync();
        Assert.NotEmpty(Directory.GetFiles(_directory, "airtime-*"));
    }

    [Fact]
    public async Task A_modem_that_comes_back_under_another_name_finds_the_airtime_that_it_used()
    {
        using PtyHost host = new(RNodeModemTests.Connected(2));
        RNodeSimulator modem = new(new Random(1));
        host.Air!.Add(modem);
        string settings = "?modem=rnode&frequency=868100000&sf=7&region=eu868";
        string path = host.Add(modem, Path.Combine(_directory, "ttyUSB0"));
        host.Start();
        TimeSpan used;
        await using (Node before = new(_directory, 1))
        {
            await before.ListenAsync($"lora:{path}{settings}");
            used = await UsedAsync(before, u => u > TimeSpan.Zero);
        }
        string renamed = Path.Combine(_directory, "ttyUSB7");
        File.CreateSymbolicLink(renamed, path);
        await using Node after = new(_directory, 2);
        await after.ListenAsync($"lora:{renamed}{settings}");
        Assert.True(await UsedAsync(after, _ => true) >= used);

        static async Task<TimeSpan> UsedAsync(Node node, Func<TimeSpan, bool> enough)
        {
            using CancellationTokenSource patience = new(Patience);
            while (true)
            {
                RadioStatus status = await node.Radio.StatusAsync(patience.Token);
                TimeSpan used = TimeSpan.FromTicks(status.Airtime.Sum(u => u.Used.Ticks));
                if (enough(used))
                    return used;
                await Task.Delay(50, patience.Token);
            }
        }
    }

    [Fact]
    public async Task What_is_wrong_with_a_URI_is_said_when_listening()
    {
        await using Node node = new(null, 1);
        IOException e = await Assert.ThrowsAsync<IOException>(
            () => node.ListenAsync("lora:/dev/x?frequency=868100000&region=eu868&sf=3"));
        Assert.Contains("5 to 12", e.Message, StringComparison.Ordinal);
        Assert.True(LinkUri.TryParse("lora:/dev/x", out LinkUri? uri, out _));
        DialResult dial = await node.Transport.DialAsync(uri, CancellationToken.None);
        Assert.Contains("listened on", dial.Failure!.Detail, StringComparison.Ordinal);
        using PtyHost host = new();
        RNodeSimulator modem = new(new Random(1));
        string path = host.Add(modem);
        host.Start();
        await node.ListenAsync($"lora:{path}?frequency=868100000&region=eu868");
    }
}
