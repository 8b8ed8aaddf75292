using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What the owner may call somebody or a conversation: the rule is one, because commands take any of these names where
/// an address, an option or the word of a kind of conversation could stand as well.
/// </summary>
internal static class OwnNames
{
    /// <summary>The rule in words, behind the size.</summary>
    internal const string Rule =
        "no blank and nothing invisible, does not begin with - or with group:, channel: or server:, and is "
            + "neither an address nor self";

    private static readonly string[] _words = ["group:", "channel:", "server:"];

    /// <summary>A text can be a name here.</summary>
    /// <param name="name">The text.</param>
    /// <param name="maxBytes">Bytes of UTF-8 at most.</param>
    internal static bool IsName(string name, int maxBytes) =>
        name.Length > 0 && DisplayName.IsHandle(name, maxBytes) && !NodeAddress.TryParse(name, out _, out _)
        && !NamesConversation(name);

    /// <summary>Commands take it for the owner's notes, or for a conversation of some kind.</summary>
    internal static bool NamesConversation(string name) =>
        name == Destinations.Self || Array.Exists(_words, w => name.StartsWith(w, StringComparison.Ordinal));
}
