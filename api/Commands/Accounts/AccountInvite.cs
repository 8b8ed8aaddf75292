namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-invite</c> takes.</summary>
public sealed record AccountInviteRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }

    /// <summary>Names on the same server.</summary>
    public IReadOnlyList<string>? Users { get; set; }
}

/// <content><c>account-invite</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-invite</c>: adds users of the same server to a group.</summary>
    public static CommandSpec<AccountInviteRequest, ServerConversationInfo> AccountInvite { get; } = new(
        "account-invite", CommandGroup.Accounts, "Adds users of the same server to a group.", json =>
            json.ServerConversationInfo,
        new ArgumentList<AccountInviteRequest>()
            .Operand("group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v)
            .Operands("users", "Names on the same server.", r => r.Users, (r, v) => r.Users = v, "user"))
    {
        IsBrief = true,
        Console = [new("/account invite", "GROUP USER...", "add users to a group")],
        Rendering = (screen, conversation) => screen.Line(conversation.Describe()),
    };
}
