using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>A neighbour that authenticates as it should and then sends whatever a test wants.</summary>
internal sealed class HostilePeer : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly SslStream _stream;

    private HostilePeer(X509Certificate2 certificate, SslStream stream)
    {
        _certificate = certificate;
        _stream = stream;
    }

    /// <summary>Connects from a machine and does TLS.</summary>
    internal static async Task<HostilePeer> AuthenticateAsync(string machine, string address, LocalIdentity identity)
    {
        X509Certificate2 certificate = LinkCertificate.Create(identity);
        var stream = new SslStream(new NetworkStream(Namespaces.Connect(machine, address), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ApplicationProtocols = [new SslApplicationProtocol("qpc-mesh/1")],
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        return new HostilePeer(certificate, stream);
    }

    /// <summary>Connects, authenticates and says Hello: a link like any other.</summary>
    internal static async Task<HostilePeer> LinkAsync(string machine, string address, LocalIdentity identity)
    {
        HostilePeer peer = await AuthenticateAsync(machine, address, identity);
        await peer.SendAsync(FrameKind.Hello, HelloBody(identity));
        return peer;
    }

    /// <summary>Sends a well-formed frame with any body.</summary>
    internal ValueTask SendAsync(FrameKind kind, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[sizeof(ushort) + 1 + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(1 + body.Length));
        frame[sizeof(ushort)] = (byte)kind;
        body.CopyTo(frame.AsSpan(sizeof(ushort) + 1));
        return _stream.WriteAsync(frame);
    }

    /// <summary>Sends bytes as they are.</summary>
    internal ValueTask SendRawAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    /// <summary>Reads frames until one of a kind comes; its body.</summary>
    internal async Task<byte[]> NextAsync(FrameKind kind, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (true)
        {
            byte[] frame = await NextAsync(limit.Token);
            if (frame[0] == (byte)kind)
                return frame[1..];
        }
    }

    /// <summary>Reads the next frame: kind and body.</summary>
    internal async Task<byte[]> NextAsync(CancellationToken cancellation)
    {
        byte[] length = new byte[sizeof(ushort)];
        await _stream.ReadExactlyAsync(length, cancellation);
        byte[] frame = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await _stream.ReadExactlyAsync(frame, cancellation);
        return frame;
    }

    /// <summary>Waits until the node hangs up.</summary>
    internal async Task EndedAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        byte[] sink = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(sink, limit.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _certificate.Dispose();
    }

    private static byte[] HelloBody(LocalIdentity identity)
    {
        var output = new ArrayBufferWriter<byte>();
        new Hello
        {
            Version = Hello.CurrentVersion,
            Capabilities = Capabilities.Relay,
            MaxFrame = Limits.MaxFrame,
            BootId = BinaryPrimitives.ReadUInt64BigEndian(identity.PublicKey.Span),
            DialNumber = 1,
        }.Write(output);
        return output.WrittenSpan.ToArray();
    }
}
