using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>send</c> takes.</summary>
public sealed record SendRequest
{
    /// <summary>An address or alias; with <see cref="Lite"/> a group.</summary>
    public string? To { get; set; }

    /// <summary>What the message says.</summary>
    public string? Text { get; set; }

    /// <summary><see cref="To"/> is an MLS-Lite group.</summary>
    public bool Lite { get; set; }

    /// <summary>Signed, so that the others in a group know who wrote it.</summary>
    public bool Signed { get; set; }

    /// <summary><c>low</c>, <c>normal</c>, <c>high</c>, <c>emergency</c>; null for normal.</summary>
    public string? Priority { get; set; }

    /// <summary>How long to try: 90s, 12h, 7d; null for what the configuration says.</summary>
    public string? Lifetime { get; set; }

    /// <summary>Answer only when the message has reached this state or can no longer; null for at once.</summary>
    public string? Wait { get; set; }
}

/// <summary>What became of a send.</summary>
/// <param name="Id">The message's id: 32 hexadecimal digits.</param>
/// <param name="State">How far it is: docs/reference/control.md, States.</param>
public sealed record SendInfo(string Id, string State)
{
    /// <summary>Why it is in that state, where that needs saying.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>For a message to a group: how many it was sent to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Recipients { get; init; }

    /// <summary>How many of them have proven that they have it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? DeliveredTo { get; init; }
}

/// <content><c>send</c>.</content>
public static partial class Commands
{
    /// <summary><c>send</c>: sends a message.</summary>
    public static CommandSpec<SendRequest, SendInfo> Send { get; } = new(
        "send", CommandGroup.Messages, "Sends a message.", json => json.SendInfo,
        new ArgumentList<SendRequest>()
            .Operand("to", "An address, an alias, group:NAME, channel:NAME or self; with --lite an MLS-Lite group.",
                r => r.To, (r, v) => r.To = v)
            .Operand(
                "text", "The message; - reads it from standard input.", r => r.Text, (r, v) => r.Text = v,
                takesInput: true)
            .Flag("lite", "TO is an MLS-Lite group.", r => r.Lite, (r, v) => r.Lite = v)
            .Flag("signed", "With --lite: sign it, for 64 bytes more.", r => r.Signed, (r, v) => r.Signed = v)
            .Option("priority", "P", "low, normal, high, emergency.", r => r.Priority, (r, v) => r.Priority = v)
            .Option("lifetime", "T", "How long to try: 90s, 12h, 7d.", r => r.Lifetime, (r, v) => r.Lifetime = v)
            .Option("wait", "STATE", "Wait for queued, forwarded or delivered.", r => r.Wait, (r, v) => r.Wait = v))
    {
        Waits = r => r.Wait is not null,
        Reached = (request, result) => request.Wait is null || result.State == request.Wait
            || result.State is "delivered" || (result.State is "forwarded" && request.Wait is "queued"),
        Console =
        [
            new("/mesh send", "PEER TEXT", "send one message"),
            new("/lite send", "GROUP TEXT", "send one message to a group") { Parse = ToGroup },
            new("/group send", "GROUP TEXT", "send one message to a group") { Parse = ToMlsGroup },
            new("/mesh broadcast", "TOPIC TEXT", "say something in a channel") { Parse = ToChannel },
        ],
        Rendering = (screen, sent) => screen.Line($"{sent.Id} {sent.State}{MessageLines.Reason(sent.Reason)}"),
    };

    private static SendRequest? ToMlsGroup(ConsoleLine line)
    {
        (string group, string text) = ConsoleLine.Split(line.Rest);
        return text.Length > 0 ? new SendRequest { To = "group:" + group, Text = text } : null;
    }

    private static SendRequest? ToChannel(ConsoleLine line)
    {
        (string channel, string text) = ConsoleLine.Split(line.Rest);
        return text.Length > 0 ? new SendRequest { To = $"channel:{channel}", Text = text } : null;
    }

    private static SendRequest? ToGroup(ConsoleLine line)
    {
        (string group, string text) = ConsoleLine.Split(line.Rest);
        return text.Length > 0 ? new SendRequest { Lite = true, To = group, Text = text } : null;
    }
}
