using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>What a peer's Hello said, checked.</summary>
internal sealed record PeerHello(string Name, Capabilities Capabilities, int MaxFrame, ulong BootId, uint DialNumber);

/// <summary>
/// The first frame in each direction (docs/reference/protocol.md, section 3.2), after TLS proved who is there. Neither
/// side waits for the other before it writes. Whoever refuses says why with a Bye.
/// </summary>
internal sealed class HelloExchange(LocalEnd node, LinkTls tls, LinkRole role, uint dialNumber)
{
    private const int HeaderSize = sizeof(ushort) + 1;
    private const int MaxFrame = 1 + Limits.Arbitrary.MaxHello;

    private readonly VerifiedPeer _peer = tls.Peer!;

    /// <summary>The proof that a newer certificate of the peer exists than the one it shows; empty for none.</summary>
    private ReadOnlyMemory<byte> _newer;

    /// <summary>Writes our Hello, reads the peer's and checks it.</summary>
    /// <param name="stream">The plaintext.</param>
    /// <param name="source">Where the connection comes from.</param>
    /// <param name="cancellation">The end of the handshake's time.</param>
    internal async ValueTask<(PeerHello? Hello, LinkEnd? Failure)> RunAsync(
        Stream stream, LinkSource source, CancellationToken cancellation)
    {
        // What this node shows itself says nothing about others.
        if (_peer.Address != node.Identity.Address)
            _newer = node.Certificates.Note(_peer, source);
        await stream.WriteAsync(Write(), cancellation);
        await stream.FlushAsync(cancellation);

        byte[] buffer = ArrayPool<byte>.Shared.Rent(sizeof(ushort) + MaxFrame);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, HeaderSize), cancellation);
            int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
            var kind = (FrameKind)buffer[sizeof(ushort)];
            if (length == 0)
                return (null, Violation("its first frame has no kind"));
            if (length > MaxFrame)
            {
                return (null, Violation(kind == FrameKind.Hello
                    ? $"its Hello has {length - 1} bytes, more than {Limits.Arbitrary.MaxHello}"
                    : $"its first frame is no Hello but of kind {(int)kind:x2}"));
            }

            Memory<byte> body = buffer.AsMemory(HeaderSize, length - 1);
            await stream.ReadExactlyAsync(body, cancellation);
            return Check(kind, body.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A Bye frame as it goes on a stream.</summary>
    internal static byte[] Bye(LinkEndCode code) => [0, 1 + Wire.Bye.Size, (byte)FrameKind.Bye, (byte)code];

    private ReadOnlyMemory<byte> Write()
    {
        Span<byte> proof = stackalloc byte[node.NetworkKey is null ? 0 : Hello.NetworkProofSize];
        node.NetworkKey?.Prove(role, tls.Own.Fingerprint, _peer.Fingerprint.Span, proof);
        ArrayBufferWriter<byte> output = new();
        output.GetSpan(HeaderSize)[sizeof(ushort)] = (byte)FrameKind.Hello;
        output.Advance(HeaderSize);
        new Hello
        {
            Version = Hello.CurrentVersion,
            Capabilities = node.Settings.Capabilities,
            Name = Encoding.UTF8.GetBytes(node.Settings.NodeName),
            NetworkId = node.NetworkKey is { } key ? key.Id : default,
            MaxFrame = Limits.MaxFrame,
            NetworkProof = proof,
            BootId = node.BootId,
            DialNumber = dialNumber,
            NewerCertificate = _newer.Span,
        }.Write(output);
        byte[] frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(frame.Length - sizeof(ushort)));
        return frame;
    }

    private (PeerHello? Hello, LinkEnd? Failure) Check(FrameKind kind, ReadOnlySpan<byte> body)
    {
        if (kind == FrameKind.Bye && Wire.Bye.TryRead(body, out Bye bye))
        {
            // Whoever dials this node may be anybody, and may say anything.
            if (bye.Code == LinkEndCode.Clone && role == LinkRole.Dialer)
                node.WarnOfOwnKey($"{_peer.Address} says that two nodes run with this node's key");
            return (null, new LinkEnd(bye.Code, ByPeer: true));
        }

        if (kind != FrameKind.Hello)
            return (null, Violation($"its first frame is no Hello but of kind {(int)kind:x2}"));
        if (!Hello.TryRead(body, out Hello hello, out HelloFault fault))
            return (null, Violation($"its Hello does not parse: {fault}"));
        if (hello.Version != Hello.CurrentVersion)
            return (null, new LinkEnd(
                LinkEndCode.Version, Detail: $"it speaks version {hello.Version}, we {Hello.CurrentVersion}"));
        LinkEnd? failure = CheckKey(hello) ?? CheckNetwork(hello) ?? CheckCertificates(hello);
        if (failure is not null)
            return (null, failure);
        // Only the dialer numbers its dials, from 1.
        if (hello.DialNumber == 0 != (role == LinkRole.Dialer))
        {
            return (null, Violation(role == LinkRole.Dialer
                ? "it listens, and its Hello has a dial number (key 8)"
                : "it dialled, and its Hello has no dial number (key 8)"));
        }

        return (new PeerHello(
            Encoding.UTF8.GetString(hello.Name), hello.Capabilities, hello.MaxFrame, hello.BootId, hello.DialNumber),
            null);
    }

    /// <summary>A peer with our own key is this process, or another one that must not be there.</summary>
    private LinkEnd? CheckKey(in Hello hello)
    {
        if (_peer.Address != node.Identity.Address)
            return null;
        if (hello.BootId == node.BootId)
            return new LinkEnd(LinkEndCode.Self);
        node.WarnOfOwnKey("Another process answers with this node's key");
        return new LinkEnd(LinkEndCode.Clone);
    }

    private LinkEnd? CheckNetwork(in Hello hello)
    {
        if (node.NetworkKey is not { } key)
        {
            return hello.NetworkId.IsEmpty
                ? null
                : new LinkEnd(LinkEndCode.NetworkKey, Detail: "it is in a closed network, we have no network key");
        }

        if (hello.NetworkId.IsEmpty)
            return new LinkEnd(LinkEndCode.NetworkKey, Detail: "it has no network key");
        if (!hello.NetworkId.SequenceEqual(key.Id))
            return new LinkEnd(LinkEndCode.NetworkKey, Detail: "it is in another network");
        Span<byte> expected = stackalloc byte[Hello.NetworkProofSize];
        LinkRole peerRole = role == LinkRole.Dialer ? LinkRole.Listener : LinkRole.Dialer;
        key.Prove(peerRole, _peer.Fingerprint.Span, tls.Own.Fingerprint, expected);
        return CryptographicOperations.FixedTimeEquals(expected, hello.NetworkProof)
            ? null
            : new LinkEnd(LinkEndCode.NetworkKey, Detail: "it does not prove the network key whose id it shows");
    }

    /// <summary>No link where either side shows a certificate that the other knows to be replaced.</summary>
    private LinkEnd? CheckCertificates(in Hello hello)
    {
        if (CertificateNumber.TryVerify(hello.NewerCertificate, node.Identity.PublicKey.Span, out ulong number)
            && number > tls.Own.Number)
        {
            node.LearnOwnNumber(number);
            return new LinkEnd(
                LinkEndCode.Authentication,
                Detail: $"it knows a newer certificate of this node, number {number}; another one is made");
        }

        return _newer.IsEmpty
            ? null
            : new LinkEnd(
                LinkEndCode.Authentication,
                Detail: $"its certificate, number {_peer.Number}, is older than one it has shown before, number "
                    + $"{CertificateNumber.Read(_newer.Span)}");
    }

    private static LinkEnd Violation(string detail) => new(LinkEndCode.ProtocolViolation, Detail: detail);
}
