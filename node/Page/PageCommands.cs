using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// What a page may ask for. Whatever is not named here, it may not: a command that comes later must be thought about
/// first. It gets no command that ends the node or changes its log, none that reads or writes a file of the machine by
/// its path, none that gives out more than the screen shows (transcripts), and none that lets others in (links to the
/// page).
/// </summary>
internal static class PageCommands
{
    private static readonly HashSet<string> _permitted = new(StringComparer.Ordinal)
    {
        "status", "identity", "peers", "routes", "discover", "connect", "disconnect", "announce", "queue", "radio",
        "events", "settings",
        "settings-check", "backup-check", "page-code",
        "send", "reply", "react", "edit", "read", "disappear", "location", "conversations",
        "conversation-set", "search", "mute",
        "unmute", "messages",
        "message", "delete", "requests", "accept", "refuse", "block", "blocked", "unblock", "verify", "alias",
        "contact-add", "contact-list", "contact-show", "contact-send", "contact-remove",
        "lite-create", "lite-invite", "lite-join", "lite-leave", "lite-list", "lite-rekey", "lite-rename", "lite-show",
        "group-accept", "group-create", "group-decline", "group-invite", "group-leave", "group-list", "group-remove",
        "group-rename", "group-role", "group-rotate", "group-show",
        "channel-create", "channel-invite", "channel-join", "channel-leave", "channel-list", "channel-mute",
        "channel-passphrase", "channel-show",
        // The bytes of files come and go in requests; paths are only ever ctl's.
        "file-accept", "file-begin", "file-cancel", "file-data", "file-list", "file-offer", "file-read", "file-show",
        // Not those that vouch for others, choose whom to trust, or write files.
        "fapp-acknowledge", "fapp-cancel", "fapp-confirm", "fapp-no-show", "fapp-practice-set", "fapp-practice-show",
        "fapp-refusals", "fapp-refuse", "fapp-requests", "fapp-reservations", "fapp-reserve", "fapp-search",
        "fapp-slot-add", "fapp-slot-list", "fapp-slot-withdraw", "fapp-status", "fapp-watch", "fapp-watch-list",
        "fapp-watch-remove",
    };

    /// <summary>Why a page may not ask for a command; null if it may.</summary>
    internal static string? WhyNot(CommandSpec command) => _permitted.Contains(command.Name) ? null
        : $"'{command.Name}' is not done for a page; use qpc-mesh ctl on the node itself";
}
