namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-create</c> takes.</summary>
public sealed record ChannelCreateRequest
{
    /// <summary>What to call the channel: 1 to 20 bytes.</summary>
    public string? Name { get; set; }
}

/// <content><c>channel-create</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-create</c>: makes a channel with a key of its own.</summary>
    public static CommandSpec<ChannelCreateRequest, ChannelInfo> ChannelCreate { get; } = new(
        "channel-create", CommandGroup.Channels, "Makes a channel with a key of its own.", json => json.ChannelInfo,
        new ArgumentList<ChannelCreateRequest>()
            .Operand("name", "What to call it: at most 20 bytes.", r => r.Name, (r, v) => r.Name = v))
    {
        IsBrief = true,
        Console = [new("/channel create", "NAME", "make a channel")],
        Rendering = ChannelInfo.Show,
    };
}
