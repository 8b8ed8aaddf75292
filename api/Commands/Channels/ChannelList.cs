namespace QuicProChat.Mesh.Api;

/// <content><c>channel-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-list</c>: the channels of this node.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<ChannelInfo>> ChannelList { get; } = new(
        "channel-list", CommandGroup.Channels, "The channels of this node.", json => json.IReadOnlyListChannelInfo)
    {
        Console = [new("/channel list", "", "the channels of this node")],
        Rendering = (screen, channels) =>
        {
            foreach (ChannelInfo channel in channels)
                ChannelInfo.Show(screen, channel);
            if (channels.Count == 0)
                screen.Line("no channels");
        },
    };
}
