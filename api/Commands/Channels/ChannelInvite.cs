namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-invite</c> takes.</summary>
public sealed record ChannelInviteRequest
{
    /// <summary>A channel's name or id.</summary>
    public string? Channel { get; set; }
}

/// <summary>A channel's URI: its key, for whoever shall read and write it.</summary>
/// <param name="Uri"><c>qpc-channel:...</c></param>
public sealed record ChannelInvitationInfo(string Uri);

/// <content><c>channel-invite</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-invite</c>: shows a channel's URI.</summary>
    public static CommandSpec<ChannelInviteRequest, ChannelInvitationInfo> ChannelInvite { get; } = new(
        "channel-invite", CommandGroup.Channels, "Prints a channel's URI, and the same as a QR code. It is the key.",
        json => json.ChannelInvitationInfo, new ArgumentList<ChannelInviteRequest>()
            .Operand("channel", "A channel's name or id.", r => r.Channel, (r, v) => r.Channel = v))
    {
        IsBrief = true,
        Console = [new("/channel invite", "CHANNEL", "its URI: the key, for whoever shall read it")],
        Rendering = (screen, invitation) =>
        {
            screen.Line(invitation.Uri);
            screen.Code(invitation.Uri);
        },
    };
}
