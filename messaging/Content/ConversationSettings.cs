using System.Collections.Concurrent;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>What is set for conversations, as it is on disk. Read from any thread, changed on the loop.</summary>
public sealed class ConversationSettings
{
    private readonly ConcurrentDictionary<ConversationId, ConversationSetting> _settings = new();

    /// <summary>What is set for one; nothing if nothing was set.</summary>
    public ConversationSetting Of(ConversationId conversation) => _settings.GetValueOrDefault(conversation);

    /// <summary>Takes back what was kept.</summary>
    public void Restore(IEnumerable<KeyValuePair<ConversationId, ConversationSetting>> kept)
    {
        foreach ((ConversationId conversation, ConversationSetting setting) in kept)
            _settings[conversation] = setting;
    }

    /// <summary>It is on disk.</summary>
    public void Set(ConversationId conversation, ConversationSetting setting) => _settings[conversation] = setting;
}
