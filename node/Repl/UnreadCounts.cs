using System.Text.Json;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>How many messages of each conversation nobody has looked at; those of muted ones do not count.</summary>
internal sealed class UnreadCounts
{
    /// <summary>Conversations that are named in a sentence; arbitrary.</summary>
    private const int MostNamed = 5;

    private readonly Lock _guard = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _muted = new(StringComparer.Ordinal);

    /// <summary>Of all of them.</summary>
    internal int Total
    {
        get
        {
            lock (_guard)
                return _counts.Where(c => !_muted.Contains(c.Key)).Sum(static c => c.Value);
        }
    }

    /// <summary>Of one conversation, muted or not.</summary>
    internal int Of(string conversation)
    {
        lock (_guard)
            return _counts.GetValueOrDefault(conversation);
    }

    /// <summary>Takes what the daemon says of all.</summary>
    internal void Set(IEnumerable<ConversationInfo> conversations)
    {
        lock (_guard)
        {
            _counts.Clear();
            _muted.Clear();
            foreach (ConversationInfo conversation in conversations)
            {
                if (conversation.Unread > 0)
                    _counts[conversation.Conversation] = conversation.Unread;
                if (conversation.Muted)
                    _muted.Add(conversation.Conversation);
            }
        }
    }

    /// <summary>Takes an event.</summary>
    internal void Take(JsonElement occurred)
    {
        lock (_guard)
        {
            switch (occurred.GetProperty("event").GetString())
            {
                case "message" when Conversation(occurred.GetProperty("message")) is { } name
                    && IsUnread(occurred.GetProperty("message")):
                    _counts[name] = _counts.GetValueOrDefault(name) + 1;
                    break;
                case "read" when Conversation(occurred) is { } name:
                    _counts.Remove(name);
                    break;
                case "deleted" when Conversation(occurred) is { } name:
                    _counts.Remove(name);
                    break;
                case "setting" when Conversation(occurred) is { } name
                    && occurred.TryGetProperty("muted", out JsonElement muted):
                    _ = muted.ValueKind == JsonValueKind.True ? _muted.Add(name) : _muted.Remove(name);
                    break;
            }
        }
    }

    /// <summary>A sentence about them; null where there is nothing to say.</summary>
    internal string? Describe()
    {
        lock (_guard)
        {
            KeyValuePair<string, int>[] counted =
                [.. _counts.Where(c => !_muted.Contains(c.Key)).OrderByDescending(static c => c.Value)];
            if (counted.Length == 0)
                return null;
            string named = string.Join(", ", counted.Take(MostNamed)
                .Select(c => $"{Screen.Printable(c.Key)} {c.Value}"));
            return $"unread: {named}{(counted.Length > MostNamed ? ", ..." : "")}";
        }
    }

    private static string? Conversation(JsonElement holder) =>
        holder.TryGetProperty("conversation", out JsonElement name) ? name.GetString() : null;

    private static bool IsUnread(JsonElement message) =>
        message.TryGetProperty("unread", out JsonElement unread) && unread.ValueKind == JsonValueKind.True;
}
