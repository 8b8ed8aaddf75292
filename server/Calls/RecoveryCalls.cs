using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>
/// Recovery bundles: methods 750 to 752. Whoever fetches one has lost everything, password and keys too, and so needs
/// no session: the id is as good as the recovery code that it is derived from.
/// </summary>
internal sealed class RecoveryCalls(
    IRecoveryStore bundles, ServerKeys keys, RateLimits rates, ILogger<RecoveryCalls> logger)
{
    // Arbitrary: some thousand contacts.
    private const int MaxBundle = 256 * 1024;

    private const int IdSize = 32;

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.ForOwner(
            RpcMethod.StoreRecoveryBundle, StoreRecoveryBundleRequest.Parser, static r => r.IdentityProof,
            ProvenCall.WhatOf, keys, StoreAsync),
        CallHandler.ForAll(RpcMethod.FetchRecoveryBundle, FetchRecoveryBundleRequest.Parser, FetchAsync),
        CallHandler.ForOwner(
            RpcMethod.DeleteRecoveryBundle, DeleteRecoveryBundleRequest.Parser, static r => r.IdentityProof,
            static _ => [], keys, DeleteAsync),
    ];

    private async Task<IMessage> StoreAsync(Call call, StoreRecoveryBundleRequest request)
    {
        byte[] idHash = HashOf(request.BundleId);
        if (request.Bundle.IsEmpty)
            throw Refusal.BadRequest("bundle is empty.");
        if (request.Bundle.Length > MaxBundle)
            throw new CallException(RpcStatus.TooLarge, $"A recovery bundle may have {MaxBundle} bytes.");
        StoredSession account = call.Account;
        rates.TakeRecovery(account.Identity);
        switch (await bundles.PutAsync(account.Identity, idHash, request.Bundle.Memory))
        {
            case RecoveryResult.Stored:
                Audit.RecoveryStored(logger, account.Username, call.Client.Address);
                return new StoreRecoveryBundleResponse { Success = true };
            case RecoveryResult.NoAccount:
                throw Refusal.NotFound("The account is gone.");
            case RecoveryResult.Conflict:
                throw new CallException(RpcStatus.Conflict, "Another account has a bundle with this id.");
            default:
                throw new InvalidOperationException("A result that does not exist.");
        }
    }

    private async Task<IMessage> FetchAsync(Call call, FetchRecoveryBundleRequest request)
    {
        byte[] idHash = HashOf(request.BundleId);
        rates.TakeRecovery(call.Client.Source);
        byte[] bundle = await bundles.FindAsync(idHash) ?? throw Refusal.NotFound("There is no bundle with this id.");
        call.Charge(bundle.Length);
        Audit.RecoveryFetched(logger, call.Client.Address);
        return new FetchRecoveryBundleResponse { Bundle = UnsafeByteOperations.UnsafeWrap(bundle) };
    }

    private async Task<IMessage> DeleteAsync(Call call, DeleteRecoveryBundleRequest request)
    {
        if (!await bundles.DeleteAsync(call.Account.Identity))
            throw Refusal.NotFound("You have no recovery bundle here.");
        return new DeleteRecoveryBundleResponse { Success = true };
    }

    private static byte[] HashOf(ByteString id) => id.Length == IdSize ? SHA256.HashData(id.Span)
        : throw Refusal.BadRequest($"bundle_id has {IdSize} bytes.");
}
