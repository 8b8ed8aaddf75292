namespace QuicProChat.Mesh.Api;

/// <summary>Commands that belong together.</summary>
/// <param name="Title">What they are about, in a few words.</param>
/// <param name="Word">
/// The word that stands before them on the command line: <c>lite-create</c> is typed <c>lite create</c>. Null without
/// one.
/// </param>
public sealed record CommandGroup(string Title, string? Word = null)
{
    /// <summary>About the node itself.</summary>
    public static CommandGroup Node { get; } = new("The node.");

    /// <summary>About neighbours and routes.</summary>
    public static CommandGroup Links { get; } = new("Neighbours and routes.");

    /// <summary>About messages.</summary>
    public static CommandGroup Messages { get; } = new("Messages.");

    /// <summary>About one conversation.</summary>
    public static CommandGroup Conversation { get; } = new("One conversation.", "conversation");

    /// <summary>About those whom the owner does not know.</summary>
    public static CommandGroup Strangers { get; } = new("Strangers who wrote.");

    /// <summary>About contact cards.</summary>
    public static CommandGroup Contacts { get; } = new("Contact cards.", "contact");

    /// <summary>About copies of conversations in files.</summary>
    public static CommandGroup Transcripts { get; } = new("Conversations in files.", "transcript");

    /// <summary>About MLS-Lite groups.</summary>
    public static CommandGroup Lite { get; } = new("Groups for slow links: MLS-Lite.", "lite");

    /// <summary>About MLS groups.</summary>
    public static CommandGroup Groups { get; } = new("Groups: MLS without a server.", "group");

    /// <summary>About files.</summary>
    public static CommandGroup Files { get; } = new("Files of conversations.", "file");

    /// <summary>About channels.</summary>
    public static CommandGroup Channels { get; } = new("Channels: for whoever has the key.", "channel");

    /// <summary>About accounts on servers, and conversations there.</summary>
    public static CommandGroup Accounts { get; } = new("Accounts on servers, and conversations there.", "account");

    /// <summary>About appointments.</summary>
    public static CommandGroup Fapp { get; } = new("Free appointments.", "fapp");

    /// <summary>About the page in the browser.</summary>
    public static CommandGroup Page { get; } = new("The page in the browser.", "page");
}
