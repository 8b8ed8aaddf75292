using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// Four clients and their group, always the same: a tree with parents, an unmerged leaf, a proposal that waits.
/// </summary>
internal sealed class MlsWorld
{
    private static readonly GroupPolicy Policy = new() { EncryptHandshakes = false };

    internal MlsWorld()
    {
        Capabilities capable = new() { Proposals = [ProposalType.SelfRemove] };
        Clients = [.. Enumerable.Range(0, 4).Select(i => new TestClient($"c{i}", policy: Policy, supported: capable))];
        foreach (TestClient client in Clients)
            client.Validator.External = true;
        Groups = TestClient.GroupOf("g", Clients[..3]);
        Advance(Alice, new CommitRequest());
        Advance(Bob, new CommitRequest { Add = [Clients[3].KeyPackageFor(Clients[1])] });
        Update = Forge.Proposal(Groups[2], new UpdateProposal(Forge.Leaf(Groups[2], null)));
        Assert.True(Alice.Process(Update).IsOk);
        Assert.True(Bob.Process(Update).IsOk);
    }

    internal TestClient[] Clients { get; }

    internal Group[] Groups { get; }

    internal byte[] Update { get; }

    internal Group Alice => Groups[0];

    internal Group Bob => Groups[1];

    private void Advance(Group by, CommitRequest request)
    {
        PendingCommit commit = by.Commit(request).Value;
        foreach (Group other in Groups.Where(g => g != by))
            other.Follow(commit.Message);
        by.MergePending();
    }
}
