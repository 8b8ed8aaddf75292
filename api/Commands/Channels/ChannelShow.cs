namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-show</c> takes.</summary>
public sealed record ChannelShowRequest
{
    /// <summary>A channel's name or id.</summary>
    public string? Channel { get; set; }
}

/// <content><c>channel-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-show</c>: one channel.</summary>
    public static CommandSpec<ChannelShowRequest, ChannelInfo> ChannelShow { get; } = new(
        "channel-show", CommandGroup.Channels, "One channel.", json => json.ChannelInfo,
        new ArgumentList<ChannelShowRequest>()
            .Operand("channel", "A channel's name or id.", r => r.Channel, (r, v) => r.Channel = v))
    {
        IsBrief = true,
        Console = [new("/channel show", "CHANNEL", "one channel")],
        Rendering = ChannelInfo.Show,
    };
}
