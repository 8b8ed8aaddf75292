using System.Buffers;
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
        using ControlClient? client = ControlClient.TryConnect(path, out string why);
        if (client is null)
        {
            await errors.WriteLineAsync($"{why}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        try
        {
            var pages = new ReplyPages(client);
            if (request.Command == ControlCommands.Events)
                return await WatchAsync(client, pages, request, output, errors, cancellation).ConfigureAwait(false);
            return request.Command == ControlCommands.Messages
                ? await ListMessagesAsync(pages, request, json, output, errors, cancellation).ConfigureAwait(false)
                : await AskAsync(pages, request, json, output, errors, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return request.Command == ControlCommands.Events ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static async Task<int> AskAsync(
        ReplyPages pages, ControlRequest request, bool json, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var merged = new MergedResult();
        await foreach (ReplyPages.Reply? page in pages.InOrderAsync(request, cancellation).ConfigureAwait(false))
        {
            using (page)
            {
                if (Failure(page, errors) is { } code)
                    return code;
                merged.Add(page!.Result);
            }
        }

        using JsonDocument result = merged.ToJson();
        if (json)
            output.WriteLine(result.RootElement.GetRawText());
        else
            Rendering.Write(output, request.Command!, result.RootElement);
        return request.Wait is null || Reached(result.RootElement, request.Wait) ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Messages may be more than fits in memory: each page is written as it comes.</summary>
    private static async Task<int> ListMessagesAsync(
        ReplyPages pages, ControlRequest request, bool json, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        bool any = false;
        await foreach (ReplyPages.Reply? page in pages.InOrderAsync(request, cancellation).ConfigureAwait(false))
        {
            using (page)
            {
                if (Failure(page, errors) is { } code)
                    return code;
                foreach (JsonElement message in page!.Result.EnumerateArray())
                {
                    if (json)
                        output.Write((any ? "," : "[") + message.GetRawText());
                    else
                        Rendering.WriteMessage(output, message);
                    any = true;
                }
            }
        }

        if (json)
            output.WriteLine(any ? "]" : "[]");
        else if (!any)
            output.WriteLine(Rendering.NoMessages);
        return ExitCode.Done;
    }

    private static async Task<int> WatchAsync(
        ControlClient client, ReplyPages pages, ControlRequest request, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        using (ReplyPages.Reply? reply = await pages.AskAsync(request, cancellation).ConfigureAwait(false))
        {
            if (Failure(reply, errors) is { } code)
                return code;
        }

        while (await client.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            await output.WriteLineAsync(Encoding.UTF8.GetString(line.Span)).ConfigureAwait(false);
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }

    /// <summary>Says why a request was not done; null if it was.</summary>
    private static int? Failure(ReplyPages.Reply? reply, TextWriter errors)
    {
        if (reply is { IsDone: true })
            return null;
        errors.WriteLine(reply?.Error ?? "the daemon went away");
        return reply is { IsUsage: true } ? ExitCode.Usage : ExitCode.Failed;
    }

    /// <summary>The answer to a wait comes at the state or at an end without it.</summary>
    private static bool Reached(JsonElement result, string wait)
    {
        string? state = result.GetProperty("state").GetString();
        return state == wait || state is "delivered" || (state is "forwarded" && wait is "queued");
    }

    /// <summary>The pages of a list in one: a list itself, or an object with one in it.</summary>
    internal sealed class MergedResult
    {
        private readonly ArrayBufferWriter<byte> _items = new();
        private JsonElement? _first;
        private int _count;

        internal void Add(JsonElement result)
        {
            _first ??= result.Clone();
            if (result.ValueKind == JsonValueKind.Array)
                Append(result);
            else if (result.TryGetProperty("held", out JsonElement held))
                Append(held);
        }

        internal JsonDocument ToJson()
        {
            JsonElement first = _first!.Value;
            if (first.ValueKind == JsonValueKind.Array)
                return JsonDocument.Parse(List());
            var whole = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(whole, new JsonWriterOptions { Encoder = ControlReply.Encoder }))
            {
                json.WriteStartObject();
                foreach (JsonProperty property in first.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    json.WriteRawValue(property.Name == "held" ? List() : Encoding.UTF8.GetBytes(property.Value.GetRawText()), skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            return JsonDocument.Parse(whole.WrittenMemory);
        }

        private byte[] List() => [(byte)'[', .. _items.WrittenSpan, (byte)']'];

        private void Append(JsonElement list)
        {
            foreach (JsonElement item in list.EnumerateArray())
            {
                if (_count++ > 0)
                    _items.Write(","u8);
                _items.Write(Encoding.UTF8.GetBytes(item.GetRawText()));
            }
        }
    }
}
