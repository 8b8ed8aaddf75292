using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class KeyLogTests
{
    [Theory, OverWebSocket, OverQuic]
    public async Task A_name_is_resolved_with_proofs_that_hold_while_the_log_grows(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        byte[] serverKey = (await alice.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser))
            .ServerKey.ToByteArray();
        TreeHead? before = null;
        for (int i = 0; i < 5; i++)
        {
            await using TestClient next = await TestClient.JoinAsync(server, transport, $"user{i}");
            ResolveUserResponse answer = await alice.CallAsync(
                RpcMethod.ResolveUser,
                new ResolveUserRequest { Username = $"user{i}", KnownSize = before?.Size ?? 0 },
                ResolveUserResponse.Parser);
            TreeHead head = TreeHead.Verify(answer.Head.Span, serverKey)!;
            Assert.Equal((ulong)i + 2, head.Size);
            Assert.True(KeyProof.TryVerify(
                answer.InclusionProof.Span, $"user{i}", next.Identity.PublicKey.Span, head, out ulong counter));
            Assert.Equal(0UL, counter);
            Assert.True(MerkleTree.VerifyConsistency(
                before?.Size ?? 0, before is null ? MerkleTree.EmptyRoot : before.Root.Span, head.Size, head.Root.Span,
                answer.ConsistencyProof.Span));
            before = head;
        }
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task The_whole_log_is_read_in_pages_and_has_the_root_of_its_head(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using (TestClient bob = await TestClient.JoinAsync(server, transport, "bob"))
            await bob.DeleteAccountAsync();
        byte[] serverKey = (await alice.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser))
            .ServerKey.ToByteArray();
        TreeFrontier read = new();
        List<KeyLeaf> leaves = [];
        TreeHead head;
        do
        {
            AuditKeyTransparencyResponse page = await AuditAsync(alice, read.Size, 2);
            head = TreeHead.Verify(page.Head.Span, serverKey)!;
            foreach (byte[] entry in page.Entries.Chunk(KeyLeaf.Size))
            {
                leaves.Add(KeyLeaf.Read(entry)!);
                read.Add(leaves[^1].Hash());
            }
        }
        while (read.Size < head.Size);
        Assert.Equal(head.Root.ToArray(), read.Root);
        Assert.Equal(3, leaves.Count);
        Assert.Equal(KeyLeaf.Of("bob", [], 1).ToBytes(), leaves[2].ToBytes());
        // A size that the log has not has no proof, and a foreign offset no entries.
        AuditKeyTransparencyResponse beyond =
            await AuditAsync(alice, ulong.MaxValue, uint.MaxValue, 3, 4, ulong.MaxValue);
        Assert.Equal([0, 0, 0], beyond.ConsistencyProofs.Select(p => p.Length));
        Assert.Equal(0, beyond.Entries.Length);
        Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(
            RpcMethod.AuditKeyTransparency, new AuditKeyTransparencyRequest { KnownSizes = { 1, 1, 1, 1, 1 } }));
    }

    private static Task<AuditKeyTransparencyResponse> AuditAsync(
        TestClient client, ulong from, uint limit, params ulong[] known) => client.CallAsync(
        RpcMethod.AuditKeyTransparency,
        new AuditKeyTransparencyRequest { From = from, Limit = limit, KnownSizes = { known } },
        AuditKeyTransparencyResponse.Parser);
}
