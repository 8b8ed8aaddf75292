using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.MlsLite;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

/// <summary>The compact twins of a real MLS group's states.</summary>
public class LiteTwinTests
{
    private const ushort Component = 0x8c54;
    private static readonly byte[] Text = "Meet at the old mill at nine, bring rope"u8.ToArray();

    [Theory]
    [InlineData(LiteCipher.ChaCha20Poly1305)]
    [InlineData(LiteCipher.AesCcm8)]
    public void The_members_of_a_real_MLS_group_make_one_twin_of_each_state_and_once_alone(LiteCipher cipher)
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] groups = TestClient.GroupOf("g", alice, bob);
        LiteTwin a = Make(groups[0], cipher), b = Make(groups[1], cipher);
        Assert.Equal(a.Tag, b.Tag);
        groups[0].ExportOnce(Component).Fails(MlsErrorCode.KeyConsumed, "8.5");
        AssertReads(b, Seal(a, groups[0].NextGeneration));

        groups[1].Follow(groups[0].Commit(new CommitRequest { ForcePath = true }).Value.Message);
        groups[0].MergePending();
        LiteTwin laterA = Make(groups[0], cipher), laterB = Make(groups[1], cipher);
        byte[] later = Seal(laterA, 0);
        Assert.NotEqual(LiteError.None, Open(b, later, out _));
        AssertReads(laterB, later);
    }

    [Fact]
    public void Whoever_read_one_form_of_a_text_reads_the_other_no_more()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] groups = TestClient.GroupOf("g", alice, bob);
        LiteTwin a = Make(groups[0], LiteCipher.AesCcm8), b = Make(groups[1], LiteCipher.AesCcm8);
        StateId state = groups[0].Tip.Id;
        byte[][] full = new byte[2][], compact = new byte[2][];
        for (uint number = 0; number < 2; number++)
        {
            full[number] = groups[0].Encrypt(Text, generation: number).Value;
            compact[number] = Seal(a, number);
        }

        // The first as MLS, the second in the other form.
        Outcome.ApplicationMessage read = Assert.IsType<Outcome.ApplicationMessage>(
            groups[1].Process(Messages.UnverifiedMessage.Parse(full[0]).Value).Value);
        Assert.True(b.Spend((int)read.Sender.Index.Value, read.Generation));
        Assert.Equal(LiteError.ReplayedOrTooOld, Open(b, compact[0], out _));
        AssertReads(b, compact[1]);
        Assert.True(groups[1].Spend(state, new LeafIndex(0), 1).IsOk);
        MlsResult<Outcome> again = groups[1].Process(Messages.UnverifiedMessage.Parse(full[1]).Value);
        Assert.Equal(MlsErrorCode.KeyConsumed, again.Error.Code);
    }

    private static LiteTwin Make(Group group, LiteCipher cipher) => LiteTwin.Derive(
        group.ExportOnce(Component).Value, group.GroupId.Span, group.Epoch, cipher, [0, 1]);

    private static byte[] Seal(LiteTwin twin, uint number)
    {
        using LocalIdentity identity = Alice();
        return twin.Seal(0, number, identity.Address, identity.Sign, new byte[LiteTwin.GuardSize], Text)!;
    }

    private static LiteError Open(LiteTwin twin, byte[] message, out byte[] text)
    {
        using LocalIdentity identity = Alice();
        Assert.True(UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read));
        return twin.TryOpen(read, identity.Address, identity.PublicKey.Span, out text);
    }

    private static void AssertReads(LiteTwin reader, byte[] message)
    {
        Assert.Equal(LiteError.None, Open(reader, message, out byte[] text));
        Assert.Equal(Text, text);
    }

    private static LocalIdentity Alice() => LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
}
