using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.MlsLite.Tests;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// A member reads a message of MLS-Lite. The first byte: 0 as it is, else which type another member signs and encrypts
/// the rest under.
/// </summary>
internal static class LiteTarget
{
    internal static readonly FuzzTarget Target =
        new("lite", "messages of MLS-Lite, of strangers and of members", Seeds, Run);

    private static readonly LiteSelf Alice = World.Self(1);
    private static readonly LocalIdentity Carol = World.IdentityOf(3);
    private static readonly LiteGroup[] All = World.Circle(3);
    private static readonly byte[] State = All[0].Save();

    private static IEnumerable<byte[]> Seeds()
    {
        LiteGroup carol = All[2];
        yield return [0, .. Make(LiteMessageType.Text, World.Text)];
        foreach (LiteMessageType type in Enum.GetValues<LiteMessageType>())
            yield return [0, .. Make(type, World.Key(4))];
        yield return [1, .. World.Text];
        yield return [2, .. World.Text];
        yield return [3, .. new byte[37]];
        yield return [3, (byte)All[0].OwnIndex, 0, 0, 0, (byte)(carol.Kept[0].Number + 1), .. new byte[32]];
        yield return [4, .. World.Key(4)];
        yield return [5, .. Members()];
        yield return [6];
    }

    private static byte[] Members() =>
        [.. All.SelectMany(g => (byte[])[(byte)g.OwnIndex, .. World.Own(g).PublicKey.Span]), 9, .. World.Key(4)];

    private static byte[] Make(LiteMessageType type, ReadOnlySpan<byte> content)
    {
        LiteGroup carol = All[2];
        LiteHeader header = new(
            type, carol.OwnIndex, type == LiteMessageType.Hello ? default : Carol.Address, new LiteStream(5000, 1), 0);
        return Forge.Seal(carol, header, content, Carol, carol.Kept[0]);
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        byte[] message = (input[0] % 7) switch
        {
            0 => input[1..].ToArray(),
            int type => Make((LiteMessageType)(type - 1), input[1..Math.Min(input.Length, 4096)]),
        };
        Assert.True(LiteGroup.TryLoad(Alice, State, out LiteGroup? group));
        using (group)
        {
            if (UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read))
                Assert.InRange(group.PriceOf(read), 0, 4 * 30);
            LiteOutcome outcome = group.Open(message);
            if (outcome.Error != LiteError.None)
                return;
            // It stays a group that can be stored, loaded and written in.
            Assert.True(LiteGroup.TryLoad(Alice, group.Save(), out LiteGroup? again));
            _ = again.Seal(World.Text);
            again.Dispose();
        }
    }
}
