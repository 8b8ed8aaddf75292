namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-reports</c> takes.</summary>
public sealed record AccountReportsRequest
{
    /// <summary>The server.</summary>
    public string? Server { get; set; }

    /// <summary>How many of the newest are left out.</summary>
    public int? Skip { get; set; }
}

/// <content><c>account-reports</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-reports</c>: reports to the moderators of a server, the newest first.</summary>
    public static CommandSpec<AccountReportsRequest, IReadOnlyList<ServerReportInfo>> AccountReports { get; } = new(
        "account-reports", CommandGroup.Accounts, "Reports to the moderators of a server, the newest 50; for them.",
        json => json.IReadOnlyListServerReportInfo,
        new ArgumentList<AccountReportsRequest>()
            .Operand("server", "The server.", r => r.Server, (r, v) => r.Server = v)
            .Number("skip", "N", "Leave out so many of the newest.", r => r.Skip, (r, v) => r.Skip = v))
    {
        Console = [new("/account reports", "SERVER", "reports to the moderators of a server; for them")],
        Rendering = (screen, reports) =>
        {
            foreach (ServerReportInfo report in reports)
                ServerReportInfo.Show(screen, report);
            if (reports.Count == 0)
                screen.Line("no reports");
        },
    };
}
