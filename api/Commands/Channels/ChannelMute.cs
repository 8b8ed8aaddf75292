namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-mute</c> takes.</summary>
public sealed record ChannelMuteRequest
{
    /// <summary>A channel's name or id.</summary>
    public string? Channel { get; set; }

    /// <summary>Tell of its messages again.</summary>
    public bool Off { get; set; }
}

/// <content><c>channel-mute</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-mute</c>: tells of a channel's messages no more.</summary>
    public static CommandSpec<ChannelMuteRequest, ChannelInfo> ChannelMute { get; } = new(
        "channel-mute", CommandGroup.Channels, "Tells of a channel's messages no more. They are kept.",
        json => json.ChannelInfo,
        new ArgumentList<ChannelMuteRequest>()
            .Operand("channel", "A channel's name or id.", r => r.Channel, (r, v) => r.Channel = v)
            .Flag("off", "Tell of them again.", r => r.Off, (r, v) => r.Off = v))
    {
        IsBrief = true,
        Console = [new("/channel mute", "CHANNEL", "tell of its messages no more")],
        Rendering = ChannelInfo.Show,
    };
}
