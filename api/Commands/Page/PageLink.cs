namespace QuicProChat.Mesh.Api;

/// <summary>A way into the page.</summary>
/// <param name="Url">The link. Whoever opens it first is let in.</param>
/// <param name="Seconds">How long it may be opened.</param>
public sealed record PageLinkInfo(string Url, int Seconds);

/// <content><c>page-link</c>.</content>
public static partial class Commands
{
    /// <summary><c>page-link</c>: makes a link that opens the page once.</summary>
    public static CommandSpec<NoArguments, PageLinkInfo> PageLink { get; } = new(
        "page-link", CommandGroup.Page, "Makes a link that opens the page once, within a minute.",
        json => json.PageLinkInfo)
    {
        IsBrief = true,
        Rendering = (screen, link) => screen.Line(link.Url),
    };
}
