using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// Why something was not done, on standard error: a sentence, or with <c>--json</c> a line as on the socket,
/// <c>{"ok":false,"code":...,"error":...}</c>. Each code stands for an exit code.
/// </summary>
internal static class CtlErrors
{
    private const string JsonOption = "--json";

    /// <summary>JSON was asked for; also where the rest of the command line is wrong.</summary>
    internal static bool WantsJson(ParseResult parsed) =>
        parsed.Tokens.Any(static t => t.Type == TokenType.Option && t.Value == JsonOption);

    /// <summary>Says it.</summary>
    /// <param name="errors">Where to.</param>
    /// <param name="json">As JSON.</param>
    /// <param name="exitCode">What the program ends with.</param>
    /// <param name="text">The sentence.</param>
    /// <returns>The exit code.</returns>
    internal static int Write(TextWriter errors, bool json, int exitCode, string text)
    {
        errors.WriteLine(json ? ToJson(exitCode, text) : text);
        return exitCode;
    }

    /// <summary>Connects to the daemon.</summary>
    /// <exception cref="NoDaemonException">None answers; the message says so, and what to do.</exception>
    internal static ControlClient Connect(string path) =>
        ControlClient.TryConnect(path, out string why)
            ?? throw new NoDaemonException($"{why}; 'qpc-mesh run' starts one");

    private static string ToJson(int exitCode, string text)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, ReplyWriter.Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, false);
            json.WriteString("code"u8, exitCode switch
            {
                ExitCode.Usage => "usage",
                ExitCode.NoDaemon => "no-daemon",
                _ => "refused",
            });
            json.WriteString("error"u8, text);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}

/// <summary>No daemon answers on the control socket.</summary>
internal sealed class NoDaemonException(string message) : IOException(message);
