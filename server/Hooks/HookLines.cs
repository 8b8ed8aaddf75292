using System.Buffers;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>
/// The lines between the server and a hook, each a JSON object (docs/reference/hooks.md). The hook is the operator's;
/// its answers are bounded all the same.
/// </summary>
internal static class HookLines
{
    /// <summary>Bytes of a hook's line. Arbitrary.</summary>
    internal const int MaxLine = 4096;

    // What of a reason is told to the client. Arbitrary.
    private const int MaxReason = 200;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 8 };

    /// <summary>An event as a line.</summary>
    internal static byte[] Write(HookEvent happened) => Write(json =>
    {
        json.WriteString("event", NameOf(happened.Kind));
        json.WriteNumber("time_ms", happened.TimeMs);
        if (happened.Kind == HookEventKind.Message)
        {
            json.WriteString("sender", Hex(happened.Identity));
            json.WriteString("recipient", Hex(happened.Recipient));
            json.WriteNumber("seq", happened.Sequence);
            json.WriteNumber("bytes", happened.Bytes);
            return;
        }

        json.WriteString("user", happened.User);
        json.WriteString("identity", Hex(happened.Identity));
        json.WriteString("address", happened.Address);
    });

    /// <summary>A question as a line.</summary>
    internal static byte[] Write(long id, RegistrationQuestion question) => Write(json =>
    {
        json.WriteString("ask", "register");
        json.WriteNumber("id", id);
        json.WriteString("user", question.User);
        json.WriteString("identity", Hex(question.Identity));
        json.WriteString("address", question.Address);
    });

    /// <summary>Reads an answer: an object with <c>id</c>, <c>allow</c> and perhaps <c>reason</c>.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> line, out long id, out HookVerdict verdict)
    {
        id = 0;
        verdict = default;
        bool? allow = null;
        bool hasId = false;
        string reason = "";
        try
        {
            Utf8JsonReader reader = new(line, Reading);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isId = reader.ValueTextEquals("id"u8), isAllow = reader.ValueTextEquals("allow"u8),
                    isReason = reader.ValueTextEquals("reason"u8);
                if (!reader.Read())
                    return false;
                if (isId)
                    hasId = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out id);
                else if (isAllow)
                    allow = reader.TokenType switch
                    {
                        JsonTokenType.True => true,
                        JsonTokenType.False => false,
                        _ => null,
                    };
                else if (isReason && reader.TokenType == JsonTokenType.String)
                    reason = Tidy(reader.GetString()!);
                else
                    reader.Skip();
            }

            if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
                return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a text that is no UTF-8.
            return false;
        }

        verdict = new HookVerdict(allow ?? false, reason);
        return hasId && allow is not null;
    }

    private static string NameOf(HookEventKind kind) => kind switch
    {
        HookEventKind.Registered => "registered",
        HookEventKind.Deleted => "deleted",
        HookEventKind.DeviceRevoked => "device-revoked",
        HookEventKind.Message => "message",
        _ => throw new InvalidOperationException("A kind that does not exist."),
    };

    private static string Hex(Stores.IdentityKey key) => Convert.ToHexStringLower(key.ToArray());

    // It becomes a sentence that a client shows: one line of bounded length.
    private static string Tidy(string reason)
    {
        StringBuilder text = new();
        foreach (Rune rune in reason.EnumerateRunes())
        {
            if (text.Length >= MaxReason)
                break;
            text.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return text.ToString().Trim();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
