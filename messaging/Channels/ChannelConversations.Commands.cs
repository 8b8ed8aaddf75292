using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <content>What the owner does with channels. Each command answers when its effect is on disk.</content>
public sealed partial class ChannelConversations
{
    /// <summary>Makes a channel with a key of its own.</summary>
    public Task<ChannelConversation> CreateAsync(string name)
    {
        CheckName(name);
        return BeginAsync(ChannelKey.Draw(RandomSource.System), name);
    }

    /// <summary>Joins by a URI; its name is used where none is given.</summary>
    public Task<ChannelConversation> JoinAsync(string uri, string? name)
    {
        if (!ChannelKey.TryParse(uri, out ChannelKey? key, out string suggested, out string? error))
            throw Usage(error);
        try
        {
            return BeginAsync(key, CheckName(name ?? suggested));
        }
        catch (MessagingException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Joins the public channel of a name and a passphrase, whoever made it.</summary>
    public async Task<ChannelConversation> JoinPublicAsync(string name, string passphrase)
    {
        CheckName(name);
        ChannelKey key = await Task.Run(() => ChannelKey.OfPassphrase(name, passphrase)).ConfigureAwait(false);
        return await BeginAsync(key, name).ConfigureAwait(false);
    }

    /// <summary>The URI that lets others in. It is the key.</summary>
    public Task<string> InviteAsync(string name) => _context.Loop.AskAsync(_ =>
    {
        ChannelState channel = Channel(name);
        return channel.Key.ToUri(channel.Name);
    });

    /// <summary>Forgets a channel and its key; what was read stays.</summary>
    /// <returns>What it was called.</returns>
    public Task<string> LeaveAsync(string name) => DoAsync((now, transaction) =>
    {
        ChannelState channel = Channel(name);
        Remove(channel);
        transaction.Leave(channel);
        transaction.WhenOver(at => TopicsChanged(at, beganToRead: false));
        return channel.Name;
    });

    /// <summary>The channels of this node, by name.</summary>
    public Task<IReadOnlyList<ChannelConversation>> ListAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<ChannelConversation>>(
            _ => [.. _channels.Values.OrderBy(c => c.Name, StringComparer.Ordinal).Select(Describe)]);

    /// <summary>One channel.</summary>
    public Task<ChannelConversation> ShowAsync(string name) => _context.Loop.AskAsync(_ => Describe(Channel(name)));

    private static MessagingException Usage(string message) => new(Refusal.Usage, message);

    private static MessagingException Refused(string message) => new(Refusal.Refused, message);

    private static string CheckName(string name) =>
        OwnNames.IsName(name, ChannelKey.MaxNameSize)
            ? name : throw Usage($"a channel's name has 1 to {ChannelKey.MaxNameSize} bytes, {OwnNames.Rule}");

    private Task<ChannelConversation> BeginAsync(ChannelKey key, string name) => DoAsync((_, transaction) =>
    {
        if (_channels.TryGetValue(key.Id, out ChannelState? known))
            throw Refused($"this node reads that channel already, as '{known.Name}'");
        if (Find(name) is not null)
            throw Refused($"there is a channel '{name}' already: choose another NAME");
        if (_channels.Count >= MaxChannels)
            throw Refused($"this node reads {MaxChannels} channels already");
        var channel = new ChannelState(key, name);
        Add(channel);
        transaction.Touch(channel, spent: true);
        transaction.WhenWritten(at =>
        {
            TopicsChanged(at, beganToRead: true);
            ReadKept([channel], onlyUnread: false);
        });
        return Describe(channel);
    });

    private Task<T> DoAsync<T>(Func<Instant, MessageTransaction, T> act) =>
        OwnerCommand<T>.RunAsync(_context.Loop, _work, act);
}
