using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>One run of <c>ctl</c>: request, reply, exit code.</summary>
internal static class CtlSession
{
    internal static async Task<int> RunAsync(
        string path, ControlRequest request, bool json, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        using ControlClient? client = ControlClient.TryConnect(path);
        if (client is null)
        {
            await errors.WriteLineAsync($"no daemon answers on {path}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        try
        {
            await client.SendAsync(request, cancellation).ConfigureAwait(false);
            if (await client.ReadLineAsync(cancellation).ConfigureAwait(false) is not { } line)
            {
                await errors.WriteLineAsync("the daemon went away").ConfigureAwait(false);
                return ExitCode.Failed;
            }

            using JsonDocument reply = JsonDocument.Parse(line);
            int code = Print(reply.RootElement, request, json, output, errors);
            if (code == ExitCode.Done && request.Command == ControlCommands.Events)
                await StreamAsync(client, output, cancellation).ConfigureAwait(false);
            return code;
        }
        catch (OperationCanceledException)
        {
            return request.Command == ControlCommands.Events ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static int Print(JsonElement reply, ControlRequest request, bool json, TextWriter output, TextWriter errors)
    {
        if (!reply.GetProperty("ok").GetBoolean())
        {
            errors.WriteLine(reply.GetProperty("error").GetString());
            return reply.GetProperty("code").GetString() == "usage" ? ExitCode.Usage : ExitCode.Failed;
        }

        JsonElement result = reply.GetProperty("result");
        if (request.Command == ControlCommands.Events)
            return ExitCode.Done;
        if (json)
            output.WriteLine(result.GetRawText());
        else
            Rendering.Write(output, request.Command!, result);
        return request.Wait is null || Reached(result, request.Wait) ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>The answer to a wait comes at the state or at an end without it.</summary>
    private static bool Reached(JsonElement result, string wait)
    {
        string? state = result.GetProperty("state").GetString();
        return state == wait || state is "delivered" || (state is "forwarded" && wait is "queued");
    }

    private static async Task StreamAsync(ControlClient client, TextWriter output, CancellationToken cancellation)
    {
        while (await client.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            await output.WriteLineAsync(Encoding.UTF8.GetString(line.Span)).ConfigureAwait(false);
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }
}
