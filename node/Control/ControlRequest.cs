namespace QuicProChat.Mesh.Node.Control;

/// <summary>One request on the control socket: one line of JSON (docs/control.md). Keys that a command does not use are ignored.</summary>
internal sealed record ControlRequest
{
    /// <summary>How many messages are listed where the request does not say.</summary>
    internal const int UsualMessages = 50;

    /// <summary>What to do: the names of <c>ctl</c>'s commands.</summary>
    public string? Command { get; init; }

    /// <summary>Returned with the reply, so that a client can have several requests under way.</summary>
    public ControlTag? Tag { get; init; }

    /// <summary>An address or alias: whom to send to, whose link to end, whom to name.</summary>
    public string? To { get; init; }

    /// <summary>The text of a message.</summary>
    public string? Text { get; init; }

    /// <summary>low, normal, high, emergency.</summary>
    public string? Priority { get; init; }

    /// <summary>How long to try: 90s, 12h, 7d.</summary>
    public string? Lifetime { get; init; }

    /// <summary>Answer only when the message has reached this state or can no longer.</summary>
    public string? Wait { get; init; }

    /// <summary>Only messages with this address or alias.</summary>
    public string? With { get; init; }

    /// <summary>At most so many, the newest.</summary>
    public int? Limit { get; init; }

    /// <summary>Go on with a list: what the reply before said as <c>more</c>.</summary>
    public string? From { get; init; }

    /// <summary>A message's id, 32 hexadecimal digits.</summary>
    public string? Id { get; init; }

    /// <summary>A link URI.</summary>
    public string? Uri { get; init; }

    /// <summary>An alias to set or remove.</summary>
    public string? Alias { get; init; }

    /// <summary>Remove instead of set.</summary>
    public bool Remove { get; init; }

    /// <summary>Send to an MLS-Lite group: <see cref="To"/> names it.</summary>
    public bool Lite { get; init; }

    /// <summary>Sign a message to a group.</summary>
    public bool Signed { get; init; }

    /// <summary>An MLS-Lite group: its name here, or its id.</summary>
    public string? Group { get; init; }

    /// <summary>What to call a group.</summary>
    public string? Name { get; init; }

    /// <summary>Found a group with tags of 8 bytes.</summary>
    public bool ShortTag { get; init; }

    /// <summary>A log level.</summary>
    public string? Level { get; init; }
}
