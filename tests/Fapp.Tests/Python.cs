using System.Diagnostics;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>
/// A test that an independent program in Python judges: skipped where Debian's package is absent, but not under CI.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    /// <param name="module">What the script imports.</param>
    /// <param name="package">Debian's package that has it.</param>
    public PythonFactAttribute(string module, string package)
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !Python.Has(module))
            Skip = $"{package} is not installed: make deps";
    }
}

/// <summary>Debian's own interpreter, because its packages are not in any other.</summary>
internal static class Python
{
    private const string Interpreter = "/usr/bin/python3";

    internal static bool Has(string module)
    {
        if (!File.Exists(Interpreter))
            return false;
        using Process python = Start("-c", $"import {module}");
        python.StandardInput.Close();
        python.WaitForExit();
        return python.ExitCode == 0;
    }

    /// <summary>Runs a script and returns what it prints; fails with its words if it fails.</summary>
    internal static string Run(string script, string input) => Run(input, ["-c", script]);

    /// <summary>As <see cref="Run(string, string)"/>, of a file.</summary>
    internal static string RunFile(string file, string input) => Run(input, ["-B", file]);

    private static string Run(string input, string[] arguments)
    {
        using Process python = Start(arguments);
        Task<string> output = python.StandardOutput.ReadToEndAsync(), errors = python.StandardError.ReadToEndAsync();
        try
        {
            python.StandardInput.Write(input);
            python.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended early; its own words below say why.
        }

        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors.Result);
        return output.Result;
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Interpreter, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
