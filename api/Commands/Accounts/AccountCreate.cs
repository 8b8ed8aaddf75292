namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-create</c> takes.</summary>
public sealed record AccountCreateRequest
{
    /// <summary>The server of an account.</summary>
    public string? Server { get; set; }

    /// <summary>What to call it: at most 64 bytes.</summary>
    public string? Name { get; set; }
}

/// <content><c>account-create</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-create</c>: founds a group on a server.</summary>
    public static CommandSpec<AccountCreateRequest, ServerConversationInfo> AccountCreate { get; } = new(
        "account-create", CommandGroup.Accounts, "Founds a group on a server.", json => json.ServerConversationInfo,
        new ArgumentList<AccountCreateRequest>()
            .Operand("server", "The server of an account.", r => r.Server, (r, v) => r.Server = v)
            .Operand("name", "What to call it: at most 64 bytes.", r => r.Name, (r, v) => r.Name = v))
    {
        IsBrief = true,
        Console = [new("/account create", "SERVER NAME", "found a group on a server")],
        Rendering = (screen, conversation) => screen.Line(conversation.Describe()),
    };
}
