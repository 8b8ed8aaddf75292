using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// What a <c>listen</c> entry may be. What is said of a wrong one never holds a key that it may contain.
/// </summary>
internal static class ListenUri
{
    internal const string Form =
        "link URIs: tcp://host:port, quic://host:port, lora:/dev/...?key=value&... (docs/reference/lora.md)";

    /// <summary>Null, or one sentence that says what is wrong and what would be accepted.</summary>
    internal static string? Check(string text)
    {
        if (!LinkUri.TryParse(text, out LinkUri? uri, out string? error))
            return error;
        return uri.Scheme switch
        {
            "lora" => LoraUri.TryParse(text, out _, out LoraUriError? wrong) ? null : wrong.ToString(),
            "tcp" or "quic" when text.Contains(',', StringComparison.Ordinal) =>
                $"'{uri}' is several URIs: one for each entry",
            "tcp" or "quic" => PeerUris.CheckListen(uri),
            _ => $"there are no links of the kind '{uri.Scheme}'; accepted are {Form}",
        };
    }
}
