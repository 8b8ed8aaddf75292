using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// The owner's names for addresses. Names that nodes announce are not in it: anybody can announce any name, so none
/// decides where a message goes.
/// </summary>
public sealed class AddressBook
{
    /// <summary>Longest alias in characters; arbitrary.</summary>
    private const int MaxCharacters = 64;

    /// <summary>Bytes of UTF-8 for one of them, at most.</summary>
    private const int MaxUtf8 = 3;

    private readonly ConcurrentDictionary<string, NodeAddress> _aliases;

    /// <summary>Takes the names that were kept.</summary>
    public AddressBook(IReadOnlyDictionary<string, NodeAddress> kept) =>
        _aliases = new ConcurrentDictionary<string, NodeAddress>(kept, StringComparer.Ordinal);

    /// <summary>The address that a text names: an alias, or the address itself.</summary>
    /// <exception cref="MessagingException">It is neither.</exception>
    public NodeAddress Resolve(string text)
    {
        if (_aliases.TryGetValue(text, out NodeAddress named))
            return named;
        if (NodeAddress.TryParse(text, out NodeAddress address, out string? error))
            return address;
        // Why it is no address helps who typed one wrongly, and nobody else.
        bool wasMeant = text.StartsWith(NodeAddress.Prefix + "1", StringComparison.OrdinalIgnoreCase);
        throw new MessagingException(
            Refusal.UnknownName, $"'{text}' is no alias and no address{(wasMeant ? $": {error.TrimEnd('.')}" : "")}");
    }

    /// <summary>What the owner calls an address, the first by name if there are several; null: nothing.</summary>
    public string? AliasOf(in NodeAddress address)
    {
        string? first = null;
        foreach ((string alias, NodeAddress named) in _aliases)
        {
            if (named == address && (first is null || string.CompareOrdinal(alias, first) < 0))
                first = alias;
        }

        return first;
    }

    /// <summary>All names with what they stand for, in the order of the names.</summary>
    public IReadOnlyList<KeyValuePair<string, NodeAddress>> List()
    {
        string[] names = [.. _aliases.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        return Array.ConvertAll(names, name => KeyValuePair.Create(name, _aliases[name]));
    }

    /// <summary>Checks an alias before it is stored.</summary>
    /// <exception cref="MessagingException">It could be mistaken for something else.</exception>
    public static void Check(string alias)
    {
        if (WhyNot(alias) is { } why)
            throw new MessagingException(Refusal.Usage, why);
    }

    /// <summary>Why a text is no alias; null if it is one.</summary>
    public static string? WhyNot(string alias) =>
        alias.Length is 0 or > MaxCharacters ? $"an alias has 1 to {MaxCharacters} characters"
        : alias[0] == '-' ? "an alias does not begin with -: it would pass for an option"
        : alias.Any(char.IsWhiteSpace) ? "an alias has no blanks"
        : !DisplayName.IsHandle(alias, MaxCharacters * MaxUtf8)
            ? "an alias has no invisible characters, none that control a terminal and none that change the "
                + "direction of text: it would pass for another"
        : NodeAddress.TryParse(alias, out _, out _) ? "an alias must not be an address"
        : OwnNames.NamesConversation(alias)
            ? "an alias is not self, and does not begin with group:, channel: or server:; these name conversations"
        : null;

    /// <summary>Gives an address a name.</summary>
    public void Set(string alias, NodeAddress address) => _aliases[alias] = address;

    /// <summary>The address of an alias; false if there is no such alias.</summary>
    public bool TryFind(string alias, out NodeAddress address) => _aliases.TryGetValue(alias, out address);

    /// <summary>Forgets a name; false if there is none such.</summary>
    public bool Remove(string alias) => _aliases.TryRemove(alias, out _);
}
