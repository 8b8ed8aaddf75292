using System.Runtime.CompilerServices;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>Names that Tab offers: of commands, and of what the daemon knows.</summary>
internal sealed class ReplNames
{
    /// <summary>Conversations whose names are offered; the newest.</summary>
    private const int MostNames = 1000;

    private volatile IReadOnlyList<string> _names = [];

    /// <summary>What Tab offers after the given text.</summary>
    internal IReadOnlyList<string> Complete(string before) => Complete(before, _names);

    /// <summary>What Tab offers after the given text where the daemon knows these names.</summary>
    internal static IReadOnlyList<string> Complete(string before, IReadOnlyList<string> names)
    {
        string[] commands =
            SlashCommand.Names.Where(n => n.StartsWith(before, StringComparison.Ordinal) && n != before).ToArray();
        if (commands.Length > 0)
            return commands;
        if (SlashCommand.OperandAt(before) is not { } operand)
            return [];
        int word = before.LastIndexOf(' ') + 1;
        return [.. SlashCommand.Fitting(operand, names)
            .Where(n => n.StartsWith(before[word..], StringComparison.Ordinal)).Select(n => before[..word] + n + " ")];
    }

    /// <summary>Asks for aliases and conversations; and for what is unread in them.</summary>
    internal async Task LearnAsync(ControlClient client, UnreadCounts unread, CancellationToken cancellation)
    {
        var names = new List<string>();
        IAsyncEnumerable<ReplyPages.Reply?> pages =
            new ReplyPages(client).InOrderAsync(Commands.Alias, new AliasRequest(), cancellation);
        await foreach (ReplyPages.Reply? page in pages.ConfigureAwait(false))
        {
            using (page)
            {
                if (page is not { IsDone: true })
                    return;
                names.AddRange((Commands.Alias.Read(page.Result).List ?? []).Select(a => a.Alias));
            }
        }

        byte[] line = Commands.Conversations.ToLine(new ConversationsRequest { Limit = MostNames });
        using ReplyPages.Reply? reply = await new ReplyPages(client).AskAsync(line, cancellation).ConfigureAwait(false);
        if (reply is { IsDone: true })
        {
            IReadOnlyList<ConversationInfo> conversations = Commands.Conversations.Read(reply.Result);
            unread.Set(conversations);
            names.AddRange(conversations.Select(static c => c.Conversation));
        }

        await foreach (string group in GroupsAsync(client, cancellation).ConfigureAwait(false))
            names.Add(group);
        // What would break the line that it stands in is not offered.
        _names = [.. names.Where(static n => !n.Contains(' ', StringComparison.Ordinal) && Screen.Printable(n) == n)
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Groups and channels, those without messages too.</summary>
    private static async IAsyncEnumerable<string> GroupsAsync(
        ControlClient client, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach ((byte[] question, Func<JsonElement, IEnumerable<string>> names) in SlashCommand.Lists)
        {
            using ReplyPages.Reply? reply = await new ReplyPages(client).AskAsync(question, cancellation)
                .ConfigureAwait(false);
            if (reply is not { IsDone: true })
                continue;
            foreach (string name in names(reply.Result))
                yield return name;
        }
    }
}
