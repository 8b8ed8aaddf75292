using System.Text;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Storage;

/// <summary>
/// The process that is killed: it sends, commits and merges without end, and says what it did when it is durable.
/// </summary>
internal static class CrashChild
{
    internal const string Command = "crash-child";

    private static readonly byte[] SignatureSeed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    internal static GroupPolicy Policy => new() { ForwardWindow = 100_000 };

    internal static TestClient Alice(IGroupStore store, int seed) => new(
        "alice", policy: Policy, store: store, random: new SeededRandom(seed + Environment.ProcessId).Fill,
        identity: MlsIdentity.Import(TestClient.DefaultSuite, SignatureSeed, Credential.Basic("alice"u8)));

    internal static int Main(string[] args)
    {
        if (args is not [Command, string directory, string mode])
        {
            Console.Error.WriteLine("This program is part of a test.");
            return 2;
        }
        using FileGroupStore store = new(directory);
        Group group = Alice(store, seed: 1000).Client.FindGroup("crash"u8)!;
        if (group.Pending is { } left)
        {
            Say("commit", left.Message);
            group.MergePending();
        }
        for (int i = 0; mode == "run" || i < 12; i++)
        {
            Say("message", group.Encrypt(Encoding.UTF8.GetBytes($"message {i}")).Value);
            if (i % 2 == 0)
                continue;
            Say("commit", group.Commit(new CommitRequest()).Value.Message);
            group.MergePending();
        }
        Say("epoch", group.EpochAuthenticator.ToArray());
        return 0;
    }

    private static void Say(string what, byte[] bytes)
    {
        Console.Out.WriteLine($"{what} {Convert.ToHexString(bytes)}.");
        Console.Out.Flush();
    }
}
