using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>A listener against raw sockets that do what no node does.</summary>
public sealed class HostilePeerTests : IAsyncDisposable
{
    private static readonly byte[] MinimalHello =
        // {1: 1, 2: 0, 5: 65535, 7: 8 bytes, 8: 1}
        [0, 23, (byte)FrameKind.Hello, 0x85, 1, 1, 2, 0, 5, 0xCD, 0xFF, 0xFF, 7, 0xC4, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1];

    private readonly FakeTime _time = new();
    private readonly LinkPeer _node;
    private readonly LocalIdentity _mallory = LocalIdentity.Generate();
    private readonly List<IDisposable> _open = [];

    public HostilePeerTests() => _node = new LinkPeer(1, time: _time);

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(o => o.Dispose());
        _mallory.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_ended_after_the_handshake_timeout()
    {
        using Socket socket = await ConnectAsync(await _node.ListenAsync());
        await _time.NextTimerAsync(_node.Node.Settings.HandshakeTimeout);
        _time.Advance(_node.Node.Settings.HandshakeTimeout);
        Assert.Equal(LinkEndCode.HandshakeTimeout, (await _node.NextRefusedAsync()).Code);
        Assert.Equal(0, await ReadToEndAsync(new NetworkStream(socket)));
    }

    [Fact]
    public async Task A_handshake_that_drips_byte_by_byte_ends_at_the_same_time()
    {
        LinkUri uri = await _node.ListenAsync();
        using Socket socket = await ConnectAsync(uri);
        // The start of a TLS record that promises 512 bytes.
        foreach (byte b in new byte[] { 22, 3, 1, 2, 0, 1 })
        {
            await socket.SendAsync(new[] { b });
            await _time.NextTimerAsync(_node.Node.Settings.HandshakeTimeout);
            _time.Advance(_node.Node.Settings.HandshakeTimeout / 6);
        }

        Assert.Equal(LinkEndCode.HandshakeTimeout, (await _node.NextRefusedAsync()).Code);
    }

    [Fact]
    public async Task A_peer_that_authenticates_and_then_says_no_Hello_is_ended_too()
    {
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));
        await ReadFrameAsync(stream);
        _time.Advance(_node.Node.Settings.HandshakeTimeout);
        Assert.Equal(LinkEndCode.HandshakeTimeout, (await _node.NextRefusedAsync()).Code);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.HandshakeTimeout }, await ReadFrameAsync(stream));
    }

    [Fact]
    public async Task TLS_without_the_protocol_of_these_links_is_refused_by_its_own_reason()
    {
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await HandshakeAsync(stream, LinkCertificate.Create(_mallory), protocol: null);
        Assert.Equal(LinkEndCode.Version, (await _node.NextRefusedAsync()).Code);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.Version }, await ReadFrameAsync(stream));
    }

    [Fact]
    public async Task A_certificate_on_another_curve_is_refused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using X509Certificate2 certificate = Certificate(key, LinkCertificate.Create(_mallory));
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await HandshakeAsync(stream, certificate);
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.Authentication, refused.Code);
        Assert.Contains("P-256", refused.Detail);
    }

    [Fact]
    public async Task Dates_of_a_certificate_do_not_matter()
    {
        using X509Certificate2 signed = LinkCertificate.Create(_mallory);
        using ECDsa key = signed.GetECDsaPrivateKey()!;
        using X509Certificate2 expired = Certificate(key, signed, years: 1);
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), expired);
        await stream.WriteAsync(MinimalHello);
        Assert.Equal(_mallory.Address, (await _node.NextAcceptedAsync()).Link.Peer);
    }

    // A thief of the TLS key has everything that the owner had then; the owner has made another certificate since.
    [Theory]
    [InlineData(5, 4)]
    [InlineData(5, 0)]
    public async Task A_certificate_older_than_one_that_was_here_is_refused_and_the_proof_of_the_newer_is_shown(
        ulong newest, ulong stolen)
    {
        LinkUri uri = await _node.ListenAsync();
        using (SslStream owner = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory, newest)))
        {
            await owner.WriteAsync(MinimalHello);
            await _node.NextAcceptedAsync();
        }

        using SslStream thief = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory, stolen));
        await thief.WriteAsync(MinimalHello);
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.Authentication, refused.Code);
        Assert.Contains("is older than", refused.Detail);
        byte[] frame = await ReadFrameAsync(thief);
        Assert.True(Hello.TryRead(frame.AsSpan(1), out Hello hello));
        Assert.True(CertificateNumber.TryVerify(hello.NewerCertificate, _mallory.PublicKey.Span, out ulong shown));
        Assert.Equal(newest, shown);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.Authentication }, await ReadFrameAsync(thief));

        // The owner comes back with the same certificate or a newer one.
        using SslStream again = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory, newest));
        await again.WriteAsync(MinimalHello);
        Assert.Equal(_mallory.Address, (await _node.NextAcceptedAsync()).Link.Peer);
    }

    [Fact]
    public async Task Whoever_broke_the_protocol_waits_before_he_is_heard_again_and_others_do_not()
    {
        LinkUri uri = await _node.ListenAsync();
        using (SslStream breach = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory)))
        {
            await breach.WriteAsync((byte[])[0, 2, 0x77, 0]);
            Assert.Equal(LinkEndCode.ProtocolViolation, (await _node.NextRefusedAsync()).Code);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), _node.Node.Penalties.Left(_mallory.Address));
        for (int more = 0; more < 3; more++)
            _node.Node.Penalties.Note(_mallory.Address, LinkSource.Loopback);
        // It is eight seconds now; the time for a handshake is ten.
        _time.Advance(TimeSpan.FromSeconds(1));
        using SslStream waits = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory));
        await waits.WriteAsync(MinimalHello);
        Assert.Equal(TimeSpan.FromSeconds(7), await _time.NextTimerAsync(TimeSpan.FromSeconds(9)));
        await using LinkPeer honest = new(2);
        Assert.NotNull((await honest.DialAsync(uri)).Link);
        Assert.Equal(honest.Address, (await _node.NextAcceptedAsync()).Link.Peer);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(_mallory.Address, (await _node.NextAcceptedAsync()).Link.Peer);
        Assert.Equal(0, _node.RefusedCount);

        _node.Node.Penalties.Note(_mallory.Address, LinkSource.Loopback);
        using SslStream refused = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory));
        Assert.Equal(LinkEndCode.TooMany, (await _node.NextRefusedAsync()).Code);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.TooMany }, await ReadFrameAsync(refused));
    }

    [Theory]
    [InlineData(new byte[] { 0, 2, 0x01, 0x81 }, "it is no map, or one that is cut")]
    [InlineData(new byte[] { 0, 4, 0x01, 0x81, 0xC0, 0xC0 }, "a key is no number")]
    [InlineData(new byte[] { 0, 3, 0x01, 0xC1, 0xC1 }, "it is no map")]
    [InlineData(new byte[] { 0, 4, 0x01, 0x81, 1, 1 }, "key 5 is missing")]
    [InlineData(new byte[] { 0, 6, 0x01, 0x82, 1, 1, 1, 1 }, "key 1 is there twice")]
    [InlineData(new byte[] { 0, 4, 0x01, 0x81, 5, 1 }, "the value of key 5")]
    [InlineData(new byte[] { 0, 5, 0x01, 0x81, 1, 1, 0 }, "something follows")]
    [InlineData(new byte[] { 0, 3, 0x10, 1, 2 }, "kind 10")]
    [InlineData(new byte[] { 0xFF, 0xFF, 1 }, "its Hello has 65534 bytes")]
    public async Task A_Hello_that_does_not_parse_is_refused_with_what_is_wrong_with_it(byte[] bytes, string reason)
    {
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));
        await stream.WriteAsync(bytes);
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.ProtocolViolation, refused.Code);
        Assert.Contains(reason, refused.Detail);
    }

    [Fact]
    public async Task A_Hello_without_a_dial_number_says_so()
    {
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));
        byte[] hello = MinimalHello[..^2];
        hello[1] -= 2;
        hello[3]--;
        await stream.WriteAsync(hello);
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.ProtocolViolation, refused.Code);
        Assert.Contains("no dial number", refused.Detail);
    }

    // 30 links, each with the start of the largest frame: the node keeps as many as the budget says, and honest ones go
    // on.
    [Fact]
    public async Task Frames_that_never_end_take_no_more_than_the_budget_of_all_links()
    {
        LinkUri uri = await _node.ListenAsync();
        for (int i = 0; i < 30; i++)
        {
            using LocalIdentity identity = LocalIdentity.Generate();
            (SslStream stream, _) = await EstablishAsync(uri, LinkCertificate.Create(identity));
            byte[] start = new byte[20_000];
            start[0] = 0xFF;
            start[1] = 0xFF;
            start[2] = (byte)FrameKind.Envelope;
            await stream.WriteAsync(start);
        }

        LargeBuffers large = _node.Node.Memory.Receiving.Large;
        int most = (int)(_node.Node.Settings.MemoryBytes * 3 / 8 / LargeBuffers.Size);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        while (large.Used < most)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await using LinkPeer honest = new(9);
        DialResult dial = await honest.DialAsync(uri);
        RecordingEvents here = new(), there = new();
        dial.Link!.Start(here);
        (await _node.NextAcceptedAsync()).Start(there);
        ILink link = await here.NextUpAsync();
        Assert.True(link.TrySend(FrameClass.Normal, [(byte)FrameKind.Ping, 1, 2]));
        link.Flush();
        Assert.Equal([(byte)FrameKind.Ping, 1, 2], await there.NextFrameAsync());
        Assert.Equal(most, large.Used);
    }

    [Fact]
    public async Task Five_hundred_idle_connections_leave_room_for_an_honest_one()
    {
        LinkUri uri = await _node.ListenAsync();
        for (int i = 0; i < 500; i++)
            _open.Add(await ConnectAsync(uri));
        // All but eight of this one source had to make room.
        for (int i = 0; i < 500 - 8; i++)
            Assert.Equal(LinkEndCode.TooMany, (await _node.NextRefusedAsync()).Code);
        await using LinkPeer honest = new(2);
        DialResult dial = await honest.DialAsync(uri);
        Assert.NotNull(dial.Link);
        Assert.Equal(honest.Address, (await _node.NextAcceptedAsync()).Link.Peer);
    }

    [Fact]
    public async Task No_client_certificate_is_refused()
    {
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await HandshakeAsync(stream, null);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.Authentication }, await ReadFrameAsync(stream));
        Assert.Equal(0, await ReadToEndAsync(stream));
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.Authentication, refused.Code);
        Assert.Contains("no certificate", refused.Detail);
    }

    [Fact]
    public async Task A_certificate_of_another_key_than_the_identity_signed_is_refused()
    {
        using X509Certificate2 signed = LinkCertificate.Create(_mallory);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=mallory", other, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(signed.Extensions.Single(e => e.Oid!.Value == "1.3.6.1.4.1.53594.1.1"));
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await HandshakeAsync(
            stream, request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100)));
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.Authentication }, await ReadFrameAsync(stream));
        Assert.Equal(0, await ReadToEndAsync(stream));
        LinkEnd refused = await _node.NextRefusedAsync();
        Assert.Equal(LinkEndCode.Authentication, refused.Code);
        Assert.Contains("signature over the certificate's key", refused.Detail);
    }

    [Fact]
    public async Task Another_protocol_over_TLS_is_refused()
    {
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await Assert.ThrowsAnyAsync<AuthenticationException>(
            () => HandshakeAsync(stream, LinkCertificate.Create(_mallory), "h2"));
        Assert.Equal(LinkEndCode.Authentication, (await _node.NextRefusedAsync()).Code);
    }

    [Fact]
    public async Task Older_TLS_is_refused()
    {
        SslStream stream = await StartAsync(await _node.ListenAsync());
        await Assert.ThrowsAnyAsync<Exception>(
            () => HandshakeAsync(stream, LinkCertificate.Create(_mallory), protocols: SslProtocols.Tls12));
        Assert.Equal(LinkEndCode.Authentication, (await _node.NextRefusedAsync()).Code);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 }, LinkEndCode.ProtocolViolation)] // empty frame
    [InlineData(new byte[] { 0xFF, 0xFF, 1 }, LinkEndCode.ProtocolViolation)] // a Hello of 64 KiB
    [InlineData(new byte[] { 0, 3, 0x10, 1, 2 }, LinkEndCode.ProtocolViolation)] // an envelope first
    [InlineData(new byte[] { 0, 3, 0x01, 0xC1, 0xC1 }, LinkEndCode.ProtocolViolation)] // no MessagePack
    [InlineData(new byte[] { 0, 2, 0x04, 0x08 }, LinkEndCode.TooMany)] // a Bye first
    public async Task A_first_frame_that_is_no_Hello_is_refused(byte[] bytes, LinkEndCode code)
    {
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));
        await stream.WriteAsync(bytes.Length < 3 ? [.. bytes, 0] : bytes);
        Assert.Equal(code, (await _node.NextRefusedAsync()).Code);
        await ReadFrameAsync(stream);
        Assert.Equal((byte)FrameKind.Bye, (await ReadFrameAsync(stream))[0]);
    }

    [Fact]
    public async Task Another_protocol_version_is_refused_by_its_own_reason()
    {
        using SslStream stream = await AuthenticateAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));
        byte[] hello = (byte[])MinimalHello.Clone();
        hello[5] = 9;
        await stream.WriteAsync(hello);
        Assert.Equal(LinkEndCode.Version, (await _node.NextRefusedAsync()).Code);
        await ReadFrameAsync(stream);
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.Version }, await ReadFrameAsync(stream));
    }

    [Fact]
    public async Task A_Hello_cut_at_any_byte_never_becomes_a_link()
    {
        LinkUri uri = await _node.ListenAsync();
        for (int length = 0; length < MinimalHello.Length; length++)
        {
            using SslStream stream = await AuthenticateAsync(uri, LinkCertificate.Create(_mallory));
            await stream.WriteAsync(MinimalHello.AsMemory(0, length));
            await stream.ShutdownAsync();
            Assert.NotNull(await _node.NextRefusedAsync());
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 })] // a frame without a kind
    [InlineData(new byte[] { 0, 2, 0x01, 0x80 })] // a second Hello
    [InlineData(new byte[] { 0, 3, 0x04, 1, 2 })] // a Bye of two bytes
    public async Task Frames_that_no_node_sends_end_the_link_after_those_before_them(byte[] bytes)
    {
        (SslStream stream, RecordingEvents events) = await EstablishAsync();
        await stream.WriteAsync((byte[])[0, 3, (byte)FrameKind.Ping, 1, 2, .. bytes]);
        Assert.Equal([(byte)FrameKind.Ping, 1, 2], await events.NextFrameAsync());
        Assert.Equal(new[] { (byte)FrameKind.Bye, (byte)LinkEndCode.ProtocolViolation }, await ReadFrameAsync(stream));
        stream.Dispose();
        Assert.Equal(LinkEndCode.ProtocolViolation, (await events.NextDownAsync()).Reason.Code);
    }

    [Fact]
    public async Task A_frame_cut_off_by_the_end_of_the_connection_is_not_handed_on()
    {
        (SslStream stream, RecordingEvents events) = await EstablishAsync();
        await stream.WriteAsync((byte[])[0, 3, (byte)FrameKind.Ping, 1]);
        await stream.ShutdownAsync();
        stream.Dispose();
        LinkEnd reason = (await events.NextDownAsync()).Reason;
        Assert.Equal(LinkEndCode.TransportFailed, reason.Code);
        Assert.Contains("within a frame", reason.Detail);
        Assert.False(events.HasFrames);
    }

    [Fact]
    public async Task Frames_dripped_byte_by_byte_arrive_whole()
    {
        (SslStream stream, RecordingEvents events) = await EstablishAsync();
        foreach (byte b in new byte[] { 0, 3, 2, 1, 2, 0, 1, 3 })
            await stream.WriteAsync(new[] { b });
        Assert.Equal([2, 1, 2], await events.NextFrameAsync());
        Assert.Equal([3], await events.NextFrameAsync());
    }

    [Fact]
    public async Task Noise_instead_of_TLS_is_refused()
    {
        using Socket socket = await ConnectAsync(await _node.ListenAsync());
        byte[] noise = new byte[4096];
        new Random(3).NextBytes(noise);
        await socket.SendAsync(noise);
        Assert.NotEqual(LinkEndCode.HandshakeTimeout, (await _node.NextRefusedAsync()).Code);
    }

    private static async Task<Socket> ConnectAsync(LinkUri uri)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(uri.Rest[2..]));
        return socket;
    }

    private static async Task<int> ReadToEndAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<byte[]> ReadFrameAsync(Stream stream)
    {
        byte[] header = new byte[2];
        await stream.ReadExactlyAsync(header).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        byte[] frame = new byte[header[0] << 8 | header[1]];
        await stream.ReadExactlyAsync(frame).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return frame;
    }

    private async Task<SslStream> StartAsync(LinkUri uri)
    {
        SslStream stream = new(new NetworkStream(await ConnectAsync(uri), ownsSocket: true));
        _open.Add(stream);
        return stream;
    }

    private static Task HandshakeAsync(
        SslStream stream, X509Certificate2? certificate, string? protocol = "qpc-mesh/1",
        SslProtocols protocols = SslProtocols.Tls13) =>
        stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
            EnabledSslProtocols = protocols,
            ClientCertificateContext = certificate is null ? null
                : SslStreamCertificateContext.Create(certificate, null, offline: true),
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });

    private async Task<SslStream> AuthenticateAsync(LinkUri uri, X509Certificate2 certificate)
    {
        SslStream stream = await StartAsync(uri);
        await HandshakeAsync(stream, certificate);
        return stream;
    }

    private static X509Certificate2 Certificate(ECDsa key, X509Certificate2 identity, int years = 100)
    {
        CertificateRequest request = new("CN=mallory", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(identity.Extensions.Single(e => e.Oid!.Value == "1.3.6.1.4.1.53594.1.1"));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(years));
    }

    private async Task<(SslStream Stream, RecordingEvents Events)> EstablishAsync() =>
        await EstablishAsync(await _node.ListenAsync(), LinkCertificate.Create(_mallory));

    private async Task<(SslStream Stream, RecordingEvents Events)> EstablishAsync(
        LinkUri uri, X509Certificate2 certificate)
    {
        SslStream stream = await AuthenticateAsync(uri, certificate);
        await ReadFrameAsync(stream);
        await stream.WriteAsync(MinimalHello);
        RecordingEvents events = new();
        (await _node.NextAcceptedAsync()).Start(events);
        await events.NextUpAsync();
        return (stream, events);
    }
}
