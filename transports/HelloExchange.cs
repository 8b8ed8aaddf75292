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
/// The first frame in each direction (docs/protocol.md, section 3.2), after TLS proved who is there. Neither
/// side waits for the other before it writes. Whoever refuses says why with a Bye.
/// </summary>
internal static class HelloExchange
{
    private const int HeaderSize = sizeof(ushort) + 1;
    private const int MaxFrame = 1 + Limits.Arbitrary.MaxHello;

    internal static async ValueTask<(PeerHello? Hello, LinkEnd? Failure)> RunAsync(
        Stream stream, LocalNode node, LinkTls tls, LinkRole role, uint dialNumber, CancellationToken cancellation)
    {
        VerifiedPeer peer = tls.Peer!;
        if (peer.Address == node.Identity.Address)
            return (null, new LinkEnd(LinkEndCode.Self));

        await stream.WriteAsync(Write(node, tls, role, dialNumber), cancellation);
        await stream.FlushAsync(cancellation);

        byte[] buffer = ArrayPool<byte>.Shared.Rent(sizeof(ushort) + MaxFrame);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, HeaderSize), cancellation);
            int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
            if (length is < 1 or > MaxFrame)
                return (null, Violation("its first frame is no Hello"));
            Memory<byte> body = buffer.AsMemory(HeaderSize, length - 1);
            await stream.ReadExactlyAsync(body, cancellation);
            return Check((FrameKind)buffer[sizeof(ushort)], body.Span, node, tls, role);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A Bye frame as it goes on a stream.</summary>
    internal static byte[] Bye(LinkEndCode code) => [0, 1 + Wire.Bye.Size, (byte)FrameKind.Bye, (byte)code];

    private static ReadOnlyMemory<byte> Write(LocalNode node, LinkTls tls, LinkRole role, uint dialNumber)
    {
        Span<byte> proof = stackalloc byte[node.NetworkKey is null ? 0 : Hello.NetworkProofSize];
        node.NetworkKey?.Prove(role, tls.Own.Fingerprint, tls.Peer!.Fingerprint.Span, proof);
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
        }.Write(output);
        byte[] frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(frame.Length - sizeof(ushort)));
        return frame;
    }

    private static (PeerHello? Hello, LinkEnd? Failure) Check(
        FrameKind kind, ReadOnlySpan<byte> body, LocalNode node, LinkTls tls, LinkRole role)
    {
        if (kind == FrameKind.Bye && Wire.Bye.TryRead(body, out Bye bye))
            return (null, new LinkEnd(bye.Code, ByPeer: true));
        if (kind != FrameKind.Hello || !Hello.TryRead(body, out Hello hello))
            return (null, Violation("its first frame is no Hello"));
        if (hello.Version != Hello.CurrentVersion)
            return (null, new LinkEnd(LinkEndCode.Version, Detail: $"it speaks version {hello.Version}, we {Hello.CurrentVersion}"));
        if (CheckNetwork(hello, node.NetworkKey, tls, role) is { } failure)
            return (null, failure);
        // Only the dialer numbers its dials, from 1.
        if (hello.DialNumber == 0 != (role == LinkRole.Dialer))
            return (null, Violation("its dial number does not fit its role"));
        return (new PeerHello(
            Encoding.UTF8.GetString(hello.Name), hello.Capabilities, hello.MaxFrame, hello.BootId, hello.DialNumber), null);
    }

    private static LinkEnd? CheckNetwork(in Hello hello, NetworkKey? key, LinkTls tls, LinkRole role)
    {
        if (key is null)
            return hello.NetworkId.IsEmpty ? null : new LinkEnd(LinkEndCode.NetworkKey, Detail: "it is in a closed network, we have no network key");
        if (hello.NetworkId.IsEmpty)
            return new LinkEnd(LinkEndCode.NetworkKey, Detail: "it has no network key");
        if (!hello.NetworkId.SequenceEqual(key.Id))
            return new LinkEnd(LinkEndCode.NetworkKey, Detail: "it is in another network");
        Span<byte> expected = stackalloc byte[Hello.NetworkProofSize];
        LinkRole peerRole = role == LinkRole.Dialer ? LinkRole.Listener : LinkRole.Dialer;
        key.Prove(peerRole, tls.Peer!.Fingerprint.Span, tls.Own.Fingerprint, expected);
        return CryptographicOperations.FixedTimeEquals(expected, hello.NetworkProof)
            ? null
            : new LinkEnd(LinkEndCode.NetworkKey, Detail: "it does not prove the network key whose id it shows");
    }

    private static LinkEnd Violation(string detail) => new(LinkEndCode.ProtocolViolation, Detail: detail);
}
