using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Negative;

/// <summary>What a receiver refuses of frames: sections 6 and 9 of RFC 9420.</summary>
public class FramingTests
{
    private readonly Group[] _groups = TestClient.GroupOf(
        "g", new TestClient("alice", policy: Open), new TestClient("bob", policy: Open),
        new TestClient("carol", policy: Open));

    private static GroupPolicy Open => new() { EncryptHandshakes = false };

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    [Fact]
    public void Application_data_in_the_clear_is_refused_6()
    {
        byte[] message = Forge.Public(Alice, FramedContent.ForApplication(Forge.Header(Alice), "x"u8), default);
        Bob.Process(message).Fails(MlsErrorCode.WrongWireFormat, "6");
    }

    [Fact]
    public void Another_version_is_refused_6()
    {
        byte[] message = Alice.Send("x");
        message[1] = 2;
        UnverifiedMessage.Parse(message).Fails(MlsErrorCode.UnsupportedVersion, "6");
    }

    [Fact]
    public void A_welcome_is_no_message_for_a_group_6()
    {
        byte[] message = Alice.GroupInfo().Value;
        UnverifiedMessage.Parse(message).Fails(MlsErrorCode.WrongWireFormat, "6");
    }

    [Fact]
    public void A_message_for_another_group_is_refused_6()
    {
        Group other = new TestClient("dave").Create("other");
        Bob.Process(other.Send("x")).Fails(MlsErrorCode.WrongGroup, "6");
    }

    [Fact]
    public void A_signature_of_another_member_is_refused_6_1()
    {
        FramedContent content =
            FramedContent.ForProposal(Forge.Header(Alice, sender: 2), new RemoveProposal(new LeafIndex(1)));
        Bob.Process(Forge.Public(Alice, content, default)).Fails(MlsErrorCode.InvalidSignature, "6.1");
    }

    [Fact]
    public void A_private_message_signed_by_another_member_is_refused_and_its_key_kept_6_1()
    {
        FramedContent content = FramedContent.ForApplication(Forge.Header(Alice), "x"u8);
        byte[] signature = AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Alice.Current.Context,
            _groups[2].Identity.Signer);
        Bob.Process(Forge.Private(Alice, content, signature)).Fails(MlsErrorCode.InvalidSignature, "6.1");
        Assert.Equal("next", Bob.Process(Alice.Send("next")).Text());
    }

    [Fact]
    public void A_commit_of_a_sender_that_is_no_member_is_refused_6_1()
    {
        FramedContent content =
            FramedContent.ForCommit(Forge.Header(Alice, sender: 3), new Commit([], Forge.Path(Alice)));
        Bob.Process(Forge.Public(Alice, content, new byte[32])).Fails(MlsErrorCode.InvalidSender, "6.1");
        content = FramedContent.ForCommit(Forge.Header(Alice, sender: uint.MaxValue),
            new Commit([], Forge.Path(Alice)));
        Bob.Process(Forge.Public(Alice, content, new byte[32])).Fails(MlsErrorCode.InvalidSender, "6.1");
    }

    [Fact]
    public void A_commit_of_an_external_sender_is_refused_6_1()
    {
        FramedHeader header = Forge.Header(Alice) with { Sender = new Sender(SenderType.External, 0) };
        FramedContent content = FramedContent.ForCommit(header, new Commit([], Forge.Path(Alice)));
        Bob.Process(Forge.Public(Alice, content, new byte[32])).Fails(MlsErrorCode.InvalidSender, "12.1.8");
    }

    [Fact]
    public void A_new_member_that_proposes_anything_but_an_add_is_refused_6_1()
    {
        byte[] message = ExternalProposal.Send(
            Alice.GroupId, Alice.Epoch, new Sender(SenderType.NewMemberProposal, 0), Alice.Identity,
            new RemoveProposal(new LeafIndex(0)));
        Bob.Process(message).Fails(MlsErrorCode.InvalidSender, "6.1");
    }

    [Fact]
    public void A_new_member_commit_that_is_a_proposal_is_refused_6_1()
    {
        FramedHeader header = Forge.Header(Alice) with { Sender = new Sender(SenderType.NewMemberCommit, 0) };
        FramedContent content = FramedContent.ForProposal(header, new RemoveProposal(new LeafIndex(0)));
        Bob.Process(Forge.Public(Alice, content, default)).Fails(MlsErrorCode.InvalidSender, "6.1");
    }

    [Fact]
    public void Every_bit_of_the_membership_tag_counts_and_its_length_6_2()
    {
        byte[] good = Forge.Proposal(Alice, new RemoveProposal(new LeafIndex(2)));
        for (int i = 1; i <= 32; i++)
        {
            byte[] bad = [.. good];
            bad[^i] ^= 1;
            Bob.Process(bad).Fails(MlsErrorCode.InvalidMembershipTag, "6.2");
        }

        // GHSA-8x3w-qj7j-gqhf: a tag cut short must not be compared in its shorter length.
        for (int length = 0; length < 32; length++)
        {
            byte[] cut = [.. good.AsSpan(0, good.Length - 33), (byte)length, .. good.AsSpan(good.Length - 32, length)];
            Bob.Process(cut).Fails(MlsErrorCode.InvalidMembershipTag, "6.2");
        }
        Assert.True(Bob.Process(good).IsOk);
    }

    [Fact]
    public void A_confirmation_tag_cut_short_or_changed_is_refused_6_1()
    {
        PendingCommit pending = Alice.Commit(new CommitRequest()).Value;
        PublicMessage message = UnverifiedMessage.Parse(pending.Message).Value.Public!;
        byte[] tag = message.Authenticated.ConfirmationTag.ToArray();
        byte[][] bad = [.. Enumerable.Range(0, 32).Select(n => tag[..n]), [.. tag, 0],
            [(byte)(tag[0] ^ 1), .. tag[1..]]];
        foreach (byte[] wrong in bad)
        {
            AuthenticatedContent authenticated =
                new(WireFormat.PublicMessage, message.Content, message.Authenticated.Signature, wrong);
            byte[] forged = PublicMessage.Protect(
                Alice.Current.Suite, authenticated, Alice.Current.Context, Alice.Current.Secrets.MembershipKey)
                    .ToMessage();
            Bob.Process(forged).Fails(MlsErrorCode.InvalidConfirmationTag, "12.4.2");
        }
        Assert.True(Bob.Process(pending.Message).IsOk);
    }

    [Fact]
    public void Padding_that_is_not_zero_is_refused_6_3_1()
    {
        FramedContent content = FramedContent.ForApplication(Forge.Header(Alice), "x"u8);
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Alice.Current.Context, Alice.Identity.Signer);
        Bob.Process(Padded.Encrypt(Alice, content, signature, [0, 0, 1])).Fails(MlsErrorCode.InvalidPadding, "6.3.1");
        Assert.Equal("x", Bob.Process(Padded.Encrypt(Alice, content, signature, [0, 0, 0])).Text());
    }

    [Fact]
    public void Sender_data_that_names_no_member_is_refused_6_3_2()
    {
        FramedContent content = FramedContent.ForApplication(Forge.Header(Alice, sender: 3), "x"u8);
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Alice.Current.Context, Alice.Identity.Signer);
        Bob.Process(Forge.Private(Alice, content, signature)).Fails(MlsErrorCode.InvalidSender, "6.3.2");
    }

    [Fact]
    public void Every_changed_byte_of_a_private_message_is_noticed_6_3()
    {
        byte[] message = Alice.Encrypt("x"u8, new byte[] { 7 }).Value;
        for (int i = 0; i < message.Length; i++)
        {
            byte[] bad = [.. message];
            bad[i] ^= 0x20;
            MlsResult<UnverifiedMessage> parsed = UnverifiedMessage.Parse(bad);
            Assert.False(parsed.IsOk && Bob.Process(parsed.Value).IsOk, $"Byte {i} is not protected.");
        }
        Assert.Equal("x", Bob.Process(message).Text());
    }

    [Fact]
    public void A_key_is_used_once_and_the_windows_hold_9_2_15_3()
    {
        byte[][] messages = [.. Enumerable.Range(0, 1200).Select(i => Alice.Send($"{i}"))];
        Bob.Process(messages[1001]).Fails(MlsErrorCode.GenerationTooFar, "15.3");
        Assert.Equal("1000", Bob.Process(messages[1000]).Text());
        Bob.Process(messages[1000]).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Bob.Process(messages[967]).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Assert.Equal("968", Bob.Process(messages[968]).Text());
        Bob.Process(messages[968]).Fails(MlsErrorCode.KeyConsumed, "9.2");
    }

    [Fact]
    public void Own_messages_are_told_apart_6_1()
    {
        Alice.Process(Alice.Send("x")).Fails(MlsErrorCode.OwnMessage, "6.3.2");
        Alice.Process(Alice.ProposeRemove(new LeafIndex(2)).Value).Fails(MlsErrorCode.OwnMessage, "6.1");
    }

    [Fact]
    public void A_handshake_of_another_epoch_is_refused_12_4_2()
    {
        byte[] proposal =
            Forge.Public(Alice,
                FramedContent.ForProposal(Forge.Header(Alice, epoch: 7), new RemoveProposal(new LeafIndex(2))),
                default);
        Bob.Process(proposal).Fails(MlsErrorCode.WrongEpoch, "12.1");
        byte[] commit = Forge.Public(
            Alice, FramedContent.ForCommit(Forge.Header(Alice, epoch: 0), new Commit([], null)), new byte[32]);
        Bob.Process(commit).Fails(MlsErrorCode.WrongEpoch, "12.4.2");
    }

    [Fact]
    public void A_past_epoch_is_readable_for_its_time_only_15_3()
    {
        FakeTime time = new();
        TestClient dave = new("dave", time: time);
        TestClient erin = new("erin", time: time);
        Group[] g = TestClient.GroupOf("h", dave, erin);
        byte[][] late = [g[0].Send("a"), g[0].Send("b"), g[0].Send("c")];
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(i < 3, g[1].Process(late[i]).IsOk);
            g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
            g[0].MergePending();
        }
        g[1].Process(g[0].Send("d"));
        byte[] old = g[0].Send("old");
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        time.Now += TimeSpan.FromDays(2);
        g[1].Process(old).Fails(MlsErrorCode.WrongEpoch, "15.3");
    }
}
