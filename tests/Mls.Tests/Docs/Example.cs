using System.Text;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tests.Docs;

internal static class Example
{
    internal static string Run()
    {
        // <example>
        const CipherSuite suite = CipherSuite.X25519Aes128GcmSha256Ed25519;
        MlsClientOptions options = new() { Validator = new KnownNames("alice", "bob") };

        // Two clients. In life each is a process of its own, with a store of its own.
        MlsIdentity alice = MlsIdentity.Generate(suite, Credential.Basic("alice"u8));
        MlsIdentity bob = MlsIdentity.Generate(suite, Credential.Basic("bob"u8));
        MlsClient alicesClient = new(options, alice);
        MlsClient bobsClient = new(new MlsClientOptions { Validator = options.Validator }, bob);

        // Bob publishes a key package; Alice fetches it and verifies it.
        byte[] published = bobsClient.CreateKeyPackage(bob, TimeSpan.FromDays(30)).ToMessage();
        KeyPackage bobsPackage = alicesClient.Verify(UnverifiedKeyPackage.Parse(published).Value).Value;

        // Alice makes a group and adds Bob with a commit. She merges it once it is the one that counts.
        Group alicesGroup = alicesClient.CreateGroup(alice, "lake"u8).Value;
        PendingCommit commit = alicesGroup.Commit(new CommitRequest { Add = [bobsPackage] }).Value;
        alicesGroup.MergePending();
        Group bobsGroup = bobsClient.Join(UnverifiedWelcome.Parse(commit.Welcome).Value).Value;

        // Bob renews his keys. Alice sees what the commit does before she follows it.
        PendingCommit renewal = bobsGroup.Commit(new CommitRequest()).Value;
        MlsResult<Outcome> outcome = alicesGroup.Process(UnverifiedMessage.Parse(renewal.Message).Value);
        if (outcome.TryGet(out Outcome? what)
            && what is Outcome.CommitStaged { Commit.Summary.Removed.Count: 0 } staged)
        {
            alicesGroup.Merge(staged.Commit);
        }

        bobsGroup.MergePending();

        // A message. Its key is gone as soon as it is read.
        byte[] sent = alicesGroup.Encrypt(Encoding.UTF8.GetBytes("See you at the lake.")).Value;
        what = bobsGroup.Process(UnverifiedMessage.Parse(sent).Value).Value;
        string read = what is Outcome.ApplicationMessage message ? Encoding.UTF8.GetString(message.Data.Span) : "";
        // </example>
        return read;
    }
}
