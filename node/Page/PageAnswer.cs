using System.Text;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>What a request is answered with.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Head">The lines of the head after the status line, each with its end.</param>
/// <param name="Body">What follows the head; empty for nothing.</param>
internal sealed record PageAnswer(int Status, string Head, ReadOnlyMemory<byte> Body)
{
    /// <summary>
    /// Nothing of anywhere else is loaded, framed or sent to, and no script of a text runs
    /// (docs/security.md, section on the page).
    /// </summary>
    internal const string Policy =
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; img-src "
            + "'self' blob:";

    private const string Guards =
        "Content-Security-Policy: " + Policy + "\r\n"
        + "X-Content-Type-Options: nosniff\r\n"
        + "Referrer-Policy: no-referrer\r\n"
        + "Cross-Origin-Opener-Policy: same-origin\r\n"
        + "Cross-Origin-Resource-Policy: same-origin\r\n";

    /// <summary>The connection may be used again.</summary>
    internal bool KeepsAlive { get; init; } = true;

    /// <summary>The connection becomes a WebSocket.</summary>
    internal bool IsUpgrade => Status == 101;

    /// <summary>An answer that is only a status. Whatever else the client meant to send is not read.</summary>
    internal static PageAnswer Of(int status, string head = "") =>
        new(status, Guards + head + "Connection: close\r\nContent-Length: 0\r\n", default) { KeepsAlive = false };

    /// <summary>A file of the page.</summary>
    internal static PageAnswer Of(PageFile file, bool withBody) => new(
        200,
        $"{Guards}Content-Type: {file.Type}\r\nContent-Encoding: gzip\r\nETag: {file.Tag}\r\nCache-Control: "
            + "no-cache\r\n"
        + $"Content-Length: {file.Bytes.Length}\r\n",
        withBody ? file.Bytes : default);

    /// <summary>The client has the file already.</summary>
    internal static PageAnswer Unchanged(PageFile file) =>
        new(304, $"{Guards}ETag: {file.Tag}\r\nCache-Control: no-cache\r\n", default);

    /// <summary>What is written.</summary>
    internal byte[] ToBytes()
    {
        byte[] head = Encoding.ASCII.GetBytes($"HTTP/1.1 {Status} {Phrase(Status)}\r\n{Head}\r\n");
        return [.. head, .. Body.Span];
    }

    private static string Phrase(int status) => status switch
    {
        101 => "Switching Protocols",
        200 => "OK",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        505 => "HTTP Version Not Supported",
        _ => "Error",
    };
}
