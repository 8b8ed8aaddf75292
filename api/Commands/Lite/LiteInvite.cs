namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-invite</c> takes.</summary>
public sealed record LiteInviteRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }
}

/// <summary>An invitation: a secret, for one person.</summary>
/// <param name="Uri"><c>qpc-lite:...</c></param>
public sealed record LiteInvitationInfo(string Uri);

/// <content><c>lite-invite</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-invite</c>: makes an invitation for one person.</summary>
    public static CommandSpec<LiteInviteRequest, LiteInvitationInfo> LiteInvite { get; } = new(
        "lite-invite", CommandGroup.Lite,
        "Prints an invitation for one person, and the same as a QR code. It is a key.", json => json.LiteInvitationInfo,
        new ArgumentList<LiteInviteRequest>().Operand(
            "group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v))
    {
        IsBrief = true,
        Console = [new("/lite invite", "GROUP", "an invitation for one person: a key, so show it to nobody else")],
        Rendering = (screen, invitation) =>
        {
            screen.Line(invitation.Uri);
            screen.Code(invitation.Uri);
        },
    };
}
