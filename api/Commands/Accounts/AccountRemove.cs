namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-remove</c> takes.</summary>
public sealed record AccountRemoveRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }

    /// <summary>A name on the same server.</summary>
    public string? User { get; set; }
}

/// <content><c>account-remove</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-remove</c>: removes a user from a group that this node founded.</summary>
    public static CommandSpec<AccountRemoveRequest, ServerConversationInfo> AccountRemove { get; } = new(
        "account-remove", CommandGroup.Accounts, "Removes a user from a group that this node founded.", json =>
            json.ServerConversationInfo,
        new ArgumentList<AccountRemoveRequest>()
            .Operand("group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v)
            .Operand("user", "A name on the same server.", r => r.User, (r, v) => r.User = v))
    {
        IsBrief = true,
        Console = [new("/account remove", "GROUP USER", "remove a user from a group that you founded")],
        Rendering = (screen, conversation) => screen.Line(conversation.Describe()),
    };
}
