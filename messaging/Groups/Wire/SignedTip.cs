using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  signer's key 32 | number 8 | epoch 8 | state 32 | signature 64
//
/// <summary>
/// Where a member stands in a group, under its signature: anybody can pass it on, so that all count alike who is on
/// which branch. Of two the one with the higher number counts.
/// </summary>
/// <param name="Key">The member's public key, 32 bytes.</param>
/// <param name="Number">How many tips the member has signed before.</param>
/// <param name="Epoch">The number of the state's epoch.</param>
/// <param name="State">The state.</param>
/// <param name="Signature">64 bytes.</param>
public sealed record SignedTip(
    ReadOnlyMemory<byte> Key, ulong Number, ulong Epoch, StateId State, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = BodySize + Ed25519.SignatureSize;

    private const int BodySize = Ed25519.PublicKeySize + (2 * sizeof(ulong)) + StateId.Size;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 group tip"u8;

    /// <summary>Whose it is.</summary>
    public NodeAddress Member { get; } = NodeAddress.Of(Key.Span);

    /// <summary>Signs one.</summary>
    public static SignedTip Sign(MeshGroupId group, ulong number, ulong epoch, StateId state, LocalIdentity signer)
    {
        var tip = new SignedTip(signer.PublicKey, number, epoch, state, default);
        byte[] signature = new byte[Ed25519.SignatureSize];
        signer.Sign(tip.Signed(group), signature);
        return tip with { Signature = signature };
    }

    internal void Write(FrameWriter writer)
    {
        WriteBody(writer);
        writer.Raw(Signature.Span);
    }

    internal static bool TryRead(ref FrameReader reader, out SignedTip tip)
    {
        tip = null!;
        if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key) || !reader.TryUInt64(out ulong number)
            || !reader.TryUInt64(out ulong epoch) || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state)
            || !reader.TryTake(Ed25519.SignatureSize, out ReadOnlySpan<byte> signature))
            return false;
        tip = new SignedTip(key.ToArray(), number, epoch, new StateId(state), signature.ToArray());
        return true;
    }

    /// <summary>Whether the member said so about this group.</summary>
    public bool IsAuthentic(MeshGroupId group) => Ed25519.Verify(Signed(group), Key.Span, Signature.Span);

    private void WriteBody(FrameWriter writer)
    {
        writer.Raw(Key.Span);
        writer.UInt64(Number);
        writer.UInt64(Epoch);
        State.Write(writer.Take(StateId.Size));
    }

    private byte[] Signed(MeshGroupId group)
    {
        var writer = new FrameWriter();
        writer.Raw(Label);
        group.Write(writer.Take(MeshGroupId.Size));
        WriteBody(writer);
        return writer.ToArray();
    }
}
