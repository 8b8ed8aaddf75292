using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Negative;

/// <summary>
/// Mistakes that others made. Two more have their tests beside what they are about: the MAC cut short
/// (GHSA-8x3w-qj7j-gqhf) in <see cref="FramingTests"/>, the decoder that left its input (GHSA-rrmv-c79f-cf5r) in
/// <see cref="Fuzz.DecoderTests"/>.
/// </summary>
public class KnownMistakesTests
{
    /// <summary>
    /// GHSA-qr9h-x63w-vqfm: the secret tree was not in the stored state, so keys came back after a restart.
    /// </summary>
    [Fact]
    public void Used_keys_stay_used_after_a_restart()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        HashSet<string> seen = [];
        for (int restart = 0; restart < 5; restart++)
        {
            Group reopened = new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!;
            byte[] sent = reopened.Send($"{restart}");
            Assert.Equal($"{restart}", g[1].Process(sent).Text());
            byte[] received = g[1].Send($"to {restart}");
            Assert.True(seen.Add(Convert.ToHexString(received)));
            Assert.Equal($"to {restart}", reopened.Process(received).Text());
            new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!.Process(received)
                .Fails(MlsErrorCode.KeyConsumed, "9.2");
        }
    }

    /// <summary>A commit was accepted from whoever claimed to be a member.</summary>
    [Fact]
    public void A_commit_from_an_invalid_sender_changes_nothing()
    {
        GroupPolicy open = new() { EncryptHandshakes = false };
        Group[] g = TestClient.GroupOf("g", new TestClient("alice", policy: open), new TestClient("bob", policy: open),
            new TestClient("carol", policy: open));
        byte[] before = g[1].EpochAuthenticator.ToArray();
        UpdatePath path = Forge.Path(g[0]);
        foreach (Sender sender in new Sender[]
        {
            new(SenderType.Member, 2), new(SenderType.Member, 3), new(SenderType.Member, uint.MaxValue),
            new(SenderType.External, 0), new(SenderType.NewMemberProposal, 0), new(SenderType.NewMemberCommit, 0),
        })
        {
            FramedContent content =
                FramedContent.ForCommit(Forge.Header(g[0]) with { Sender = sender }, new Commit([], path));
            Assert.False(g[1].Process(Forge.Public(g[0], content, new byte[32])).IsOk);
        }
        Assert.Equal(before, g[1].EpochAuthenticator.ToArray());
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g[0], g[1]);
    }

    /// <summary>A member that was removed kept committing, with the keys of the epoch it was in.</summary>
    [Fact]
    public void A_removed_member_commits_into_the_void()
    {
        GroupPolicy open = new() { EncryptHandshakes = false };
        Group[] g = TestClient.GroupOf("g", new TestClient("alice", policy: open), new TestClient("bob", policy: open),
            new TestClient("carol", policy: open));
        byte[] late = g[2].Commit(new CommitRequest()).Value.Message;
        g[1].Follow(g[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value.Message);
        g[1].Process(late).Fails(MlsErrorCode.WrongEpoch, "12.4.2");
    }
}
