using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>MLS-Lite groups as the current conversation of the console.</summary>
internal static class LiteSlash
{
    /// <summary>What begins a conversation with a group.</summary>
    internal static readonly ConsoleForm Talk = new("/lite talk", "GROUP", "talk to a group; plain text goes there");

    /// <summary>Begins a conversation that is a group; no alias has a blank in it.</summary>
    private const string Mark = "lite ";

    /// <summary>The conversation with a group.</summary>
    internal static string ConversationWith(string group) => Mark + group;

    /// <summary>What asks whether there is a group.</summary>
    internal static byte[] QuestionAbout(string group) =>
        Commands.LiteShow.ToLine(new LiteShowRequest { Group = group });

    /// <summary>The group that a conversation is; null if it is with somebody.</summary>
    internal static string? GroupOf(string? conversation) =>
        conversation is not null && conversation.StartsWith(Mark, StringComparison.Ordinal)
            ? conversation[Mark.Length..] : null;
}
