using System.Diagnostics;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>What <c>make demo-server</c> shows, with the programs as they were built here.</summary>
public sealed class Demonstration : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-demo-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_demonstration_ends_with_a_group_of_all_three_that_survives_the_kill_of_the_one_between()
    {
        string node = Script("node", Killed.Node);
        string server = Script("server", Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"));
        using Process demo = Process.Start(new ProcessStartInfo(
            "bash", [Repository.File("build", "demo-server.sh"), node, server])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            Task<string> said = demo.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> errors = demo.StandardError.ReadToEndAsync(limit.Token);
            await demo.WaitForExitAsync(limit.Token);
            string[] lines = (await said).Split('\n');
            Assert.True(demo.ExitCode == 0, $"{string.Join('\n', lines)}\n{await errors}");
            string[] group =
                [.. lines.SkipWhile(l => !l.Contains("Who is reached over the server", StringComparison.Ordinal))];
            Assert.Equal(2, group.Count(l => l.Contains("  over 127.0.0.1:", StringComparison.Ordinal)));
            Assert.Equal(2, group.Count(l => l.Contains("  carried by ", StringComparison.Ordinal)));
            Assert.Contains(group, l => l.Contains("Bob, while alice was away.", StringComparison.Ordinal));
            Assert.Contains("Done", string.Join('\n', group));
        }
        finally
        {
            if (!demo.HasExited)
                demo.Kill(entireProcessTree: true);
        }
    }

    private string Script(string name, string program)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, $"#!/bin/sh\nexec dotnet '{program}' \"$@\"\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
