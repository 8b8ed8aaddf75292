namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-report</c> takes.</summary>
public sealed record AccountReportRequest
{
    /// <summary>The message's id, or how it ends.</summary>
    public string? Id { get; set; }

    /// <summary>Why: at most 200 bytes.</summary>
    public string? Reason { get; set; }
}

/// <content><c>account-report</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-report</c>: reports a message to the moderators of its server.</summary>
    public static CommandSpec<AccountReportRequest, DoneInfo> AccountReport { get; } = new(
        "account-report", CommandGroup.Accounts,
        "Reports a message to the moderators of its server; nobody else can read the report.", json => json.DoneInfo,
        new ArgumentList<AccountReportRequest>()
            .Operand("id", "The message's id.", r => r.Id, (r, v) => r.Id = v)
            .OptionalOperand("reason", "Why: at most 200 bytes.", r => r.Reason, (r, v) => r.Reason = v))
    {
        IsBrief = true,
        Console = [new("/account report", "ID [TEXT]", "report a message to the moderators of its server")],
    };
}
