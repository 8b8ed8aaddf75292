using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Bench;

/// <summary>
/// Groups to measure: suite 1, basic credentials of 32 bytes, ids of 8, as in the figures to compare with.
/// </summary>
internal static class World
{
    internal const CipherSuite Suite = CipherSuite.X25519Aes128GcmSha256Ed25519;

    internal static readonly byte[] GroupId = [1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>A client of its own store, that trusts everybody.</summary>
    internal static Actor NewActor(int number)
    {
        byte[] name = new byte[32];
        BitConverter.TryWriteBytes(name, number);
        MlsIdentity identity = MlsIdentity.Generate(Suite, Credential.Basic(name));
        MlsClientOptions options = new()
        {
            Validator = new Trusting(),
            Policy = new GroupPolicy { EncryptHandshakes = false },
        };
        return new Actor(new MlsClient(options, identity), identity);
    }

    /// <summary>
    /// A group of so many, everybody else added by one commit without a path; the first and last member take part.
    /// </summary>
    internal static (Group First, Group Last) Added(int members)
    {
        Actor creator = NewActor(0);
        Group group = creator.Client.CreateGroup(creator.Identity, GroupId).Value;
        Actor last = NewActor(members - 1);
        List<KeyPackage> packages = [];
        for (int i = 1; i < members - 1; i++)
            packages.Add(NewActor(i).KeyPackage());
        packages.Add(last.KeyPackage());
        PendingCommit commit = group.Commit(new CommitRequest { Add = packages }).Value;
        group.MergePending();
        return (group, last.Client.Join(UnverifiedWelcome.Parse(commit.Welcome!).Value).Value);
    }

    /// <summary>
    /// A group of so many in which everybody but the creator joined by external commit, so that the tree is full.
    /// </summary>
    internal static (Group First, Group Last) External(int members)
    {
        Actor creator = NewActor(0);
        Group first = creator.Client.CreateGroup(creator.Identity, GroupId).Value;
        Group last = first;
        for (int i = 1; i < members; i++)
        {
            Actor joiner = NewActor(i);
            UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(first.GroupInfo().Value).Value;
            ExternalJoin join = joiner.Client.JoinExternally(info, joiner.Identity).Value;
            Follow(first, join.Message);
            last = i == members - 1 ? join.Accept() : last;
        }
        return (first, last);
    }

    internal static void Follow(Group group, byte[] commit) =>
        group.Merge(((Outcome.CommitStaged)group.Process(UnverifiedMessage.Parse(commit).Value).Value).Commit);

    internal sealed record Actor(MlsClient Client, MlsIdentity Identity)
    {
        internal KeyPackage KeyPackage() => Client.CreateKeyPackage(Identity, TimeSpan.FromDays(30));
    }

    private sealed class Trusting : CredentialValidator
    {
        public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
            true;

        public override bool MayJoinExternally(Credential credential, Credential? removed) => true;
    }
}
