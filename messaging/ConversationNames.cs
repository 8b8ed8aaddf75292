using System.Collections.Concurrent;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>What the owner calls the conversations of one kind. The loop changes it; any thread reads it.</summary>
internal sealed class ConversationNames
{
    private readonly ConcurrentDictionary<ConversationId, string> _names = new();

    /// <summary>It is called so from now on.</summary>
    internal void Set(ConversationId id, string name) => _names[id] = name;

    /// <summary>It was left.</summary>
    internal void Remove(ConversationId id) => _names.TryRemove(id, out _);

    /// <summary>What a conversation is called here; its id if it was left.</summary>
    internal string Of(ConversationId id) => _names.TryGetValue(id, out string? name) ? name : id.ToString();

    /// <summary>The conversation with a name or id, if this node has one.</summary>
    internal ConversationId? Find(string name)
    {
        foreach ((ConversationId id, string known) in _names)
        {
            if (known == name || id.ToString() == name)
                return id;
        }

        return null;
    }
}
