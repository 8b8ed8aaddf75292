using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Fuzz;

/// <summary>Mutated messages of a live group: refused, and without trace.</summary>
public class ProcessingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Mutated_messages_change_nothing(bool encrypted)
    {
        GroupPolicy policy = new() { EncryptHandshakes = encrypted };
        TestClient[] clients = [.. Enumerable.Range(0, 4).Select(i => new TestClient($"c{i}", policy: policy))];
        Group[] g = TestClient.GroupOf("g", clients);
        byte[] commit = g[0]
            .Commit(new CommitRequest
            {
                Add = [new TestClient("new", policy: policy).KeyPackageFor(clients[0])],
                ForcePath = true
            }).Value.Message;
        byte[] proposal = g[1].ProposeUpdate().Value;
        byte[] data = g[3].Send("data");
        Random random = new(12);
        byte[] before = g[2].EpochAuthenticator.ToArray();
        for (int i = 0; i < 6000; i++)
        {
            byte[] message = (byte[])(i % 3 == 0 ? commit : i % 3 == 1 ? proposal : data).Clone();
            message[random.Next(message.Length)] ^= (byte)(1 + random.Next(255));
            MlsResult<UnverifiedMessage> parsed = UnverifiedMessage.Parse(message);
            if (parsed.IsOk)
                Assert.False(g[2].Process(parsed.Value).IsOk);
        }
        Assert.Equal(before, g[2].EpochAuthenticator.ToArray());
        Assert.Equal("data", g[2].Process(data).Text());
        Assert.True(g[2].Process(proposal).IsOk);
        g[2].Follow(commit);
        g[0].MergePending();
        GroupTests.AssertAgreed(g[0], g[2]);
    }
}
