using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Who may register.</summary>
internal enum RegistrationPolicy
{
    /// <summary>Everybody.</summary>
    Open,

    /// <summary>Whoever has an invitation (<c>qpc-server invite</c>).</summary>
    Invite,

    /// <summary>Nobody.</summary>
    Closed,
}

/// <summary>Registration, login and sessions: methods 1, 100 to 103 and 950.</summary>
internal sealed class AuthCalls(
    IAccountStore accounts, IModerationStore moderation, OpaqueServer opaque, ServerKeys keys,
    RegistrationPolicy policy, RateLimits rates, ClientRegistry clients, AccountHook hook,
    RandomFill random, TimeProvider time, ILogger<AuthCalls> logger)
{
    private const int TokenSize = 32;

    // Arbitrary. The first leaves time for key stretching on a small machine.
    private static readonly TimeSpan LoginPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SessionLifetime = TimeSpan.FromDays(90);

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.ForAll(RpcMethod.Authenticate, Auth.Parser, AuthenticateAsync),
        CallHandler.ForAll(RpcMethod.OpaqueRegisterStart, OpaqueRegisterStartRequest.Parser, RegisterStartAsync),
        CallHandler.ForAll(RpcMethod.OpaqueRegisterFinish, OpaqueRegisterFinishRequest.Parser, RegisterFinishAsync),
        CallHandler.ForAll(RpcMethod.OpaqueLoginStart, OpaqueLoginStartRequest.Parser, LoginStartAsync),
        CallHandler.ForAll(RpcMethod.OpaqueLoginFinish, OpaqueLoginFinishRequest.Parser, LoginFinishAsync),
        CallHandler.ForOwner(
            RpcMethod.DeleteAccount, DeleteAccountRequest.Parser, static r => r.IdentityProof, static _ => [], keys,
            DeleteAsync),
    ];

    private async Task<IMessage> AuthenticateAsync(Call call, Auth request)
    {
        if (!DeviceId.TryRead(request.DeviceId.Span, out DeviceId device))
            throw Refusal.BadRequest("device_id has 16 bytes, or none.");
        if (device != default && !IsDevicesOwn(call, request))
            throw new CallException(
                RpcStatus.Unauthenticated, "device_proof does not show that this is the device that it names.");
        StoredSession? session = request.AccessToken.Length == TokenSize
            ? await accounts.UseSessionAsync(SHA256.HashData(request.AccessToken.Span), device,
                (long)SessionLifetime.TotalMilliseconds)
            : null;
        if (session is null)
            throw new CallException(RpcStatus.Unauthenticated, "The session has ended; log in again.");
        await RefuseBannedAsync(call, session.Identity, session.Username);
        bool lacksDevice = device == default && await HasDevicesAsync(session);
        if (!call.Client.TryAuthenticate(session, lacksDevice))
            throw new CallException(RpcStatus.Conflict, "This connection has a session already.");
        // It may have ended, and the first device may have come, between the lines above, when nobody knew yet that
        // this connection is its.
        if (await accounts.UseSessionAsync(SHA256.HashData(request.AccessToken.Span), device,
            (long)SessionLifetime.TotalMilliseconds) is null
            || await moderation.FindBanAsync(session.Identity) is not null
            || (device == default && !lacksDevice && await HasDevicesAsync(session)))
            call.Client.Close("the session has ended");
        return new AuthResponse { IdentityKey = ByteString.CopyFrom(session.Identity.ToArray()) };
    }

    private async Task<bool> HasDevicesAsync(StoredSession session) =>
        (await accounts.ListDevicesAsync(session.Identity)).Count > 0;

    // A device is called by the address of its key, which so need not be stored.
    private bool IsDevicesOwn(Call call, Auth request) => Ed25519.IsValidPublicKey(request.DeviceKey.Span)
        && NodeAddress.Of(request.DeviceKey.Span) == NodeAddress.Read(request.DeviceId.Span)
        && call.IsProven(
            request.DeviceProof, request.DeviceKey.Span, RpcMethod.Authenticate, ProvenCall.WhatOf(request), keys);

    private Task<IMessage> RegisterStartAsync(Call call, OpaqueRegisterStartRequest request)
    {
        rates.TakeOpaque(call.Client.Source);
        CheckPolicy();
        byte[] response = new byte[OpaqueSizes.RegistrationResponse];
        if (!opaque.TryRespond(request.Request.Span, Name(request.Username), response))
            throw Refusal.BadRequest("request is no OPAQUE registration request.");
        return Task.FromResult<IMessage>(new OpaqueRegisterStartResponse { Response = ByteString.CopyFrom(response) });
    }

    private async Task<IMessage> RegisterFinishAsync(Call call, OpaqueRegisterFinishRequest request)
    {
        rates.TakeOpaque(call.Client.Source);
        CheckPolicy();
        _ = Name(request.Username);
        if (!OpaqueServer.IsRecord(request.Upload.Span))
            throw Refusal.BadRequest("upload is no OPAQUE registration record.");
        if (!IdentityKey.TryRead(request.IdentityKey.Span, out IdentityKey identity)
            || !Ed25519.IsValidPublicKey(request.IdentityKey.Span))
            throw Refusal.BadRequest("identity_key is no Ed25519 key.");
        if (!RegistrationProof.Verify(
            request.IdentityProof.Span, request.IdentityKey.Span, keys.Identity.PublicKey.Span, request.Username,
            request.Upload.Span))
            throw Refusal.Forbidden("identity_proof does not show that this key is yours.");
        await RefuseBannedAsync(call, identity, request.Username);
        await hook.CheckAsync(request.Username, identity, call.Client.Address);
        byte[]? invite = policy == RegistrationPolicy.Invite ? Invitations.Hash(request.Invite) : null;
        switch (await accounts.RegisterAsync(
            new StoredAccount(request.Username, identity, request.Upload.ToByteArray()), invite))
        {
            case RegisterResult.Registered:
                Audit.Registered(logger, request.Username, call.Client.Address);
                hook.Registered(request.Username, identity, call.Client.Address);
                return new OpaqueRegisterFinishResponse { Success = true };
            case RegisterResult.Taken:
                throw new CallException(RpcStatus.Conflict, "This name, or this key, has an account already.");
            case RegisterResult.NotInvited:
                throw Refusal.Forbidden(
                    "This server registers whom it invited: the invitation is unknown or was used.");
            case RegisterResult.Full:
                throw new CallException(RpcStatus.Unavailable, "This server takes no more accounts.");
            default:
                throw new InvalidOperationException("A result that does not exist.");
        }
    }

    private async Task<IMessage> LoginStartAsync(Call call, OpaqueLoginStartRequest request)
    {
        rates.TakeOpaque(call.Client.Source);
        byte[] name = Name(request.Username);
        rates.TakeLogin(request.Username);
        // Known or unknown: the same steps, the same bytes, the same time.
        StoredAccount? account = await accounts.FindAsync(request.Username);
        byte[] ke2 = new byte[OpaqueSizes.Ke2];
        OpaqueServerLogin? state = opaque.Start(request.Request.Span, name, account?.Record, ke2)
            ?? throw Refusal.BadRequest("request is no OPAQUE login request.");
        call.Client.BeginLogin(new PendingLogin(state, request.Username, account, time.GetTimestamp()));
        return new OpaqueLoginStartResponse { Response = ByteString.CopyFrom(ke2) };
    }

    private async Task<IMessage> LoginFinishAsync(Call call, OpaqueLoginFinishRequest request)
    {
        rates.TakeOpaque(call.Client.Source);
        using PendingLogin login = call.Client.TakeLogin()
            ?? throw Refusal.BadRequest("No login was begun on this connection.");
        byte[] sessionKey = new byte[OpaqueSizes.SessionKey];
        bool proven = login.State.TryFinish(request.Finalization.Span, sessionKey);
        CryptographicOperations.ZeroMemory(sessionKey);
        bool same = login.Account is { } account && request.Username == login.Username
            && request.IdentityKey.Span.SequenceEqual(account.Identity.ToArray());
        if (!proven || !same || time.GetElapsedTime(login.Started) > LoginPatience)
        {
            Audit.LoginFailed(logger, login.Username, call.Client.Address);
            throw new CallException(
                RpcStatus.Unauthenticated, "The password is wrong, the name unknown, or it is another identity's.");
        }

        await RefuseBannedAsync(call, login.Account!.Identity, login.Username);
        byte[] token = new byte[TokenSize];
        random(token);
        await accounts.AddSessionAsync(SHA256.HashData(token), login.Account.Identity,
            (long)SessionLifetime.TotalMilliseconds);
        Audit.LoggedIn(logger, login.Username, call.Client.Address);
        return new OpaqueLoginFinishResponse { SessionToken = ByteString.CopyFrom(token) };
    }

    private async Task<IMessage> DeleteAsync(Call call, DeleteAccountRequest request)
    {
        StoredSession account = call.Account;
        if (!await accounts.DeleteAsync(account.Identity))
            throw Refusal.NotFound("The account is gone already.");
        Audit.Deleted(logger, account.Username, call.Client.Address);
        hook.Deleted(account, call.Client.Address);
        foreach (ClientSession other in clients.Of(account.Identity))
        {
            if (other != call.Client)
                other.Close("the account was deleted");
        }

        call.Client.CloseAfterAnswer("the account was deleted");
        return new DeleteAccountResponse { Success = true };
    }

    private async Task RefuseBannedAsync(Call call, IdentityKey identity, string username)
    {
        if (await moderation.FindBanAsync(identity) is not { } ban)
            return;
        Audit.BannedTried(logger, username, call.Client.Address);
        throw ModerationCalls.Banned(ban);
    }

    private void CheckPolicy()
    {
        if (policy == RegistrationPolicy.Closed)
            throw Refusal.Forbidden("This server registers nobody.");
    }

    private static byte[] Name(string username) => Username.IsValid(username) ? Encoding.UTF8.GetBytes(username)
        : throw Refusal.BadRequest(
            $"A name has 1 to {Username.MaxLength} of a-z, 0-9, '.', '-', '_', the first a letter or digit.");
}
