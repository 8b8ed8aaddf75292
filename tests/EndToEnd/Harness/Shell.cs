using System.Diagnostics;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>What a program that has ended said.</summary>
internal readonly record struct Ran(int ExitCode, string Output, string Errors);

/// <summary>Runs other programs to their end.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a program that has to succeed.</summary>
    internal static void Do(string program, params string[] arguments)
    {
        Ran ran = Run(program, arguments);
        if (ran.ExitCode != 0)
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)}: exit code {ran.ExitCode}: {ran.Errors}{ran.Output}");
    }

    /// <summary>Runs a program and returns what it said.</summary>
    internal static Ran Run(string program, IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            throw new TimeoutException(
                $"{program} {string.Join(' ', arguments)} did not end within {Patience.TotalSeconds} s");
        }

        return new Ran(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
