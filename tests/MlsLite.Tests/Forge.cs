using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>
/// What a member can make with the keys of a group that he has, by hand: anything but another's signature.
/// </summary>
internal static class Forge
{
    private static int _salts;

    /// <summary>A message of a member's own, in a stream of its own, with any content.</summary>
    internal static byte[] Seal(LiteGroup by, LiteMessageType type, ReadOnlySpan<byte> content, LiteEpoch? epoch = null)
    {
        byte seed = SeedOf(by);
        epoch ??= by.Kept[0];
        LiteHeader header;
        do
            header = Header(type, by.OwnIndex, type == LiteMessageType.Hello ? default : World.Address(seed));
        while (!epoch.IsFree(by.OwnIndex, header.Stream.Slot));
        return Seal(by, header, content, World.IdentityOf(seed), epoch);
    }

    /// <summary>A message under any header, signed by anybody.</summary>
    internal static byte[] Seal(
        LiteGroup with, in LiteHeader header, ReadOnlySpan<byte> content, LocalIdentity signer, LiteEpoch epoch)
    {
        byte[] whole = content.ToArray();
        if (header.IsSigned)
        {
            byte[] signature = new byte[Ed25519.SignatureSize];
            signer.Sign(header.SignedBytes(with.Id, epoch.Id, content), signature);
            whole = [.. signature, .. content];
        }

        // On a copy of the epoch, so that the group itself can still do everything.
        LiteEpoch copy = Copy(epoch);
        Assert.True(copy.TryOpenStream(header.Sender, header.Stream));
        byte[]? message = copy.Seal(with.Id, header, whole);
        Assert.NotNull(message);
        return message;
    }

    internal static byte[] Rekey(LiteGroup by, LiteGroup to, uint number, byte[] secret)
    {
        byte seed = SeedOf(by);
        LiteEpoch carrier = by.Kept.First(e => to.Kept.Any(k => k.Id.SequenceEqual(e.Id)));
        LiteHeader header;
        do
            header = Header(LiteMessageType.Rekey, by.OwnIndex, World.Address(seed));
        while (!carrier.IsFree(by.OwnIndex, header.Stream.Slot));
        byte[] content = new byte[37];
        content[0] = (byte)to.OwnIndex;
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(1), number);
        Span<byte> shared = stackalloc byte[32];
        Span<byte> mask = stackalloc byte[32];
        LiteMember receiver = World.Own(to);
        Assert.True(World.Self(seed).TryAgree(receiver.PublicKey.Span, shared));
        LiteKeySchedule.Mask(shared, carrier.Id, header.Address, receiver.Address, header.Stream, header.Counter, mask);
        for (int i = 0; i < secret.Length; i++)
            content[5 + i] = (byte)(secret[i] ^ mask[i]);
        return Seal(by, header, content, World.IdentityOf(seed), carrier);
    }

    internal static LiteHeader Header(LiteMessageType type, int sender, NodeAddress address, int counter = 0) =>
        new(type, sender, address, new LiteStream(1000 + (++_salts % 7000), (UInt128)(uint)_salts << 64), counter);

    internal static LiteEpoch Copy(LiteEpoch epoch) => new(
        epoch.Number, epoch.Id.ToArray(), epoch.Tag, epoch.Cipher,
        KeyTree.FromSubtrees(epoch.Subtrees.Select(s => s with { Secret = [.. s.Secret] }))!, [.. epoch.Streams])
    {
        Beginner = epoch.Beginner,
    };

    private static byte SeedOf(LiteGroup group)
    {
        NodeAddress address = World.Own(group).Address;
        for (byte seed = 1; ; seed++)
        {
            if (World.Address(seed) == address)
                return seed;
        }
    }
}
