using System.Net;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>The small parts: addresses, admission, scanning, certificates.</summary>
public class PartsTests
{
    [Theory]
    [InlineData("tcp://example.org:7330", "example.org", 7330)]
    [InlineData("tcp://192.0.2.1:1/", "192.0.2.1", 1)]
    [InlineData("quic://[2001:db8::1]:65535", "2001:db8::1", 65535)]
    [InlineData("tcp://[fe80::1%eth0]:5", "fe80::1%eth0", 5)]
    [InlineData("TCP://*:0", "*", 0)]
    public void Proper_URIs_split_into_host_and_port(string text, string host, int port)
    {
        Assert.True(LinkUri.TryParse(text, out LinkUri? uri, out _));
        Assert.True(IpEndpoint.TryParse(uri, out IpEndpoint? endpoint, out string? error), error);
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
    }

    [Theory]
    [InlineData("tcp:example.org:7330", "host and port")]
    [InlineData("tcp://example.org", "host and port")]
    [InlineData("tcp://:7330", "proper host")]
    [InlineData("tcp://2001:db8::1:7330", "in brackets")]
    [InlineData("tcp://user@host:1", "proper host")]
    [InlineData("tcp://host:", "proper port")]
    [InlineData("tcp://host:65536", "proper port")]
    [InlineData("tcp://host:-1", "proper port")]
    [InlineData("tcp://host:1#qpc1xyz", "not an address")]
    public void Improper_URIs_are_refused_with_what_would_be_right(string text, string reason)
    {
        Assert.True(LinkUri.TryParse(text, out LinkUri? uri, out _));
        Assert.False(IpEndpoint.TryParse(uri, out _, out string? error));
        Assert.Contains(reason, error);
        Assert.False(PeerUris.TryParse($"tcp://fine:1,{text}", out _, out _));
    }

    [Fact]
    public void A_peer_may_be_named_by_several_URIs()
    {
        string pin = new NodeAddress(1, 2).ToString();
        Assert.True(PeerUris.TryParse($"tcp://a:1, tcp://b:2 ,quic://a:1/#{pin}", out PeerUris? peer, out _));
        Assert.Equal($"quic://a:1/#{pin},tcp://a:1,tcp://b:2", peer.ToString());
    }

    [Fact]
    public void One_source_displaces_only_its_own_connections()
    {
        Admission admission = new(total: 10, perSource: 2);
        Admission.Ticket honest = admission.Admit(IPAddress.Parse("192.0.2.1"));
        List<Admission.Ticket> flood =
            [.. Enumerable.Range(0, 50).Select(_ => admission.Admit(IPAddress.Parse("192.0.2.66")))];
        Assert.False(honest.Displaced.IsCancellationRequested);
        Assert.Equal(3, admission.Count);
        Assert.Equal(48, flood.Count(t => t.Displaced.IsCancellationRequested));
        Assert.False(flood[^1].Displaced.IsCancellationRequested);
    }

    [Fact]
    public void Many_sources_displace_the_oldest()
    {
        Admission admission = new(total: 10, perSource: 2);
        List<Admission.Ticket> tickets =
            [.. Enumerable.Range(1, 12).Select(i => admission.Admit(new IPAddress([192, 0, 2, (byte)i])))];
        Assert.Equal(10, admission.Count);
        Assert.Equal([true, true, false], tickets.Take(3).Select(t => t.Displaced.IsCancellationRequested));
        tickets.ForEach(t => t.Dispose());
        Assert.Equal(0, admission.Count);
    }

    [Fact]
    public void An_IPv6_network_of_64_bits_is_one_source_and_a_mapped_IPv4_address_is_that_address()
    {
        Assert.Equal(Source("2001:db8::1"), Source("2001:db8::ffff:1"));
        Assert.NotEqual(Source("2001:db8::1"), Source("2001:db8:0:1::1"));
        Assert.Equal(Source("192.0.2.1"), Source("::ffff:192.0.2.1"));
        Assert.NotEqual(Source("192.0.2.1"), Source("192.0.2.2"));
        static UInt128 Source(string text) => LinkSource.Of(IPAddress.Parse(text)).Host;
    }

    [Fact]
    public void A_scan_finds_whole_frames_wherever_the_bytes_are_cut()
    {
        byte[] bytes = [0, 3, 0x10, 1, 2, 0, 1, 2, 1, 0, .. new byte[256]];
        bytes[10] = 0x10;
        int[] ends = [5, 8, 266];
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(ScanResult.Frames,
                FrameScanner.Scan(bytes.AsSpan(0, cut), out int whole, out int needed, out _));
            Assert.Equal(ends.Where(e => e <= cut).DefaultIfEmpty(0).Max(), whole);
            Assert.InRange(needed, 2, 258);
        }
    }

    [Fact]
    public void Random_bytes_never_make_a_scan_run_over()
    {
        Random random = new(4);
        byte[] bytes = new byte[600];
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            // Short lengths, so that several frames fit.
            for (int b = 0; b < bytes.Length; b += random.Next(1, 30))
                bytes[b] = 0;
            FrameScanner.Scan(bytes.AsSpan(0, random.Next(bytes.Length)), out int whole, out int needed, out _);
            Assert.InRange(whole, 0, bytes.Length);
            Assert.InRange(needed, 2, 2 + 65535);
        }
    }

    [Fact]
    public void The_certificate_changes_daily_and_a_handshake_under_way_keeps_its_own()
    {
        FakeTime time = new();
        using LocalIdentity identity = LocalIdentity.Generate();
        using LinkCertificates certificates = new(identity, new CertificateCounter(null, time, _ => { }), time);
        OwnCertificate first = certificates.Current;
        time.Advance(TimeSpan.FromHours(23));
        Assert.Same(first, certificates.Current);
        time.Advance(TimeSpan.FromHours(1));
        OwnCertificate second = certificates.Current;
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
        Assert.True(first.Certificate.HasPrivateKey);
        Assert.NotEqual(nint.Zero, first.Certificate.Handle);
    }

    [Fact]
    public void A_proof_depends_on_key_role_and_both_certificates()
    {
        byte[] a = new byte[32], b = new byte[32];
        b[0] = 1;
        using NetworkKey key = new("key"u8), other = new("another"u8);
        byte[] proof = Prove(key, LinkRole.Dialer, a, b);
        Assert.Equal(proof, Prove(key, LinkRole.Dialer, a, b));
        Assert.NotEqual(proof, Prove(key, LinkRole.Listener, a, b));
        Assert.NotEqual(proof, Prove(key, LinkRole.Dialer, b, a));
        Assert.NotEqual(proof, Prove(other, LinkRole.Dialer, a, b));
        Assert.False(key.Id.SequenceEqual(other.Id));

        static byte[] Prove(NetworkKey key, LinkRole role, byte[] own, byte[] peer)
        {
            byte[] proof = new byte[32];
            key.Prove(role, own, peer, proof);
            return proof;
        }
    }

    // Computed with Python's hmac from docs/reference/protocol.md 3.2: HKDF-SHA256 with an empty salt.
    [Fact]
    public void Network_id_and_proof_are_those_of_an_independent_computation()
    {
        using NetworkKey key = new("a community's key"u8);
        byte[] own = [.. Enumerable.Repeat((byte)0xAA, 32)], peer = [.. Enumerable.Repeat((byte)0xBB, 32)],
            proof = new byte[32];
        key.Prove(LinkRole.Listener, own, peer, proof);
        Assert.Equal("4cf29ceacecba4cd", Convert.ToHexStringLower(key.Id));
        Assert.Equal("11cd7a16bd20dfd198acd3171ecfede1acb5295ca1106d733c568895afd0b6ea",
            Convert.ToHexStringLower(proof));
    }
}
