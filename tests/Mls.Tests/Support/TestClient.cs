using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>A client with a name, and everything that a test may want to turn.</summary>
internal sealed class TestClient
{
    internal const CipherSuite DefaultSuite = CipherSuite.X25519Aes128GcmSha256Ed25519;

    internal TestClient(
        string name, CipherSuite suite = DefaultSuite, GroupPolicy? policy = null, IGroupStore? store = null,
        RandomFill? random = null, FakeTime? time = null, Capabilities? supported = null, TestPsks? psks = null,
        MlsIdentity? identity = null, FakeTime? ageing = null)
    {
        Name = name;
        Time = time ?? new FakeTime();
        Store = store ?? new MemoryGroupStore();
        Random = random ?? new SeededRandom(name.Aggregate(17, (hash, c) => unchecked(hash * 31 + c))).Fill;
        Psks = psks ?? new TestPsks();
        Identity = identity ?? MlsIdentity.Generate(suite, Credential.Basic(Encoding.UTF8.GetBytes(name)), Random);
        Options = new MlsClientOptions
        {
            Validator = Validator,
            Store = Store,
            Psks = Psks,
            Policy = policy ?? new GroupPolicy(),
            Time = Time,
            Ageing = ageing,
            Random = Random,
            Supported = supported ?? new Capabilities(),
        };
        Client = new MlsClient(Options, Identity);
    }

    internal string Name { get; }

    internal MlsClientOptions Options { get; }

    internal MlsClient Client { get; }

    internal MlsIdentity Identity { get; }

    internal TestValidator Validator { get; } = new();

    internal TestPsks Psks { get; }

    internal FakeTime Time { get; }

    internal IGroupStore Store { get; }

    internal RandomFill Random { get; }

    internal KeyPackage KeyPackage(bool lastResort = false) =>
        Client.CreateKeyPackage(Identity, TimeSpan.FromDays(30), lastResort);

    /// <summary>A key package as another client has it after a journey.</summary>
    internal KeyPackage KeyPackageFor(TestClient other, bool lastResort = false) =>
        other.Client.Verify(UnverifiedKeyPackage.Parse(KeyPackage(lastResort).ToMessage()).Value).Value;

    internal Group Create(string groupId, ExtensionList? extensions = null) =>
        Client.CreateGroup(Identity, Encoding.UTF8.GetBytes(groupId), extensions).Value;

    internal Group Join(byte[] welcome, ReadOnlyMemory<byte>? tree = null) =>
        Client.Join(UnverifiedWelcome.Parse(welcome).Value, tree).Value;

    /// <summary>A group of the given clients, made by the first, by one commit.</summary>
    internal static Group[] GroupOf(string groupId, params TestClient[] clients)
    {
        Group first = clients[0].Create(groupId);
        PendingCommit commit =
            first.Commit(new CommitRequest { Add = [.. clients[1..].Select(c => c.KeyPackageFor(clients[0]))] }).Value;
        first.MergePending();
        return [first, .. clients[1..].Select(c => c.Join(commit.Welcome!))];
    }
}

internal static class GroupTestExtensions
{
    internal static MlsResult<Outcome> Process(this Group group, byte[] message) =>
        group.Process(UnverifiedMessage.Parse(message).Value);

    /// <summary>Processes a commit and merges it.</summary>
    internal static CommitSummary Follow(this Group group, byte[] commit)
    {
        Outcome.CommitStaged staged = Assert.IsType<Outcome.CommitStaged>(group.Process(commit).Value);
        group.Merge(staged.Commit);
        return staged.Commit.Summary;
    }

    internal static void Fails<T>(this MlsResult<T> result, MlsErrorCode code, string section)
    {
        Assert.False(result.IsOk, "The operation should have failed.");
        Assert.Equal(new MlsError(code, section), result.Error);
    }

    internal static string Text(this MlsResult<Outcome> outcome) =>
        Encoding.UTF8.GetString(Assert.IsType<Outcome.ApplicationMessage>(outcome.Value).Data.Span);

    internal static byte[] Send(this Group group, string text) => group.Encrypt(Encoding.UTF8.GetBytes(text)).Value;
}
