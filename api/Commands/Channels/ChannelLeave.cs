namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-leave</c> takes.</summary>
public sealed record ChannelLeaveRequest
{
    /// <summary>A channel's name or id.</summary>
    public string? Channel { get; set; }
}

/// <content><c>channel-leave</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-leave</c>: forgets a channel and its key.</summary>
    public static CommandSpec<ChannelLeaveRequest, DoneInfo> ChannelLeave { get; } = new(
        "channel-leave", CommandGroup.Channels, "Forgets a channel and its key.", json => json.DoneInfo,
        new ArgumentList<ChannelLeaveRequest>()
            .Operand("channel", "A channel's name or id.", r => r.Channel, (r, v) => r.Channel = v))
    {
        IsBrief = true,
        Console = [new("/channel leave", "CHANNEL", "forget a channel and its key")],
    };
}
