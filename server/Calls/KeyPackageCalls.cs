using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>KeyPackages: methods 300, 301 and 305.</summary>
internal sealed class KeyPackageCalls(IKeyPackageStore packages, RemoteServers remote, RateLimits rates)
{
    // Arbitrary: one of suite 1 has some 300 bytes, with a certificate chain a few thousand.
    private const int MaxPackage = 16 * 1024;

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.UploadKeyPackage, UploadKeyPackageRequest.Parser, UploadAsync),
        CallHandler.For(RpcMethod.FetchKeyPackage, FetchKeyPackageRequest.Parser, FetchAsync),
        CallHandler.For(RpcMethod.FetchKeyPackages, FetchKeyPackagesRequest.Parser, FetchOfEachAsync),
    ];

    private async Task<IMessage> UploadAsync(Call call, UploadKeyPackageRequest request)
    {
        if (!request.IdentityKey.Span.SequenceEqual(call.Account.Identity.ToArray()))
            throw Refusal.Forbidden("identity_key is not yours.");
        if (request.Package.IsEmpty)
            throw Refusal.BadRequest("package is empty.");
        if (request.Package.Length > MaxPackage)
            throw new CallException(RpcStatus.TooLarge, $"A KeyPackage may have {MaxPackage} bytes.");
        byte[] fingerprint = SHA256.HashData(request.Package.Span);
        StoredSession account = call.Account;
        (KeyPackageResult result, int available) = await packages.AddAsync(
            new Stores.DeviceKeyPackage(account.Identity, account.Device, request.Package.Memory, request.LastResort),
            fingerprint);
        if (result == KeyPackageResult.Full)
            throw new CallException(RpcStatus.Unavailable, "There are as many KeyPackages of yours as there may be.");
        if (result == KeyPackageResult.NoDevice)
            throw Refusal.Forbidden("This session is of no device of the account.");
        return new UploadKeyPackageResponse
        {
            Fingerprint = ByteString.CopyFrom(fingerprint),
            Available = (uint)available
        };
    }

    private async Task<IMessage> FetchAsync(Call call, FetchKeyPackageRequest request)
    {
        if (!IdentityKey.TryRead(request.IdentityKey.Span, out IdentityKey owner))
            throw Refusal.BadRequest($"identity_key has {IdentityKey.Size} bytes.");
        rates.TakeKeyPackage(call.Account.Identity, owner);
        if (remote.IsElsewhere(request.Domain))
            return await remote.CallAsync(
                call, request.Domain, RpcMethod.ProxyFetchKeyPackage,
                new ProxyFetchKeyPackageRequest { IdentityKey = request.IdentityKey }, FetchKeyPackageResponse.Parser);
        (byte[] package, bool lastResort) = await packages.TakeAsync(owner)
            ?? throw Refusal.NotFound("There is no KeyPackage of this key.");
        return new FetchKeyPackageResponse
        {
            Package = UnsafeByteOperations.UnsafeWrap(package),
            LastResort = lastResort
        };
    }

    private async Task<IMessage> FetchOfEachAsync(Call call, FetchKeyPackagesRequest request)
    {
        if (!IdentityKey.TryRead(request.IdentityKey.Span, out IdentityKey owner))
            throw Refusal.BadRequest($"identity_key has {IdentityKey.Size} bytes.");
        StoredSession account = call.Account;
        rates.TakeKeyPackage(account.Identity, owner);
        if (remote.IsElsewhere(request.Domain))
            return await remote.CallAsync(
                call, request.Domain, RpcMethod.ProxyFetchKeyPackage,
                new ProxyFetchKeyPackageRequest { IdentityKey = request.IdentityKey, OfEach = true },
                FetchKeyPackagesResponse.Parser);
        // Who asks for those of its own account means its other devices.
        return await TakeOfEachAsync(packages, owner, owner == account.Identity ? account.Device : null);
    }

    /// <summary>Takes a package of each device of an account, but for the one that asks.</summary>
    /// <exception cref="CallException">There is none.</exception>
    internal static async Task<FetchKeyPackagesResponse> TakeOfEachAsync(
        IKeyPackageStore packages, IdentityKey owner, DeviceId? except)
    {
        FetchKeyPackagesResponse response = new();
        foreach (Stores.DeviceKeyPackage taken in await packages.TakeOfEachAsync(owner, except))
        {
            response.Packages.Add(new Rpc.V1.DeviceKeyPackage
            {
                DeviceId = ByteString.CopyFrom(taken.Device.ToArray()),
                Package = UnsafeByteOperations.UnsafeWrap(taken.Package),
                LastResort = taken.LastResort,
            });
        }

        return response.Packages.Count > 0 ? response : throw Refusal.NotFound("There is no KeyPackage of this key.");
    }
}
