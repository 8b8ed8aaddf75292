using System.Diagnostics;
using System.Text;

namespace QuicProChat.Mesh.Testing;

/// <summary>Scripts in Python that share nothing with the program: they make the test vectors of the pages.</summary>
public static class IndependentScript
{
    /// <summary>What a script prints.</summary>
    /// <param name="path">Where it is in the repository.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Output(string path)
    {
        // -B: it leaves no compiled files beside the sources.
        var start = new ProcessStartInfo("python3", ["-B", Repository.File(path)])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        using Process script = Process.Start(start)!;
        string printed = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        return script.ExitCode == 0 ? printed
            : throw new InvalidOperationException($"{path} ended with {script.ExitCode}");
    }
}
