using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Node.Accounts;

// A value of the store, sealed as the others there (docs/reference/storage.md):
//
//  version 1 = 2 | trust 1 | device 1 | { size 4, bytes }: address, user, key or certificates, session token, server's
//    key, certificate of the device or none
//  before there were devices: 1 | trust 1 | the same but for the last
//
/// <summary>
/// What a node keeps of an account to reach its server: where it is, which key it has, and the session. The bytes are
/// secret.
/// </summary>
internal sealed record AccountRecord
{
    /// <summary>How the names of these values begin.</summary>
    internal static ReadOnlySpan<byte> ValuePrefix => "account/"u8;

    /// <summary>How the names of values with logs of keys begin.</summary>
    internal static ReadOnlySpan<byte> KeyLogPrefix => "keylog/"u8;

    /// <summary>Bytes of the certificates of an authority, at most.</summary>
    internal const int MaxCertificates = 64 << 10;

    private const byte OldVersion = 1;
    private const byte Version = 2;
    private const int NameBytes = 16;

    /// <summary>How a server's certificate is judged.</summary>
    internal enum TrustKind : byte
    {
        /// <summary>By its key, which was seen first or was named.</summary>
        Key = 0,

        /// <summary>By the certificates of an authority.</summary>
        Authority = 1,

        /// <summary>By the system's authorities.</summary>
        System = 2,
    }

    /// <summary>Where the server is.</summary>
    internal required ServerEndpoint Endpoint { get; init; }

    /// <summary>The own name there.</summary>
    internal required string User { get; init; }

    /// <summary>How its certificate is judged.</summary>
    internal TrustKind Trust { get; init; }

    /// <summary>By what: the fingerprint in hexadecimal digits, or certificates in PEM.</summary>
    internal string Trusted { get; init; } = "";

    /// <summary>The session, 32 bytes; empty where this node is logged out. Secret.</summary>
    internal byte[] Token { get; init; } = [];

    /// <summary>The Ed25519 key that signs delivery proofs, 32 bytes.</summary>
    internal byte[] ServerKey { get; init; } = [];

    /// <summary>This node is registered as a device at the server.</summary>
    internal bool IsDevice { get; init; }

    /// <summary>
    /// The word of the account's identity that this node is a device of it; null where this node has that identity.
    /// </summary>
    internal DeviceCertificate? Certificate { get; init; }

    /// <summary>The account's identity: an Ed25519 key, 32 bytes.</summary>
    /// <param name="node">This node's own.</param>
    internal ReadOnlyMemory<byte> IdentityOf(LocalIdentity node) => Certificate?.Identity ?? node.PublicKey;

    /// <summary>
    /// What the server is called in names of users: without the scheme and the port where they are the usual ones.
    /// </summary>
    internal string Server => NameOf(Endpoint);

    /// <summary>Decides about the server's certificate.</summary>
    /// <param name="remedy">What whoever is told of another key can do.</param>
    /// <exception cref="CryptographicException">The certificates are none.</exception>
    internal ServerTrust ToTrust(string remedy)
    {
        if (Trust == TrustKind.Key)
            return ServerTrust.Key(Trusted, remedy);
        X509Certificate2Collection authorities = [];
        if (Trust == TrustKind.Authority)
            authorities.ImportFromPem(Trusted);
        return ServerTrust.Authority(authorities);
    }

    /// <summary>What a server is called in names of users.</summary>
    internal static string NameOf(ServerEndpoint endpoint)
    {
        string place = endpoint.Port == ServerEndpoint.DefaultPort ? endpoint.Host : $"{endpoint.Host}:{endpoint.Port}";
        return (endpoint.IsQuic ? "quic://" + place : place).ToLowerInvariant();
    }

    /// <summary>The name of the value of a server's account.</summary>
    internal static byte[] ValueName(string server) =>
        [.. ValuePrefix, .. NameOfServer(server)];

    /// <summary>The name of the value with what is known of a server's log of keys.</summary>
    internal static byte[] KeyLogName(string server) => [.. KeyLogPrefix, .. NameOfServer(server)];

    /// <summary>Its bytes. Secret.</summary>
    internal byte[] ToBytes()
    {
        var writer = new ArrayBufferWriter<byte>();
        writer.Write([Version, (byte)Trust, IsDevice ? (byte)1 : (byte)0]);
        foreach (byte[] field in (byte[][])[
            Encoding.UTF8.GetBytes(Endpoint.ToString()), Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(Trusted),
                Token,
            ServerKey, Certificate?.Bytes.ToArray() ?? []])
        {
            BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), field.Length);
            writer.Advance(sizeof(int));
            writer.Write(field);
        }

        byte[] bytes = writer.WrittenSpan.ToArray();
        writer.Clear();
        return bytes;
    }

    /// <summary>Reads one; null if the bytes make no sense.</summary>
    internal static AccountRecord? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 3 || bytes[0] is not (Version or OldVersion) || bytes[1] > (byte)TrustKind.System)
            return null;
        bool isOld = bytes[0] == OldVersion;
        var trust = (TrustKind)bytes[1];
        bool isDevice = !isOld && bytes[2] == 1;
        bytes = bytes[(isOld ? 2 : 3)..];
        scoped ReadOnlySpan<byte> certified = default;
        if (!TryTake(ref bytes, out ReadOnlySpan<byte> address) || !TryTake(ref bytes, out ReadOnlySpan<byte> user)
            || !TryTake(ref bytes, out ReadOnlySpan<byte> trusted) || !TryTake(ref bytes, out ReadOnlySpan<byte> token)
            || !TryTake(ref bytes, out ReadOnlySpan<byte> key)
            || (!isOld && !TryTake(ref bytes, out certified)) || !bytes.IsEmpty
            || !ServerEndpoint.TryParse(Encoding.UTF8.GetString(address), out ServerEndpoint? endpoint, out _)
            || key.Length != Ed25519.PublicKeySize)
            return null;
        DeviceCertificate? certificate = null;
        if (!certified.IsEmpty && !DeviceCertificate.TryRead(certified, out certificate))
            return null;
        return new AccountRecord
        {
            Endpoint = endpoint,
            User = Encoding.UTF8.GetString(user),
            Trust = trust,
            Trusted = Encoding.UTF8.GetString(trusted),
            Token = token.ToArray(),
            ServerKey = key.ToArray(),
            IsDevice = isDevice,
            Certificate = certificate,
        };
    }

    private static byte[] NameOfServer(string server) => Encoding.ASCII.GetBytes(
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(server)).AsSpan(0, NameBytes)));

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (!BinaryPrimitives.TryReadInt32BigEndian(bytes, out int size) || size < 0
            || size > bytes.Length - sizeof(int))
            return false;
        field = bytes.Slice(sizeof(int), size);
        bytes = bytes[(sizeof(int) + size)..];
        return true;
    }
}
