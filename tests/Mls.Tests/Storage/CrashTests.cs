using System.Diagnostics;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Storage;

/// <summary>
/// A real process works on a file store and is killed (SIGKILL) again and again. Whatever it said before it died, the
/// other member must be able to follow; what it never said must not matter.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 25;

    private readonly string _directory = Directory.CreateTempSubdirectory("mls-crash-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_process_killed_at_any_moment_goes_on_where_the_group_is()
    {
        TestClient bob = new("bob", policy: CrashChild.Policy);
        Group theirs = Prepare(bob);
        Random random = new(7);
        HashSet<string> ciphertexts = [];
        string? pending = null;
        int messages = 0, commits = 0;
        for (int run = 0; run <= Kills; run++)
        {
            bool last = run == Kills;
            foreach (string line in Run(last ? null : random))
            {
                string[] words = line.Split(' ');
                switch (words[0])
                {
                    case "message":
                        Assert.True(ciphertexts.Add(words[1]));
                        Assert.True(theirs.Process(Convert.FromHexString(words[1])).IsOk,
                            $"Message {messages} of run {run} is not readable: a key was used twice or lost.");
                        messages++;
                        break;
                    case "commit":
                        // A restarted process says its pending commit again; the group follows it once.
                        if (pending != words[1])
                            theirs.Follow(Convert.FromHexString(words[1]));
                        pending = words[1];
                        commits++;
                        break;
                    case "epoch":
                        Assert.Equal(words[1], Convert.ToHexString(theirs.EpochAuthenticator.Span));
                        break;
                    default:
                        Assert.Fail($"The process said: {line}");
                        break;
                }
            }
        }
        Assert.True(messages > Kills
            && commits > Kills / 2, $"{messages} messages and {commits} commits prove little.");
    }

    private Group Prepare(TestClient bob)
    {
        using FileGroupStore store = new(_directory);
        TestClient alice = CrashChild.Alice(store, seed: 0);
        Group group = alice.Create("crash");
        PendingCommit commit = group.Commit(new CommitRequest { Add = [bob.KeyPackageFor(alice)] }).Value;
        group.MergePending();
        Group theirs = bob.Join(commit.Welcome!);
        GroupTests.AssertAgreed(group, theirs);
        return theirs;
    }

    // The lines that the process finished before it died. The kill comes some lines and then some milliseconds on,
    // whatever it is doing then; without a source of chance the process is left to finish.
    private List<string> Run(Random? chance)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in new[] { typeof(CrashTests).Assembly.Location, CrashChild.Command, _directory, chance
            is null ? "finish" : "run" })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        List<string> lines = [];
        int killAfterLines = chance?.Next(1, 10) ?? int.MaxValue;
        int delay = chance?.Next(0, 40) ?? 0;
        Thread? killer = null;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (lines.Count != killAfterLines)
                continue;
            killer = new Thread(() =>
            {
                process.WaitForExit(delay);
                process.Kill();
            });
            killer.Start();
        }
        killer?.Join();
        process.WaitForExit();
        Assert.True(chance is not null || process.ExitCode == 0, "The last run must end well.");

        // The last line may be cut; every whole line ends with a dot.
        return [.. lines.Where(l => l.EndsWith('.')).Select(l => l[..^1])];
    }
}
