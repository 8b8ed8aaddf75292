using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What <c>send</c> asks for.</summary>
internal static class SendArguments
{
    /// <summary>Takes it out of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="lifetime">How long to try where the request does not say.</param>
    /// <param name="destinations">What people call conversations.</param>
    /// <exception cref="ControlException">Some of it is wrong.</exception>
    /// <exception cref="MessagingException">There is no such conversation.</exception>
    internal static Messaging.SendRequest Read(Api.SendRequest request, TimeSpan lifetime, Destinations destinations)
    {
        if (request.To is not { Length: > 0 } to)
        {
            throw ControlException.Usage(request.Lite
                ? "send with \"lite\" needs \"to\": a group"
                : "send needs \"to\": an address or alias");
        }

        if (request.Text is not { Length: > 0 } text)
            throw ControlException.Usage("send needs \"text\"");
        if (!Words.TryParse(request.Priority, out Priority priority))
            throw ControlException.Usage($"priority '{request.Priority}' is none of low, normal, high, emergency");
        if (!Words.TryParseWait(request.Wait, out MessageState wait))
            throw ControlException.Usage($"wait '{request.Wait}' is none of queued, forwarded, delivered");
        if (request.Lifetime is { } asked && !Settings.TryParseLifetime(asked, out lifetime))
            throw ControlException.Usage($"lifetime '{asked}' is not {Quantity.DurationForm}, 10s to 7d");
        if (request.Lite)
            return new Messaging.SendRequest(EnvelopeKind.MlsLite, to, text, priority, lifetime, wait, request.Signed);
        var options = new SendOptions(priority, lifetime, wait, request.Signed);
        // Somebody on a server need not be known here yet: the first message begins the conversation.
        if (destinations.IsUserOfServer(to))
            return new Messaging.SendRequest(EnvelopeKind.Server, to, text, priority, lifetime, wait, request.Signed);
        return MessageActions.Request(destinations.Resolve(to), new TextContent(text), options);
    }
}
