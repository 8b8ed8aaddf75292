using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;
using Node = QuicProChat.Mesh.Transports.LocalEnd;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>
/// The session of docs/reference/protocol.md, section 3.6: two nodes with fixed keys, boot ids and numbers, from TLS to
/// the first routes. The page holds every byte that they say inside TLS, in order.
/// </summary>
public sealed partial class LinkStartTests
{
    private static readonly TimeSpan Journey = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task The_documented_start_of_a_link_is_what_two_nodes_say()
    {
        List<string> said = [.. await SayHelloAsync()];
        said.AddRange(Route());
        Assert.Equal(Documented(), said);
    }

    /// <summary>Real TLS over loopback and a Hello in each direction.</summary>
    private static async Task<string[]> SayHelloAsync()
    {
        using LocalIdentity dialer = Person(1), listener = Person(2);
        using Node d = new(dialer, new LinkSettings(), TimeProvider.System, Boot(0xD0));
        using Node l = new(listener, new LinkSettings(), TimeProvider.System, Boot(0xE0));
        using TcpListener socket = new(IPAddress.Loopback, 0);
        socket.Start();
        using TcpClient ours = new();
        ValueTask connected = ours.ConnectAsync((IPEndPoint)socket.LocalEndpoint, CancellationToken.None);
        using TcpClient theirs = await socket.AcceptTcpClientAsync();
        await connected;
        LinkTls client = new(d.Certificate, listener.Address), server = new(l.Certificate, null);
        using SslStream clear = new(ours.GetStream()), other = new(theirs.GetStream());
        await Task.WhenAll(clear.AuthenticateAsClientAsync(client.Client()),
            other.AuthenticateAsServerAsync(server.Server()));
        Assert.Equal("qpc-mesh/1", clear.NegotiatedApplicationProtocol.ToString());

        using Recorder dialed = new(clear), listened = new(other);
        var asked = new HelloExchange(d, client, LinkRole.Dialer, d.NextDialNumber())
            .RunAsync(dialed, LinkSource.Loopback, default);
        var answered = new HelloExchange(l, server, LinkRole.Listener, 0)
            .RunAsync(listened, LinkSource.Loopback, default);
        Assert.NotNull((await asked).Hello);
        Assert.NotNull((await answered).Hello);
        return [Line("D", dialed.Written), Line("L", listened.Written)];
    }

    /// <summary>Two routers a millisecond apart, until each has the other's announce and both are silent.</summary>
    private static IEnumerable<string> Route()
    {
        List<string> said = [];
        Host d = new("D", Person(1), new Numbers(0x0102, 1), said),
            l = new("L", Person(2), new Numbers(0x0900, 0x7A31), said);
        d.Join(l, 0xE0E1E2E3E4E5E6E7, dialed: true);
        l.Join(d, 0xD0D1D2D3D4D5D6D7, dialed: false);
        for (Instant now = Host.Begin; now < Host.Begin + TimeSpan.FromSeconds(1); now += Journey)
        {
            d.Run(now);
            l.Run(now);
            foreach (byte[] frame in d.TakeSent())
                l.Arriving.Enqueue((now + Journey, frame));
            foreach (byte[] frame in l.TakeSent())
                d.Arriving.Enqueue((now + Journey, frame));
        }

        Assert.NotNull(d.Router.FindRoute(l.Self.Address));
        Assert.NotNull(l.Router.FindRoute(d.Self.Address));
        return said;
    }

    private static LocalIdentity Person(byte seed) => LocalIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    // The boot id is an integer of this machine's byte order, and goes out the other way round.
    private static RandomFill Boot(byte first) => destination =>
    {
        for (int i = 0; i < destination.Length; i++)
            destination[^(i + 1)] = (byte)(first + i);
    };

    private static string Line(string who, byte[] frameWithLength) =>
        $"{who} {Convert.ToHexStringLower(frameWithLength)}";

    /// <summary>The lines of the page that hold bytes: who says them, and the bytes before the explanation.</summary>
    private static string[] Documented()
    {
        string page = File.ReadAllText(Repository.File("docs", "reference", "protocol.md"));
        string session = Session().Match(page).Groups["session"].Value;
        return
        [
            .. from words in Words().Matches(session)
               let hex = string.Concat(words.Groups["hex"].Captures.Select(c => c.Value))
               select $"{words.Groups["who"].Value} {hex.Replace(" ", "", StringComparison.Ordinal)}",
        ];
    }

    [GeneratedRegex("^```session\n(?<session>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Session();

    // Who, and what; lines that begin with a blank go on.
    [GeneratedRegex("^(?<who>[DL])(?<hex>[0-9a-f ]+)(?:;[^\n]*)?\n(?: (?<hex>[0-9a-f ]+)(?:;[^\n]*)?\n)*",
        RegexOptions.Multiline)]
    private static partial Regex Words();

    /// <summary>Passes everything on and keeps what was written.</summary>
    private sealed class Recorder(Stream inner) : Stream
    {
        private readonly MemoryStream _written = new();

        internal byte[] Written => _written.ToArray();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written.Write(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    /// <summary>Gives the first numbers of a link: of its updates and of its pings.</summary>
    private sealed class Numbers(int update, int ping) : Random
    {
        private readonly Queue<int> _numbers = new([update, ping]);

        public override int Next() => _numbers.TryDequeue(out int number) ? number : 0;

        public override int Next(int maxValue) => maxValue / 2;

        public override int Next(int minValue, int maxValue) => minValue + (maxValue - minValue) / 2;

        public override long NextInt64() => 1;

        public override double NextDouble() => 0.5;
    }

    /// <summary>A router with one link, whose frames it hands over.</summary>
    private sealed class Host : IRouterActions
    {
        internal static readonly Instant Begin = new(TimeSpan.TicksPerDay);

        private readonly string _name;
        private readonly List<string> _said;
        private readonly List<byte[]> _sent = [];
        private LinkId _link;

        internal Host(string name, LocalIdentity identity, Random random, List<string> said)
        {
            _name = name;
            _said = said;
            Self = identity;
            Router = new Router(
                new RouterOptions(), new LocalNode(identity.PublicKey.Span, identity.Sign),
                AnnounceVerifier.Instance, this,
                random, 0, Begin);
        }

        internal LocalIdentity Self { get; }

        internal Router Router { get; }

        internal Queue<(Instant At, byte[] Frame)> Arriving { get; } = new();

        internal void Join(Host other, ulong bootId, bool dialed) => _link = Router.LinkUp(
            Begin, new LinkDescription(other.Self.Address, other.Self.PublicKey, LinkProperties.Stream,
                bootId, dialed));

        internal void Run(Instant now)
        {
            while (Arriving.TryPeek(out (Instant At, byte[] Frame) next) && next.At <= now)
                Router.Receive(now, _link, Arriving.Dequeue().Frame);
            if (Router.NextDue <= now)
                Router.Tick(now);
            Router.EndOfBatch(now);
        }

        internal byte[][] TakeSent()
        {
            byte[][] sent = [.. _sent];
            _sent.Clear();
            return sent;
        }

        bool IRouterActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            byte[] whole = new byte[sizeof(ushort) + frame.Length];
            BinaryPrimitives.WriteUInt16BigEndian(whole, (ushort)frame.Length);
            frame.CopyTo(whole.AsSpan(sizeof(ushort)));
            _said.Add(Line(_name, whole));
            _sent.Add(frame.ToArray());
            return true;
        }

        bool IRouterActions.Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
            throw new NotSupportedException();

        void IRouterActions.CloseLink(LinkId link, LinkEnd reason) =>
            throw new InvalidOperationException(reason.ToString());

        void IRouterActions.PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held,
            ReadOnlySpan<byte> envelope) =>
            throw new NotSupportedException();

        void IRouterActions.ForgetEnvelope(in EnvelopeId id) => throw new NotSupportedException();

        void IRouterActions.LoadEnvelope(in EnvelopeId id) => throw new NotSupportedException();

        void IRouterActions.PersistSeen(in EnvelopeId id, byte generation) => throw new NotSupportedException();

        void IRouterActions.PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
        {
        }

        void IRouterActions.ForgetAnnounce(in NodeAddress address)
        {
        }

        void IRouterActions.PersistSequence(uint sequence)
        {
        }

        void IRouterActions.Deliver(long token, in EnvelopeId id, in EnvelopeHeader header,
            ReadOnlySpan<byte> payload) =>
            throw new NotSupportedException();

        void IRouterActions.StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
            throw new NotSupportedException();

        void IRouterActions.RouteChanged(in NodeAddress destination)
        {
        }
    }
}
