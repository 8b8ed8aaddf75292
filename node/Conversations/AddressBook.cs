using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>
/// The owner's names for addresses. Names that nodes announce are not in it: anybody can announce any name, so none
/// decides where a message goes.
/// </summary>
internal sealed class AddressBook
{
    /// <summary>Longest alias in characters; arbitrary.</summary>
    private const int MostCharacters = 64;

    /// <summary>Bytes of UTF-8 for one of them, at most.</summary>
    private const int MostUtf8 = 3;

    private readonly ConcurrentDictionary<string, NodeAddress> _aliases;

    internal AddressBook(StoreReader reader) =>
        _aliases = new ConcurrentDictionary<string, NodeAddress>(reader.Aliases(), StringComparer.Ordinal);

    /// <summary>The address that a text names: an alias, or the address itself.</summary>
    /// <exception cref="ControlException">It is neither.</exception>
    internal NodeAddress Resolve(string text)
    {
        if (_aliases.TryGetValue(text, out NodeAddress named))
            return named;
        if (NodeAddress.TryParse(text, out NodeAddress address, out string? error))
            return address;
        throw new ControlException(ControlErrorCode.Refused, $"'{text}' is no alias and no address: {error}");
    }

    /// <summary>What the owner calls an address, the first by name if there are several; null: nothing.</summary>
    internal string? AliasOf(in NodeAddress address)
    {
        string? first = null;
        foreach ((string alias, NodeAddress named) in _aliases)
        {
            if (named == address && (first is null || string.CompareOrdinal(alias, first) < 0))
                first = alias;
        }

        return first;
    }

    internal IReadOnlyList<AliasInfo> List()
    {
        string[] names = [.. _aliases.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        return Array.ConvertAll(names, name => new AliasInfo(name, _aliases[name].ToString()));
    }

    /// <summary>Checks an alias before it is stored.</summary>
    /// <exception cref="ControlException">It could be mistaken for something else.</exception>
    internal static void Check(string alias)
    {
        string? why = alias.Length is 0 or > MostCharacters ? $"an alias has 1 to {MostCharacters} characters"
            : alias[0] == '-' ? "an alias does not begin with -: it would pass for an option"
            : alias.Any(char.IsWhiteSpace) ? "an alias has no blanks"
            : !DisplayName.IsHandle(alias, MostCharacters * MostUtf8)
                ? "an alias has no invisible characters, none that control a terminal and none that change the direction of text: it would pass for another"
            : NodeAddress.TryParse(alias, out _, out _) ? "an alias must not be an address"
            : null;
        if (why is not null)
            throw new ControlException(ControlErrorCode.Usage, why);
    }

    internal void Set(string alias, NodeAddress address) => _aliases[alias] = address;

    internal void Remove(string alias) => _aliases.TryRemove(alias, out _);
}
