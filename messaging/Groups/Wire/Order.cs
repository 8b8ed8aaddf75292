using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

/// <summary>What an order does. The numbers are on the wire.</summary>
public enum OrderKind : byte
{
    /// <summary>An admin adds an address.</summary>
    Add = 1,

    /// <summary>An admin removes a member.</summary>
    Remove = 2,

    /// <summary>An admin makes a member an admin.</summary>
    Promote = 3,

    /// <summary>An admin takes that back.</summary>
    Demote = 4,

    /// <summary>A member leaves.</summary>
    Leave = 5,

    /// <summary>
    /// A member that lost the group's keys asks to be taken out and in again, with the KeyPackage that it names.
    /// </summary>
    Rejoin = 6,

    /// <summary>A member is removed by the proof of its foul play; nobody signs that.</summary>
    Proof = 7,
}

//  group 16 | subject 16 | kind 1 | predecessor 32 | detail 32 | signer's key 32 | then
//  Proof: a Contradiction (signer's key: the subject's)    all others: signature 64
//
/// <summary>
/// A decision about one address in a group. It is bound to no epoch: whoever is next commits it. It follows the last
/// order about that address, so that it holds once. Orders decide who is a member, commits only with which keys.
/// </summary>
public sealed class Order
{
    /// <summary>Largest order in bytes.</summary>
    public const int MaxSize = FixedSize + Contradiction.MaxSize;

    private const int FixedSize = MeshGroupId.Size + NodeAddress.Size + 1 + (2 * Digest.Size) + Ed25519.PublicKeySize;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 group order"u8;

    private Order(byte[] bytes, in Fields fields, Contradiction? proof)
    {
        Encoded = bytes;
        (Group, Subject, Kind, Predecessor, Detail) =
            (fields.Group, fields.Subject, fields.Kind, fields.Predecessor, fields.Detail);
        SignerKey = bytes.AsMemory(FixedSize - Ed25519.PublicKeySize, Ed25519.PublicKeySize);
        Signer = NodeAddress.Of(SignerKey.Span);
        Proof = proof;
        Hash = Digest.Of(bytes);
    }

    /// <summary>What an order says.</summary>
    /// <param name="Group">The group.</param>
    /// <param name="Subject">Whom it is about.</param>
    /// <param name="Kind">What it does.</param>
    /// <param name="Predecessor">The last order about the subject; none for the first.</param>
    /// <param name="Detail">Rejoin: <see cref="Digest.Of"/> the new leaf's encryption key; else none.</param>
    public readonly record struct Fields(
        MeshGroupId Group, NodeAddress Subject, OrderKind Kind, Digest Predecessor, Digest Detail);

    /// <summary>The group.</summary>
    public MeshGroupId Group { get; }

    /// <summary>Whom it is about.</summary>
    public NodeAddress Subject { get; }

    /// <summary>What it does.</summary>
    public OrderKind Kind { get; }

    /// <summary>The last order about the subject; zeros for the first.</summary>
    public Digest Predecessor { get; }

    /// <summary>Rejoin: the digest of the new leaf's encryption key.</summary>
    public Digest Detail { get; }

    /// <summary>The key that signed it; that of the subject where a proof stands for a signature.</summary>
    public ReadOnlyMemory<byte> SignerKey { get; }

    /// <summary>The address of <see cref="SignerKey"/>.</summary>
    public NodeAddress Signer { get; }

    /// <summary>The proof of foul play, for that kind.</summary>
    public Contradiction? Proof { get; }

    /// <summary>Its name: what the next order about the subject refers to.</summary>
    public Digest Hash { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Whether it takes the subject out for good.</summary>
    public bool Removes => Kind is OrderKind.Remove or OrderKind.Leave or OrderKind.Proof;

    /// <summary>Signs an order.</summary>
    public static Order Sign(in Fields fields, LocalIdentity signer)
    {
        FrameWriter writer = Begin(fields, signer.PublicKey.Span);
        byte[] unsigned = writer.ToArray();
        byte[] bytes = new byte[unsigned.Length + Ed25519.SignatureSize];
        unsigned.CopyTo(bytes, 0);
        signer.Sign(Signed(unsigned), bytes.AsSpan(unsigned.Length));
        return new Order(bytes, fields, null);
    }

    /// <summary>Makes an order of a proof.</summary>
    public static Order OfProof(
        MeshGroupId group, ReadOnlySpan<byte> subjectKey, in Digest predecessor, Contradiction proof)
    {
        var fields = new Fields(group, NodeAddress.Of(subjectKey), OrderKind.Proof, predecessor, default);
        FrameWriter writer = Begin(fields, subjectKey);
        proof.Write(writer);
        return new Order(writer.ToArray(), fields, proof);
    }

    /// <summary>Reads an order; what it says is not verified.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Order? order)
    {
        order = null;
        var reader = new FrameReader(bytes);
        if (bytes.Length > MaxSize || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> group)
            || !reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> subject) || !reader.TryByte(out byte kind)
            || !reader.TryTake(Digest.Size, out ReadOnlySpan<byte> predecessor)
            || !reader.TryTake(Digest.Size, out ReadOnlySpan<byte> detail)
            || !reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key)
            || kind is < (byte)OrderKind.Add or > (byte)OrderKind.Proof)
            return false;
        var fields = new Fields(
            MeshGroupId.Read(group), NodeAddress.Read(subject), (OrderKind)kind, Digest.Read(predecessor),
            Digest.Read(detail));
        Contradiction? proof = null;
        if (fields.Kind == OrderKind.Proof)
        {
            if (!Contradiction.TryRead(bytes[FixedSize..], out proof))
                return false;
        }
        else if (reader.Left != Ed25519.SignatureSize)
        {
            return false;
        }

        if (fields.Kind != OrderKind.Rejoin && fields.Detail != default)
            return false;
        order = new Order(bytes.ToArray(), fields, proof);
        return true;
    }

    /// <summary>Whether its signer said it, or its proof holds. Who may sign what is not asked here.</summary>
    public bool IsAuthentic() => Kind == OrderKind.Proof
        ? Signer == Subject && Proof!.Proves(Group, SignerKey.Span)
        : Ed25519.Verify(
            Signed(Encoded.Span[..^Ed25519.SignatureSize]), SignerKey.Span, Encoded.Span[^Ed25519.SignatureSize..]);

    private static FrameWriter Begin(in Fields fields, ReadOnlySpan<byte> key)
    {
        var writer = new FrameWriter();
        fields.Group.Write(writer.Take(MeshGroupId.Size));
        fields.Subject.Write(writer.Take(NodeAddress.Size));
        writer.Byte((byte)fields.Kind);
        fields.Predecessor.Write(writer.Take(Digest.Size));
        fields.Detail.Write(writer.Take(Digest.Size));
        writer.Raw(key);
        return writer;
    }

    private static byte[] Signed(ReadOnlySpan<byte> unsigned) => [.. Label, .. unsigned];
}
