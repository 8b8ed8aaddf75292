using System.Net;
using QuicProChat.Mesh.Transports;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// Where the page may be served: at this machine's own addresses for itself. Anywhere else it would need TLS, and a
/// certificate that browsers know.
/// </summary>
internal static class PageEnd
{
    internal const string Form = "a loopback address and a port, such as 127.0.0.1:8420";

    /// <summary>Null, or one sentence that says what is wrong.</summary>
    internal static string? Check(string text) => !IpText.TryParseEndpoint(text, out IPEndPoint end)
        ? $"this is not {Form}"
        : IPAddress.IsLoopback(end.Address) ? null
        : "the page goes over plain HTTP, so others on the way could read it and take its place: serve it at "
            + "127.0.0.1:8420 or [::1]:8420, "
            + "and reach it from elsewhere with ssh -L 8420:127.0.0.1:8420";

    /// <summary>Reads what was checked.</summary>
    /// <exception cref="FormatException">It was not.</exception>
    internal static IPEndPoint Parse(string text) =>
        IpText.TryParseEndpoint(text, out IPEndPoint end) ? end : throw new FormatException(Check(text));
}
