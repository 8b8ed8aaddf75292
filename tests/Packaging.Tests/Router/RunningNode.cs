using System.Diagnostics;

namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>The node of a router, run as procd would: as its user, with the command of the service.</summary>
internal sealed class RunningNode : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RouterRoot _router;
    private readonly Process _process;

    private RunningNode(RouterRoot router, Process process)
    {
        _router = router;
        _process = process;
    }

    /// <summary>Defines the service, runs what it defined, and waits until the node answers.</summary>
    internal static RunningNode Start(RouterRoot router)
    {
        Ran ran = router.Run("/etc/init.d/qpc-mesh start");
        Assert.True(ran.ExitCode == 0, ran.ToString());
        string command =
            router.Recorded.Single(
                r => r.StartsWith("param|command|", StringComparison.Ordinal))["param|command|".Length..]
                    .Replace('|', ' ');
        // A network of its own: the port of the package's settings is taken once on a machine.
        var start = new ProcessStartInfo("unshare") { RedirectStandardInput = true };
        router.Run("rm -f /tmp/node.log; chmod 1777 /tmp");
        foreach (string word in (string[])["--net", "chroot", .. router.AsNode($"exec {command} 2>/tmp/node.log")])
            start.ArgumentList.Add(word);
        var node = new RunningNode(router, Process.Start(start)!);
        var waited = Stopwatch.StartNew();
        while (node.Ctl("status").ExitCode != 0)
        {
            if (node._process.HasExited || waited.Elapsed > Patience)
            {
                string log = File.ReadAllText(router.File("tmp/node.log"));
                node.Dispose();
                throw new InvalidOperationException($"the node does not answer: {log}");
            }

            Thread.Sleep(50);
        }

        return node;
    }

    /// <summary>Asks it, from inside the router and without saying where: as an operator does.</summary>
    internal Ran Ctl(string arguments) => _router.Run($"qpc-mesh ctl {arguments}");

    internal string Address =>
        System.Text.Json.Nodes.JsonNode.Parse(Ctl("--json identity").Output)!["address"]!.GetValue<string>();

    /// <summary>Ends it in order.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Shell.Run("kill", ["-TERM", $"{_process.Id}"]);
            if (!_process.WaitForExit(Patience))
                _process.Kill();
        }

        _process.Dispose();
    }
}
