using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>
/// The id in a ReInit is somebody else's choice: it must cost no other group, and what it names must prove itself.
/// </summary>
public class SuccessorIdTests
{
    private readonly TestClient _alice = new("alice");
    private readonly TestClient _bob = new("bob");
    private readonly TestClient _mallory = new("mallory");

    [Fact]
    public void A_reinit_with_the_id_of_another_group_costs_that_group_nothing()
    {
        Group[] precious = TestClient.GroupOf("precious", _alice, new TestClient("friend"));
        Group[] g = TestClient.GroupOf("old", _mallory, _alice);
        g[1].Follow(End(g[0], "precious"));
        _alice.Client.ReInitialise(g[1], _alice.Identity, [_mallory.KeyPackageFor(_alice)])
            .Fails(MlsErrorCode.DuplicateGroup, "11.2");

        // Nor by the Welcome of whoever begins the successor.
        g[0].MergePending();
        byte[] welcome =
            _mallory.Client.ReInitialise(g[0], _mallory.Identity, [_alice.KeyPackageFor(_mallory)]).Value.Welcome;
        _alice.Client.Join(UnverifiedWelcome.Parse(welcome).Value).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        Assert.Same(precious[0], _alice.Client.FindGroup("precious"u8));
        GroupTests.AssertAgreed(precious);
        Assert.Equal("still", precious[1].Process(precious[0].Send("still")).Text());
    }

    [Fact]
    public void A_reinit_with_the_id_of_another_ended_group_costs_that_group_nothing()
    {
        Group[] ended = TestClient.GroupOf("ended", _alice, _bob);
        ended[1].Follow(End(ended[0], "next"));
        ended[0].MergePending();
        Group[] g = TestClient.GroupOf("old", _mallory, _alice);
        g[1].Follow(End(g[0], "ended"));
        g[0].MergePending();
        byte[] welcome =
            _mallory.Client.ReInitialise(g[0], _mallory.Identity, [_alice.KeyPackageFor(_mallory)]).Value.Welcome;
        _alice.Client.Join(UnverifiedWelcome.Parse(welcome).Value).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        SuccessorGroup next = _bob.Client.ReInitialise(ended[1], _bob.Identity, [_alice.KeyPackageFor(_bob)]).Value;
        GroupTests.AssertAgreed(next.Group, _alice.Join(next.Welcome));
    }

    [Fact]
    public void A_group_that_ended_is_followed_only_by_what_proves_to_follow_it()
    {
        Group[] g = TestClient.GroupOf("old", _alice, _bob);
        g[1].Follow(End(g[0], "old"));
        g[0].MergePending();
        KeyPackage genuine = _bob.KeyPackageFor(_alice);
        byte[] hostile = _mallory.Create("old")
            .Commit(new CommitRequest { Add = [_bob.KeyPackageFor(_mallory)] }).Value.Welcome!;
        _bob.Client.Join(UnverifiedWelcome.Parse(hostile).Value).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        UnverifiedGroupInfo info =
            UnverifiedGroupInfo.Parse(_mallory.Client.FindGroup("old"u8)!.GroupInfo().Value).Value;
        _bob.Client.JoinExternally(info, _bob.Identity).Fails(MlsErrorCode.DuplicateGroup, "12.4.3");

        SuccessorGroup real = _alice.Client.ReInitialise(g[0], _alice.Identity, [genuine]).Value;
        Group joined = _bob.Join(real.Welcome);
        GroupTests.AssertAgreed(real.Group, joined);
        Assert.Equal(GroupStatus.Removed, g[1].Status);
        _alice.Client.ReInitialise(g[0], _alice.Identity, []).Fails(MlsErrorCode.Conflict, "11.2");
    }

    private static byte[] End(Group group, string next) => group.Commit(new CommitRequest
    {
        ReInit = new ReInitRequest(System.Text.Encoding.UTF8.GetBytes(next), TestClient.DefaultSuite,
            ExtensionList.Empty),
    }).Value.Message;
}
