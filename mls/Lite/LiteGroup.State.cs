using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

// The saved form: secret, so the owner encrypts it at rest and zeroes the array.
//
//  version 1 | cipher 1 | groupId 8 | ownIndex 1 | nameSize 1 | name
//  | members 1 x { index 1, publicKey 32 } | invited 1 x { index 1 }
//  | epochs 1 x { number 4, id 8, tag 2, invitedHere 1, 32 x { next 4, chain 32, skipped 1 x { counter 4, chain 32 } } }
public sealed partial class LiteGroup
{
    private const byte StateVersion = 1;

    /// <summary>
    /// Writes the whole state. It holds the keys of messages that did not arrive yet: encrypt it, then zero it.
    /// </summary>
    public byte[] Save()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
            Save(writer);
        byte[] state = stream.ToArray();
        CryptographicOperations.ZeroMemory(stream.GetBuffer());
        return state;
    }

    /// <summary>Reads what <see cref="Save()"/> wrote; false if it is damaged or of another version.</summary>
    public static bool TryLoad(ReadOnlySpan<byte> state, [NotNullWhen(true)] out LiteGroup? group)
    {
        group = null;
        var reader = new StateReader(state);
        if (reader.Byte() != StateVersion)
            return false;
        var cipher = (LiteCipher)reader.Byte();
        ReadOnlySpan<byte> groupId = reader.Bytes(LiteConstants.GroupIdSize);
        int ownIndex = reader.Byte();
        string name = Encoding.UTF8.GetString(reader.Bytes(reader.Byte()));
        List<LiteMember> members = [];
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
        {
            int index = reader.Byte();
            ReadOnlySpan<byte> publicKey = reader.Bytes(Ed25519.PublicKeySize);
            if (!reader.Failed && index < LiteConstants.MaxMembers)
                members.Add(LiteMember.Of(index, publicKey));
        }

        LiteMember? self = members.Find(m => m.Index == ownIndex);
        if (reader.Failed || self is null || cipher > LiteCipher.AesCcm8)
            return false;
        var loaded = new LiteGroup(groupId.ToArray(), name, cipher, ownIndex, self);
        foreach (LiteMember member in members)
            loaded._members[member.Index] = member;
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
            loaded._invited.Add(reader.Byte());
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
            loaded._epochs.Add(ReadEpoch(ref reader, cipher));
        if (reader.Failed || !reader.AtEnd || loaded._epochs.Count == 0)
        {
            loaded.Dispose();
            return false;
        }

        group = loaded;
        return true;
    }

    private void Save(BinaryWriter writer)
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        writer.Write(StateVersion);
        writer.Write((byte)Cipher);
        writer.Write(_groupId);
        writer.Write((byte)OwnIndex);
        writer.Write((byte)name.Length);
        writer.Write(name);
        writer.Write((byte)_members.Count);
        foreach (LiteMember member in _members.Values)
        {
            writer.Write((byte)member.Index);
            writer.Write(member.PublicKey.Span);
        }

        writer.Write((byte)_invited.Count);
        foreach (int index in _invited)
            writer.Write((byte)index);
        writer.Write((byte)_epochs.Count);
        foreach (LiteEpoch epoch in _epochs)
            Save(writer, epoch);
    }

    private static void Save(BinaryWriter writer, LiteEpoch epoch)
    {
        writer.Write(BinaryPrimitives.ReverseEndianness(epoch.Number));
        writer.Write(BinaryPrimitives.ReverseEndianness(epoch.Id));
        writer.Write(BinaryPrimitives.ReverseEndianness(epoch.Tag));
        writer.Write(epoch.InvitedHere);
        foreach (SenderRatchet ratchet in epoch.Ratchets)
        {
            writer.Write(BinaryPrimitives.ReverseEndianness(ratchet.Next));
            writer.Write(ratchet.Chain);
            writer.Write((byte)ratchet.Skipped.Count);
            foreach ((int counter, byte[] chain) in ratchet.Skipped)
            {
                writer.Write(BinaryPrimitives.ReverseEndianness(counter));
                writer.Write(chain);
            }
        }
    }

    private static LiteEpoch ReadEpoch(ref StateReader reader, LiteCipher cipher)
    {
        uint number = (uint)reader.Int32();
        ulong id = reader.UInt64();
        ushort tag = reader.UInt16();
        bool invitedHere = reader.Byte() != 0;
        var ratchets = new SenderRatchet[LiteConstants.MaxMembers];
        for (int i = 0; i < ratchets.Length; i++)
        {
            int next = reader.Int32();
            ratchets[i] = new SenderRatchet(reader.Bytes(LiteConstants.SecretSize).ToArray(), next);
            for (int skipped = reader.Byte(); skipped > 0 && !reader.Failed; skipped--)
            {
                int counter = reader.Int32();
                ratchets[i].RestoreSkipped(counter, reader.Bytes(LiteConstants.SecretSize).ToArray());
            }
        }

        return new LiteEpoch(number, id, tag, cipher, ratchets) { InvitedHere = invitedHere };
    }

    /// <summary>Reads fields until the bytes end; after that everything is zero and <see cref="Failed"/> is set.</summary>
    private ref struct StateReader(ReadOnlySpan<byte> state)
    {
        private static readonly byte[] Zeros = new byte[byte.MaxValue];
        private ReadOnlySpan<byte> _rest = state;

        internal bool Failed { get; private set; }

        internal readonly bool AtEnd => _rest.IsEmpty;

        internal ReadOnlySpan<byte> Bytes(int count)
        {
            if (_rest.Length < count)
            {
                Failed = true;
                _rest = default;
                return Zeros.AsSpan(0, count);
            }

            ReadOnlySpan<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        internal byte Byte() => Bytes(1)[0];

        internal ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(sizeof(ushort)));

        internal int Int32() => BinaryPrimitives.ReadInt32BigEndian(Bytes(sizeof(int)));

        internal ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Bytes(sizeof(ulong)));
    }
}
