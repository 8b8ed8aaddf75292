using System.Diagnostics;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>A daemon of the built program, alone in a directory of its own.</summary>
internal sealed class LoneNode : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-lone-").FullName;
    private readonly Process _process;

    private LoneNode(string[] options)
    {
        var start = new ProcessStartInfo(Repository.File(Packages.Program)) { RedirectStandardError = true };
        foreach (string word in (string[])["run", "--data-dir", Path.Combine(_folder, "data"), .. options])
            start.ArgumentList.Add(word);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    internal static LoneNode Start(params string[] options)
    {
        var node = new LoneNode(options);
        var waited = Stopwatch.StartNew();
        while (node.Ask("status").ExitCode != 0)
        {
            if (node._process.HasExited || waited.Elapsed > Patience)
            {
                node.Dispose();
                throw new InvalidOperationException("the node does not answer");
            }

            Thread.Sleep(50);
        }

        return node;
    }

    /// <summary>What the node says to a command.</summary>
    internal string Ctl(params string[] words)
    {
        Ran ran = Ask(words);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return ran.Output;
    }

    private Ran Ask(params string[] words) =>
        Shell.Run(Repository.File(Packages.Program),
            ["ctl", "--control", Path.Combine(_folder, "data/control.sock"), .. words]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
