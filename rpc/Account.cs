using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// Registration and login by OPAQUE (methods 100 to 103): the server never sees the password. Both steps of each go
/// over the same connection.
/// </summary>
/// <param name="client">The connection.</param>
/// <param name="settings">Context and key stretching, the same for the life of an account.</param>
/// <param name="random">Source of blinds, nonces and key shares.</param>
public sealed class Account(RpcClient client, OpaqueSettings settings, RandomFill random)
{
    /// <summary>Registers a name for an identity.</summary>
    /// <param name="username">As <see cref="Username"/> has it.</param>
    /// <param name="password">Any bytes, as UTF-8 has a text; whoever asks zeroes them.</param>
    /// <param name="identity">Whose name it is going to be.</param>
    /// <param name="invite">An invitation; empty where the server asks for none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RpcException">The server refused.</exception>
    /// <exception cref="IOException">The connection ended, or the server's answer is none.</exception>
    public async Task RegisterAsync(
        string username, ReadOnlyMemory<byte> password, LocalIdentity identity, string invite,
            CancellationToken cancellation)
    {
        V1.HealthResponse health = await client.CallAsync(
            RpcMethod.Health, new V1.HealthRequest(), V1.HealthResponse.Parser, cancellation);
        if (!client.IsServerKey(health.ServerKey.Memory))
            throw new IOException("The server signs with another key than it should.");
        byte[] exportKey = new byte[OpaqueSizes.ExportKey];
        try
        {
            using OpaqueRegistration registration = new(password.Span, settings, random);
            V1.OpaqueRegisterStartResponse started = await client.CallAsync(
                RpcMethod.OpaqueRegisterStart,
                new V1.OpaqueRegisterStartRequest { Username = username, Request = Bytes(registration.Request.Span) },
                V1.OpaqueRegisterStartResponse.Parser, cancellation);
            byte[] record = new byte[OpaqueSizes.RegistrationRecord];
            if (!registration.TryFinish(started.Response.Span, record, exportKey))
                throw new IOException("The server's answer to the registration is none that it may give.");
            _ = await client.CallAsync(
                RpcMethod.OpaqueRegisterFinish,
                new V1.OpaqueRegisterFinishRequest
                {
                    Username = username,
                    Upload = Bytes(record),
                    IdentityKey = Bytes(identity.PublicKey.Span),
                    IdentityProof = Bytes(RegistrationProof.Sign(identity, health.ServerKey.Span, username, record)),
                    Invite = invite,
                },
                V1.OpaqueRegisterFinishResponse.Parser, cancellation);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(exportKey);
        }
    }

    /// <summary>Logs in.</summary>
    /// <returns>A token for <see cref="RpcClient.AuthenticateAsync"/>.</returns>
    /// <exception cref="RpcException">
    /// <see cref="RpcStatus.Unauthenticated"/>: the password is wrong, the name unknown, or it is another identity's.
    /// </exception>
    /// <exception cref="IOException">The connection ended, or the server's answer is none.</exception>
    public async Task<ReadOnlyMemory<byte>> LoginAsync(
        string username, ReadOnlyMemory<byte> password, ReadOnlyMemory<byte> identityKey,
            CancellationToken cancellation)
    {
        byte[] secrets = new byte[OpaqueSizes.SessionKey + OpaqueSizes.ExportKey];
        try
        {
            using OpaqueLogin login = new(password.Span, settings, random);
            V1.OpaqueLoginStartResponse started = await client.CallAsync(
                RpcMethod.OpaqueLoginStart,
                new V1.OpaqueLoginStartRequest { Username = username, Request = Bytes(login.Ke1.Span) },
                V1.OpaqueLoginStartResponse.Parser, cancellation);
            byte[] ke3 = new byte[OpaqueSizes.Ke3];
            if (!login.TryFinish(
                started.Response.Span, ke3, secrets.AsSpan(0, OpaqueSizes.SessionKey),
                secrets.AsSpan(OpaqueSizes.SessionKey)))
                throw new RpcException(RpcStatus.Unauthenticated, "The password is wrong, or nobody has this name.");
            V1.OpaqueLoginFinishResponse finished = await client.CallAsync(
                RpcMethod.OpaqueLoginFinish,
                new V1.OpaqueLoginFinishRequest
                {
                    Username = username,
                    Finalization = Bytes(ke3),
                    IdentityKey = Bytes(identityKey.Span),
                },
                V1.OpaqueLoginFinishResponse.Parser, cancellation);
            return finished.SessionToken.Memory;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    private static ByteString Bytes(ReadOnlySpan<byte> bytes) => ByteString.CopyFrom(bytes);
}
