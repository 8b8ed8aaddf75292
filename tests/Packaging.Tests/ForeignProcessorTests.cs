using System.Diagnostics;
using System.Text.Json.Nodes;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>The program for arm64 under an emulated processor, beside the one of this machine.</summary>
public sealed class ForeignProcessorTests : IDisposable
{
    private const string Emulator = "/usr/bin/qemu-aarch64-static";
    private const string Foreign = "artifacts/aarch64/qpc-mesh";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-arm-").FullName;
    private readonly List<Process> _daemons = [];

    public void Dispose()
    {
        foreach (Process daemon in _daemons)
        {
            if (!daemon.HasExited)
                daemon.Kill();
            daemon.WaitForExit();
            daemon.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [NeedsFact(Emulator, Foreign, Packages.Program)]
    public void A_node_on_arm64_tests_itself_makes_a_key_runs_answers_and_gets_a_message_from_x64()
    {
        string[] arm = [Emulator, Repository.File(Foreign)];
        string[] x64 = [Repository.File(Packages.Program)];
        Assert.Contains($"qpc-mesh {Packages.Version}", Run(arm, "version").Output, StringComparison.Ordinal);
        string address = Run(arm, "keygen", "--data-dir", Path.Combine(_folder, "arm")).Output.Trim();

        // Start-up runs the self-test of every primitive before anything else.
        JsonNode status = Start(arm, "arm", "--listen", "tcp://127.0.0.1:0");
        Assert.Equal(address, (string?)status["address"]);
        Start(x64, "x64", "--peer", (string)status["listen"]![0]!);
        Until("a route to the arm64 node",
            () => Ctl(x64, "x64", "--json", "routes").Output.Contains(address, StringComparison.Ordinal));

        Ran sent = Ctl(x64, "x64", "send", address, "across processors", "--wait", "delivered");

        Assert.True(sent.ExitCode == 0, sent.ToString());
        Assert.Contains("across processors", Ctl(arm, "arm", "messages").Output, StringComparison.Ordinal);
    }

    private JsonNode Start(string[] program, string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(program[0]) { RedirectStandardError = true };
        foreach (string word in (string[])[.. program[1..], "run", "--data-dir", Path.Combine(_folder, name),
            .. arguments])
            start.ArgumentList.Add(word);
        Process daemon = Process.Start(start)!;
        daemon.ErrorDataReceived += static (_, _) => { };
        daemon.BeginErrorReadLine();
        _daemons.Add(daemon);
        Until($"{name} answers", () => Ctl(program, name, "--json", "status").ExitCode == 0);
        return JsonNode.Parse(Ctl(program, name, "--json", "status").Output)!;
    }

    private Ran Ctl(string[] program, string name, params string[] arguments) =>
        Shell.Run(program[0],
            [.. program[1..], "ctl", "--control", Path.Combine(_folder, name, "control.sock"), .. arguments]);

    private static Ran Run(string[] program, params string[] arguments)
    {
        Ran ran = Shell.Run(program[0], [.. program[1..], .. arguments]);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return ran;
    }

    private static void Until(string what, Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Patience, what);
            Thread.Sleep(100);
        }
    }
}
