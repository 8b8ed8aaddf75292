using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// The signature of a call between servers, by the key of the caller's certificate (ours):
/// <code>
/// "qpc-fed1" method(2) size(1) origin size(1) destination timeMs(8) SHA-256(body)(32)
/// </code>
/// ECDSA has SHA-256 and 64 bytes r and s for P-256; RSA is PSS with SHA-256. Whoever gets a call cannot hand it to a
/// third server: the destination is in it.
/// </summary>
internal static class SignedCall
{
    private static ReadOnlySpan<byte> Label => "qpc-fed1"u8;

    /// <summary>Makes a request.</summary>
    internal static FederationRequest Sign(
        RpcMethod method, string origin, string destination, IMessage body, DateTimeOffset now,
        X509Certificate2 certificate)
    {
        FederationRequest request = new()
        {
            Origin = origin,
            Destination = destination,
            TimeMs = (ulong)now.ToUnixTimeMilliseconds(),
            Body = body.ToByteString(),
        };
        byte[] signed = SignedBytes(method, request);
        using ECDsa? curve = certificate.GetECDsaPrivateKey();
        using RSA? rsa = curve is null ? certificate.GetRSAPrivateKey() : null;
        byte[] signature = curve?.SignData(signed, HashAlgorithmName.SHA256)
            ?? rsa?.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            ?? throw new InvalidOperationException("The certificate's key cannot sign.");
        request.Signature = UnsafeByteOperations.UnsafeWrap(signature);
        return request;
    }

    /// <summary>Tells whether a certificate's key has signed a request; origin and destination are domains.</summary>
    internal static bool Verify(RpcMethod method, FederationRequest request, X509Certificate2 certificate)
    {
        byte[] signed = SignedBytes(method, request);
        try
        {
            using ECDsa? curve = certificate.GetECDsaPublicKey();
            if (curve is not null)
                return curve.VerifyData(signed, request.Signature.Span, HashAlgorithmName.SHA256);
            using RSA? rsa = certificate.GetRSAPublicKey();
            return rsa is not null && rsa.VerifyData(
                signed, request.Signature.Span, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        }
        catch (CryptographicException)
        {
            // A key or a signature that the library does not take.
            return false;
        }
    }

    private static byte[] SignedBytes(RpcMethod method, FederationRequest request)
    {
        byte[] signed = new byte[
            Label.Length + 2 + 1 + request.Origin.Length + 1 + request.Destination.Length + 8
                + SHA256.HashSizeInBytes];
        Label.CopyTo(signed);
        Span<byte> rest = signed.AsSpan(Label.Length);
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)method);
        rest = rest[2..];
        foreach (string domain in (ReadOnlySpan<string>)[request.Origin, request.Destination])
        {
            rest[0] = (byte)domain.Length;
            Encoding.ASCII.GetBytes(domain, rest[1..]);
            rest = rest[(1 + domain.Length)..];
        }

        BinaryPrimitives.WriteUInt64BigEndian(rest, request.TimeMs);
        SHA256.HashData(request.Body.Span, rest[8..]);
        return signed;
    }
}
