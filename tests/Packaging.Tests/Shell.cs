using System.Diagnostics;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>What a program that has ended said.</summary>
internal readonly record struct Ran(int ExitCode, string Output, string Errors)
{
    /// <summary>Everything, for the message of a failed assertion.</summary>
    public override string ToString() => $"exit code {ExitCode}: {Output}{Errors}";
}

/// <summary>Runs other programs to their end.</summary>
internal static class Shell
{
    /// <summary>Packing a program takes a minute on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs a program that has to succeed; what it printed.</summary>
    internal static string Do(string program, params string[] arguments)
    {
        Ran ran = Run(program, arguments);
        return ran.ExitCode == 0 ? ran.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {ran}");
    }

    /// <summary>Runs a program and returns what it said.</summary>
    internal static Ran Run(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience}");
        }

        return new Ran(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
