namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-join</c> takes.</summary>
public sealed record ChannelJoinRequest
{
    /// <summary>The channel's key: <c>qpc-channel:...</c></summary>
    public string? Uri { get; set; }

    /// <summary>What to call the channel here, if not as the URI says.</summary>
    public string? Name { get; set; }
}

/// <content><c>channel-join</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-join</c>: reads and writes a channel by its URI.</summary>
    public static CommandSpec<ChannelJoinRequest, ChannelInfo> ChannelJoin { get; } = new(
        "channel-join", CommandGroup.Channels, "Joins a channel by its URI.", json => json.ChannelInfo,
        new ArgumentList<ChannelJoinRequest>()
            .Operand(
                "uri", "qpc-channel:...; - reads it from standard input.", r => r.Uri, (r, v) => r.Uri = v,
                takesInput: true)
            .OptionalOperand("name", "What to call it here, if not as the URI says.", r => r.Name,
                (r, v) => r.Name = v))
    {
        IsBrief = true,
        Console = [new("/channel join", "URI [NAME]", "join a channel by its URI")],
        Rendering = ChannelInfo.Show,
    };
}
