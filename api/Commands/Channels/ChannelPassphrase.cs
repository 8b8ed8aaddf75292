namespace QuicProChat.Mesh.Api;

/// <summary>What <c>channel-passphrase</c> takes.</summary>
public sealed record ChannelPassphraseRequest
{
    /// <summary>The channel's name: 1 to 20 bytes. All who join need the same.</summary>
    public string? Name { get; set; }

    /// <summary>The passphrase; without one the name is all that there is to know.</summary>
    public string? Passphrase { get; set; }
}

/// <content><c>channel-passphrase</c>.</content>
public static partial class Commands
{
    /// <summary><c>channel-passphrase</c>: joins the channel of a name and a passphrase.</summary>
    public static CommandSpec<ChannelPassphraseRequest, ChannelInfo> ChannelPassphrase { get; } = new(
        "channel-passphrase", CommandGroup.Channels,
        "Joins the channel of a name and a passphrase. Whoever guesses both reads it.", json => json.ChannelInfo,
        new ArgumentList<ChannelPassphraseRequest>()
            .Operand("name", "The channel's name: at most 20 bytes.", r => r.Name, (r, v) => r.Name = v)
            .OptionalOperand(
                "passphrase", "Without one, whoever knows the name reads it.", r => r.Passphrase,
                (r, v) => r.Passphrase = v))
    {
        IsBrief = true,
        Console =
        [
            new("/channel passphrase", "NAME [PASSPHRASE]", "join the channel of a name and a passphrase"),
            new("/mesh subscribe", "TOPIC [PASSPHRASE]", "the same: read what is broadcast about a topic"),
        ],
        Rendering = ChannelInfo.Show,
    };
}
