using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.Collections;
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

    // Arbitrary: more than an account has.
    private const int MaxMeant = 64;

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
        if (owner != account.Identity)
            return await TakeOfEachAsync(packages, owner, isMeant: null);
        // Who asks for those of its own account means its other devices, and may say which: the rest keep theirs.
        HashSet<DeviceId> meant = ReadDevices(request.DeviceIds);
        return await TakeOfEachAsync(
            packages, owner, d => d != account.Device && (meant.Count == 0 || meant.Contains(d)));
    }

    private static HashSet<DeviceId> ReadDevices(RepeatedField<ByteString> ids)
    {
        if (ids.Count > MaxMeant)
            throw Refusal.BadRequest($"device_ids has at most {MaxMeant} devices.");
        HashSet<DeviceId> devices = [];
        foreach (ByteString id in ids)
        {
            if (id.IsEmpty || !DeviceId.TryRead(id.Span, out DeviceId device))
                throw Refusal.BadRequest("A device_id has 16 bytes.");
            devices.Add(device);
        }

        return devices;
    }

    /// <summary>Takes a package of each device of an account that is meant.</summary>
    /// <exception cref="CallException">There is none.</exception>
    internal static async Task<FetchKeyPackagesResponse> TakeOfEachAsync(
        IKeyPackageStore packages, IdentityKey owner, Func<DeviceId, bool>? isMeant)
    {
        FetchKeyPackagesResponse response = new();
        foreach (Stores.DeviceKeyPackage taken in await packages.TakeOfEachAsync(owner, isMeant))
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
