using System.Buffers.Binary;
using System.Text;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.MlsLite;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>A group of three, one of whom is behind a radio, and what travels in it.</summary>
internal static class CompactWorld
{
    internal static (GroupWorld World, SimMember A, SimMember B, SimMember Radio) Three(int seed)
    {
        var world = new GroupWorld(seed);
        SimMember a = world.Add("a"), b = world.Add("b"), radio = world.Add("radio");
        radio.IsBehindRadio = true;
        world.Form(a, b, radio);
        return (world, a, b, radio);
    }

    internal static byte[] Last(GroupWorld world, SimMember from, SimMember to) =>
        world.Texts.Last(t => t.From == from && t.To == to.Address).Payload;

    /// <summary>Which key a message was made with: state, leaf, number and guard stand in it.</summary>
    internal static (ulong Place, ulong Guard, byte[] Payload)? Read(byte[] payload)
    {
        if (!CompactForm.IsMarked(payload)
            || !UnverifiedLiteMessage.TryRead(payload.AsSpan(1), out UnverifiedLiteMessage message))
            return null;
        ulong place = ((ulong)message.Tag << 32) | ((ulong)message.Sender << 16) | (uint)message.Counter;
        return (place, BinaryPrimitives.ReadUInt64BigEndian(message.SealedContent), payload);
    }

    internal static List<(ulong Place, ulong Guard, byte[] Payload)> Compact(GroupWorld world) =>
        [.. world.Texts.Select(static t => Read(t.Payload)).OfType<(ulong, ulong, byte[])>()];

    internal static Group MlsOf(SimMember member) =>
        member.Self.Client.FindGroup(member.Group!.Id.ToArray())
            ?? throw new InvalidOperationException("There is no such group.");

    /// <summary>The twin of the tip, as a member has it on its disk.</summary>
    internal static LiteTwin TwinOf(SimMember member)
    {
        string name = "twin-" + Convert.ToHexStringLower(member.Group!.Tip.ToArray());
        Dictionary<string, byte[]> pieces = member.Disk.Group.Pieces.Values.ToDictionary(
            NameOf, static p => p[(1 + p[0])..]);
        Assert.True(LiteTwin.TryLoad(pieces[name], out LiteTwin? twin));
        foreach ((string piece, byte[] value) in pieces.Where(
            p => p.Key.StartsWith(name + "-", StringComparison.Ordinal)))
            Assert.True(twin.TryLoadLeaf(int.Parse(
                piece[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture), value));
        return twin;
    }

    internal static IEnumerable<string> Pieces(SimMember member) => member.Disk.Group.Pieces.Values.Select(NameOf);

    internal static string NameOf(byte[] piece) => Encoding.ASCII.GetString(piece, 1, piece[0]);
}
