using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.MlsLite.Tests;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>A stored state of an MLS-Lite group.</summary>
internal static class LiteStateTarget
{
    internal static readonly FuzzTarget Target = new("lite-state", "damaged states of MLS-Lite groups", Seeds, Run);

    private static readonly LiteSelf Alice = World.Self(1);
    private static readonly byte[] Message = World.Circle(3)[1].Seal(World.Text).Message;

    private static IEnumerable<byte[]> Seeds()
    {
        yield return World.Circle(3)[0].Save();
        yield return World.Pair(LiteCipher.AesCcm8).Alice.Save();
        LiteGroup many = World.Circle(2)[0];
        for (int i = 0; i < 5; i++)
            _ = many.Rekey();
        yield return many.Save();
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (!LiteGroup.TryLoad(Alice, input, out LiteGroup? group))
            return;
        using (group)
        {
            try
            {
                _ = group.Seal(World.Text);
            }
            catch (InvalidOperationException)
            {
                // It may be a group in which there is nothing left to write with; it says so.
            }

            _ = group.Open(Message);
            Assert.True(LiteGroup.TryLoad(Alice, group.Save(), out LiteGroup? again));
            again.Dispose();
        }
    }
}
