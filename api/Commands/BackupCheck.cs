namespace QuicProChat.Mesh.Api;

/// <summary>What <c>backup-check</c> takes.</summary>
public sealed record BackupCheckRequest
{
    /// <summary>The text of a file of <c>ctl backup</c>.</summary>
    public string? Text { get; set; }

    /// <summary>The passphrase that it was made with.</summary>
    public string? Passphrase { get; set; }
}

/// <summary>What a backup holds.</summary>
/// <param name="Address">Whose identity is in it.</param>
/// <param name="IsThisNode">It is this node's.</param>
/// <param name="Contacts">Names of people in it.</param>
/// <param name="Groups">Groups that are named in it, of either kind.</param>
public sealed record BackupCheckInfo(string Address, bool IsThisNode, int Contacts, int Groups)
{
    /// <summary>Contact cards in it.</summary>
    public int Cards { get; init; }

    /// <summary>People whose safety number was compared.</summary>
    public int Verified { get; init; }

    /// <summary>People who are blocked.</summary>
    public int Blocked { get; init; }

    /// <summary>Channels that are named in it.</summary>
    public int Channels { get; init; }
}

/// <content><c>backup-check</c>.</content>
public static partial class Commands
{
    /// <summary><c>backup-check</c>: opens a backup and says what is in it; the drill, without a restore.</summary>
    public static CommandSpec<BackupCheckRequest, BackupCheckInfo> BackupCheck { get; } = new(
        "backup-check", CommandGroup.Node,
        "Opens a backup with its passphrase and says what is in it; changes nothing.",
        json => json.BackupCheckInfo,
        new ArgumentList<BackupCheckRequest>()
            .Operand("text", "The text of the file.", r => r.Text, (r, v) => r.Text = v)
            .Option("passphrase", "TEXT", "The passphrase of the backup.", r => r.Passphrase,
                (r, v) => r.Passphrase = v))
    {
        IsBrief = true,
        Reached = static (_, info) => info.IsThisNode,
    };
}
