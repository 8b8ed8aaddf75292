using System.Globalization;

namespace QuicProChat.Mesh.Api;

/// <summary>A channel.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Muted">Its messages are kept, and nobody is told of them.</param>
/// <param name="Made">Messages that this node has made in it.</param>
/// <param name="Writers">Others that wrote in it since the start of the daemon.</param>
/// <param name="Missing">Messages that are known to be missing, by the numbers of those that came.</param>
public sealed record ChannelInfo(string Name, string Id, bool Muted, long Made, int Writers, int Missing)
{
    internal static void Show(Screen screen, ChannelInfo channel) => screen.Line(channel.Describe());

    internal string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Screen.Printable(Name)}  {Id}  {Screen.Count(Writers, "writer")}  {Screen.Count(Made, "message")} made "
            + $"here{(Missing > 0 ? $"  {Missing} missing" : "")}{(Muted ? "  muted" : "")}");
}
