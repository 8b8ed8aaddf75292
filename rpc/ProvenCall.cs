using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// The calls that a password and a session are not enough for, each with what its signature is over (ours). A device
/// signs the first one, the account's identity the others.
/// </summary>
public static class ProvenCall
{
    /// <summary>What a device signs to be the device of a session: <c>token(32) || device_id(16)</c>.</summary>
    public static byte[] WhatOf(V1.Auth request) => [.. request.AccessToken.Span, .. request.DeviceId.Span];

    /// <summary><c>device_id(16) || device_name</c>.</summary>
    public static byte[] WhatOf(V1.RegisterDeviceRequest request) =>
        [.. request.DeviceId.Span, .. Encoding.UTF8.GetBytes(request.DeviceName)];

    /// <summary><c>device_id(16)</c>.</summary>
    public static byte[] WhatOf(V1.RevokeDeviceRequest request) => request.DeviceId.ToByteArray();

    /// <summary><c>bundle_id(32) || SHA-256(bundle)</c>.</summary>
    public static byte[] WhatOf(V1.StoreRecoveryBundleRequest request) =>
        [.. request.BundleId.Span, .. SHA256.HashData(request.Bundle.Span)];

    /// <summary>Says which device a session is of, and shows the device's key.</summary>
    public static V1.Auth Authenticate(CallProof proof, ReadOnlyMemory<byte> token, LocalIdentity device)
    {
        V1.Auth request = new()
        {
            AccessToken = ByteString.CopyFrom(token.Span),
            DeviceId = DeviceIdOf(device.PublicKey.Span),
            DeviceKey = ByteString.CopyFrom(device.PublicKey.Span),
        };
        request.DeviceProof = Sign(proof, device, RpcMethod.Authenticate, WhatOf(request));
        return request;
    }

    /// <summary>Registers a device, or gives it another name.</summary>
    /// <param name="proof">The connection.</param>
    /// <param name="identity">The account's identity.</param>
    /// <param name="device">The device's Ed25519 key, 32 bytes.</param>
    /// <param name="name">What to call it.</param>
    public static V1.RegisterDeviceRequest RegisterDevice(
        CallProof proof, LocalIdentity identity, ReadOnlySpan<byte> device, string name)
    {
        V1.RegisterDeviceRequest request = new() { DeviceId = DeviceIdOf(device), DeviceName = name };
        request.IdentityProof = Sign(proof, identity, RpcMethod.RegisterDevice, WhatOf(request));
        return request;
    }

    /// <summary>Ends a device.</summary>
    /// <param name="proof">The connection.</param>
    /// <param name="identity">The account's identity.</param>
    /// <param name="device">The address of the device's key, 16 bytes.</param>
    public static V1.RevokeDeviceRequest RevokeDevice(
        CallProof proof, LocalIdentity identity, ReadOnlySpan<byte> device)
    {
        V1.RevokeDeviceRequest request = new() { DeviceId = ByteString.CopyFrom(device) };
        request.IdentityProof = Sign(proof, identity, RpcMethod.RevokeDevice, WhatOf(request));
        return request;
    }

    /// <summary>Leaves a recovery bundle.</summary>
    public static V1.StoreRecoveryBundleRequest StoreRecoveryBundle(
        CallProof proof, LocalIdentity identity, ReadOnlySpan<byte> id, ReadOnlySpan<byte> bundle)
    {
        V1.StoreRecoveryBundleRequest request = new()
        {
            BundleId = ByteString.CopyFrom(id),
            Bundle = ByteString.CopyFrom(bundle),
        };
        request.IdentityProof = Sign(proof, identity, RpcMethod.StoreRecoveryBundle, WhatOf(request));
        return request;
    }

    /// <summary>Deletes the recovery bundle.</summary>
    public static V1.DeleteRecoveryBundleRequest DeleteRecoveryBundle(CallProof proof, LocalIdentity identity) =>
        new() { IdentityProof = Sign(proof, identity, RpcMethod.DeleteRecoveryBundle, []) };

    /// <summary>Deletes the account.</summary>
    public static V1.DeleteAccountRequest DeleteAccount(CallProof proof, LocalIdentity identity) =>
        new() { IdentityProof = Sign(proof, identity, RpcMethod.DeleteAccount, []) };

    private static ByteString Sign(CallProof proof, LocalIdentity key, RpcMethod method, ReadOnlySpan<byte> what) =>
        ByteString.CopyFrom(proof.Sign(key, method, what));

    private static ByteString DeviceIdOf(ReadOnlySpan<byte> key)
    {
        Span<byte> id = stackalloc byte[NodeAddress.Size];
        NodeAddress.Of(key).Write(id);
        return ByteString.CopyFrom(id);
    }
}
