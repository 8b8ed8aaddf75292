using System.Diagnostics.CodeAnalysis;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// The saved form: secret, so the owner encrypts it at rest and zeroes the array. This node's own stream is not in it:
// who begins from a saved state draws another.
//
//  version 1 | cipher 1 | zero 1 | groupId 8 | ownIndex 1 | sent 4 | nameSize 1 | name
//  | members 1 x { index 1, publicKey 32, heardIn 1, streams 1 x { stream 18 } } | invited 1 x { index 1 }
//  | givenUp 1 x { number 4, id 8 }
//  | epochs 1 x { number 4, id 32, tag 2, beginner 1, invitedHere 1, streams 2 x { sender 1, stream 18, tag 2 },
//                 subtrees 2 x { first 4, height 1, secret 32 } }
//
//  heardIn: the place of an epoch in the list, or FF
public sealed partial class LiteGroup
{
    private const byte StateVersion = 2;
    private const int FixedStateSize = 3 + LiteGroupId.Size + 1 + sizeof(uint) + 1 + 4;
    private const int MemberStateSize = 1 + Ed25519.PublicKeySize + 2;
    private const int GivenUpSize = sizeof(uint) + sizeof(ulong);
    private const int EpochStateSize = sizeof(uint) + LiteConstants.EpochIdSize + LiteConstants.TagSize + 2
        + (2 * sizeof(ushort));
    private const int OpenStreamSize = 1 + LiteStream.Size + LiteConstants.TagSize;
    private const int SubtreeSize = sizeof(uint) + 1 + LiteConstants.SecretSize;

    /// <summary>
    /// Writes the whole state. It holds the keys of messages that did not arrive yet: encrypt it, then zero it.
    /// </summary>
    public byte[] Save()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] state = new byte[StateSize(name)];
        var writer = new StateWriter(state);
        writer.Byte(StateVersion);
        writer.Byte((byte)Cipher);
        writer.Byte(0);
        writer.UInt64(Id.Value);
        writer.Byte(OwnIndex);
        writer.UInt32(Sent);
        writer.Byte(name.Length);
        writer.Bytes(name);
        SaveMembers(ref writer);
        writer.Byte(_invited.Count);
        foreach (int index in _invited)
            writer.Byte(index);
        writer.Byte(_epochs.GivenUp.Count);
        foreach ((uint number, ulong id) in _epochs.GivenUp)
        {
            writer.UInt32(number);
            writer.UInt64(id);
        }

        writer.Byte(_epochs.Kept.Count);
        foreach (LiteEpoch epoch in _epochs.Kept)
            Save(ref writer, epoch);
        return writer.AtEnd ? state
            : throw new InvalidOperationException("The size of a group's state was computed wrongly.");
    }

    /// <summary>
    /// Reads what <see cref="Save()"/> wrote; false if it is damaged, of another version or of another node.
    /// </summary>
    public static bool TryLoad(LiteSelf self, ReadOnlySpan<byte> state, [NotNullWhen(true)] out LiteGroup? group)
    {
        group = null;
        var reader = new StateReader(state);
        if (reader.Byte() != StateVersion)
            return false;
        var cipher = (LiteCipher)reader.Byte();
        int zero = reader.Byte();
        var id = new LiteGroupId(reader.UInt64());
        int ownIndex = reader.Byte();
        uint sent = reader.UInt32();
        string name = Encoding.UTF8.GetString(reader.Bytes(reader.Byte()));
        if (reader.Failed || cipher > LiteCipher.AesCcm8 || zero != 0 || ownIndex > LiteConstants.MaxIndex)
            return false;
        var loaded = new LiteGroup(self, id, name, cipher, ownIndex) { Sent = sent };
        if (loaded.TryLoadParts(ref reader))
        {
            group = loaded;
            return true;
        }

        loaded.Dispose();
        return false;
    }

    private int StateSize(byte[] name)
    {
        int size = FixedStateSize + name.Length + _invited.Count + (_epochs.GivenUp.Count * GivenUpSize);
        foreach (MemberState member in _members.Values)
            size += MemberStateSize + (member.Streams.Count * LiteStream.Size);
        foreach (LiteEpoch epoch in _epochs.Kept)
            size += EpochStateSize + (epoch.Streams.Count * OpenStreamSize) + (epoch.Subtrees.Count * SubtreeSize);
        return size;
    }

    private void SaveMembers(ref StateWriter writer)
    {
        writer.Byte(_members.Count);
        foreach (MemberState member in _members.Values)
        {
            writer.Byte(member.Member.Index);
            writer.Bytes(member.Member.PublicKey.Span);
            writer.Byte(PlaceOf(member.HeardIn.Span));
            writer.Byte(member.Streams.Count);
            foreach (LiteStream stream in member.Streams)
                writer.Stream(stream);
        }
    }

    private byte PlaceOf(ReadOnlySpan<byte> epochId)
    {
        for (int i = 0; i < _epochs.Kept.Count; i++)
        {
            if (_epochs.Kept[i].Id.SequenceEqual(epochId))
                return (byte)i;
        }

        return byte.MaxValue;
    }

    private static void Save(ref StateWriter writer, LiteEpoch epoch)
    {
        writer.UInt32(epoch.Number);
        writer.Bytes(epoch.Id);
        writer.UInt16(epoch.Tag);
        writer.Byte(epoch.Beginner);
        writer.Byte(epoch.InvitedHere ? 1 : 0);
        writer.UInt16(epoch.Streams.Count);
        foreach (OpenStream open in epoch.Streams)
        {
            writer.Byte(open.Sender);
            writer.Stream(open.Stream);
            writer.UInt16(open.Tag);
        }

        writer.UInt16(epoch.Subtrees.Count);
        foreach (Subtree subtree in epoch.Subtrees)
        {
            writer.UInt32(subtree.First);
            writer.Byte(subtree.Height);
            writer.Bytes(subtree.Secret);
        }
    }

    private bool TryLoadParts(ref StateReader reader)
    {
        var heardIn = new List<(MemberState Member, int Place)>();
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
        {
            int index = reader.Byte();
            ReadOnlySpan<byte> publicKey = reader.Bytes(Ed25519.PublicKeySize);
            if (index > LiteConstants.MaxIndex || (index == OwnIndex && !publicKey.SequenceEqual(_self.PublicKey)))
                return false;
            var member = new MemberState(LiteMember.Of(index, publicKey));
            heardIn.Add((member, reader.Byte()));
            for (int streams = reader.Byte(); streams > 0 && !reader.Failed; streams--)
            {
                if (!LiteStream.TryRead(reader.Bytes(LiteStream.Size), out LiteStream stream))
                    return false;
                member.Learn(stream);
            }

            _members[index] = member;
        }

        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
            _invited.Add(reader.Byte());
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
            _epochs.RestoreGivenUp(reader.UInt32(), reader.UInt64());
        for (int i = reader.Byte(); i > 0 && !reader.Failed; i--)
        {
            if (LoadEpoch(ref reader, Cipher) is not { } epoch)
                return false;
            _epochs.Restore(epoch);
        }

        foreach ((MemberState member, int place) in heardIn)
            member.HeardIn = place < _epochs.Kept.Count ? _epochs.Kept[place].Id.ToArray() : default;
        return !reader.Failed && reader.AtEnd && _epochs.Kept.Count > 0;
    }

    private static LiteEpoch? LoadEpoch(ref StateReader reader, LiteCipher cipher)
    {
        uint number = reader.UInt32();
        byte[] id = reader.Bytes(LiteConstants.EpochIdSize).ToArray();
        ushort tag = reader.UInt16();
        int beginner = reader.Byte();
        bool invitedHere = reader.Byte() != 0;
        var streams = new List<OpenStream>();
        for (int i = reader.UInt16(); i > 0 && !reader.Failed; i--)
        {
            int sender = reader.Byte();
            if (!LiteStream.TryRead(reader.Bytes(LiteStream.Size), out LiteStream stream))
                return null;
            streams.Add(new OpenStream(sender, stream, reader.UInt16()));
        }

        var subtrees = new List<Subtree>();
        for (int i = reader.UInt16(); i > 0 && !reader.Failed; i--)
            subtrees.Add(new Subtree(reader.UInt32(), reader.Byte(), reader.Bytes(LiteConstants.SecretSize).ToArray()));
        return number <= LiteConstants.MaxEpoch && KeyTree.FromSubtrees(subtrees) is { } tree
            ? new LiteEpoch(number, id, tag, cipher, tree, streams) { Beginner = beginner, InvitedHere = invitedHere }
            : null;
    }
}
